"""Admission requests and responses as the engines see them; the wire format stays in ``api.reviews``.

Source: ``k8s.io/api/admission/v1`` (AdmissionReview).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from webhook.model.workloads import Workload


class Operation(enum.StrEnum):
    """What is about to happen to the object."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    CONNECT = "CONNECT"


@dataclass(frozen=True, slots=True)
class AdmissionRequest:
    """One request of the API server.

    Attributes:
        uid: to be echoed in the response.
        operation: what is about to happen.
        resource: plural resource name, such as ``pods``.
        subresource: such as ``ephemeralcontainers``; empty for the object itself.
        namespace: empty for cluster-scoped objects.
        username: who asks (a controller's service account for Pods that a controller makes).
        workload: the object, None when it carries no pod spec that is judged.
        old_workload: the object before an update.
        dry_run: nothing may be written because of this request.
    """

    uid: str
    operation: Operation
    resource: str
    subresource: str
    namespace: str
    username: str
    workload: Workload | None
    old_workload: Workload | None = None
    dry_run: bool = False
    kind: str = ""
    name: str = ""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AdmissionResponse:
    """The answer.

    Attributes:
        uid: of the request.
        allowed: whether the object may pass.
        message: for a denial, the full text that kubectl shows; empty otherwise.
        warnings: single lines of at most 250 characters, at most 10, worst first.
        decision: ``allow``, ``warn`` or ``deny``, for metrics and logs.
        reason: what made the decision, a bounded word for metrics: ``findings``, ``unknown``, ``missing-sbom``,
            ``not-judged``, ``error`` …
        audit_annotations: keys without slash.
    """

    uid: str
    allowed: bool
    message: str = ""
    warnings: tuple[str, ...] = ()
    decision: str = "allow"
    reason: str = ""
    audit_annotations: tuple[tuple[str, str], ...] = field(default=())
