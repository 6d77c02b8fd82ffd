"""Admission requests and responses as the engines see them; the wire format stays in ``api.reviews``.

Source: ``k8s.io/api/admission/v1`` (AdmissionReview).
"""

from __future__ import annotations

import enum

import msgspec

from webhook.model.policies import Mode
from webhook.model.workloads import Workload


class Operation(enum.StrEnum):
    """What is about to happen to the object."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    CONNECT = "CONNECT"


JUDGED = frozenset(
    (operation, part) for operation in (Operation.CREATE, Operation.UPDATE) for part in ("", "ephemeralcontainers")
)
"""Operations and subresources that can bring an image."""


def is_judged(operation: Operation, subresource: str) -> bool:
    """Whether a request can bring an image: others write nothing that a container is started from."""
    return (operation, subresource) in JUDGED


def is_going(operation: Operation, workload: Workload) -> bool:
    """Whether an object is being deleted, so that nothing starts for it; what is created never is, whatever it says."""
    return operation is not Operation.CREATE and workload.deleting


class Requester(msgspec.Struct, frozen=True, gc=False):
    """The user, as the API server has authenticated him.

    Attributes:
        username: a controller's service account for what a controller makes.
        uid: possibly empty.
        groups: that he is in.
        extra: what else the authenticator said: key and values.
    """

    username: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Target(msgspec.Struct, frozen=True):
    """What a request is about, as far as it could be read.

    Attributes:
        uid: to be echoed in the response.
        namespace: empty for cluster-scoped objects.
        kind: of the object; possibly empty.
        mode: of the namespace, where the API server chose by its label whom to ask; None where that is not known.
    """

    uid: str
    namespace: str = ""
    kind: str = ""
    mode: Mode | None = None


class AdmissionRequest(msgspec.Struct, frozen=True, gc=False):
    """One request of the API server.

    Attributes:
        uid: to be echoed in the response.
        operation: what is about to happen.
        resource: plural resource name, such as ``pods``.
        subresource: such as ``ephemeralcontainers``; empty for the object itself.
        namespace: empty for cluster-scoped objects.
        requester: the user of the request.
        workload: the object, None when it carries no pod spec that is judged.
        old_workload: the object before an update.
        dry_run: nothing may be written because of this request.
        kind: of the object.
        name: of the object; possibly empty.
        api_version: of the object, such as ``apps/v1``.
        mode: see :class:`Target`.
        odd: what is wrong with the part of the object that could not be read; empty when all of it was.
    """

    uid: str
    operation: Operation
    resource: str
    subresource: str
    namespace: str
    requester: Requester
    workload: Workload | None
    old_workload: Workload | None = None
    dry_run: bool = False
    kind: str = ""
    name: str = ""
    api_version: str = ""
    mode: Mode | None = None
    odd: str = ""

    @property
    def target(self) -> Target:
        """What it is about."""
        return Target(self.uid, self.namespace, self.kind, self.mode)


class AdmissionResponse(msgspec.Struct, frozen=True, gc=False):
    """The answer.

    Attributes:
        uid: of the request.
        allowed: whether the object may pass.
        message: for a denial, the full text that kubectl shows; empty otherwise.
        warnings: single lines of at most 250 characters, at most 10, worst first.
        decision: ``allow``, ``warn`` or ``deny``, for metrics and logs; ``audit`` for what is admitted without a word
            although it would be warned about or denied.
        reason: what made the decision, a bounded word for metrics: ``findings``, ``unknown``, ``missing-sbom``,
            ``not-judged``, ``error`` …
        audit_annotations: keys without slash.
        break_glass: what became of break-glass: ``used``, ``refused`` or ``expired``; empty when it played no part.
        patch: JSON pointer and new value of each field to replace.
    """

    uid: str
    allowed: bool
    message: str = ""
    warnings: tuple[str, ...] = ()
    decision: str = "allow"
    reason: str = ""
    audit_annotations: tuple[tuple[str, str], ...] = ()
    break_glass: str = ""
    patch: tuple[tuple[str, str], ...] = ()
