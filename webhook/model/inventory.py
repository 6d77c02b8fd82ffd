"""Inventories: what ran in the cluster at an audit, as the store keeps it for people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import msgspec

from webhook.model.actions import Action
from webhook.model.images import Digest
from webhook.model.policies import Mode
from webhook.model.verdicts import SbomStatus


class InventoriedImage(msgspec.Struct, frozen=True):
    """An image of a workload.

    Attributes:
        reference: to be judged, with its tag, and with the digest that runs where that is known.
        digest: what was judged; None when the tag could not be resolved.
        containers: field path and name of each container that has it.
        action: what the audit made of it.
        sbom: what became of the search for its SBOM.
        reasons: sentences of the audit, the worst first, for an image without an SBOM.
    """

    reference: str
    digest: Digest | None
    containers: tuple[str, ...]
    action: Action
    sbom: SbomStatus
    reasons: tuple[str, ...] = ()


class InventoriedWorkload(msgspec.Struct, frozen=True):
    """A top owner.

    Attributes:
        uid, namespace, api_version, kind, name: of the object.
        pods: how many Pods of it there are.
        mode: of its namespace; None where the webhook is not asked.
        action: what its Pods would have got when it was audited.
        reason: what weighed most then.
        images: of its template and of its Pods; where nothing is looked at, they are not judged.
    """

    uid: str
    namespace: str
    api_version: str
    kind: str
    name: str
    pods: int
    mode: Mode | None
    action: Action
    reason: str
    images: tuple[InventoriedImage, ...] = ()

    @property
    def title(self) -> str:
        """``Deployment shop/web`` for people."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    @property
    def is_judged(self) -> bool:
        """Whether its images are looked at."""
        return self.mode is not None and self.mode is not Mode.OFF


def workload_names(workloads: Iterable[InventoriedWorkload]) -> dict[Digest, tuple[str, ...]]:
    """What workloads call each image, without the digest, sorted; by its digest."""
    found: dict[Digest, set[str]] = {}
    for workload in workloads:
        for image in workload.images:
            name = image.reference.partition("@")[0]
            if image.digest is not None and name:
                found.setdefault(image.digest, set()).add(name)
    return {digest: tuple(sorted(names)) for digest, names in found.items()}


class RunningInventory(msgspec.Struct, frozen=True):
    """What ran.

    Attributes:
        taken_at: when.
        revision: of the store at that time.
        workloads: in order of namespace, kind and name.
    """

    taken_at: dt.datetime
    revision: int
    workloads: tuple[InventoriedWorkload, ...]
