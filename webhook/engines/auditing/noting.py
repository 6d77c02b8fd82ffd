"""What an audit found, as the store keeps it for people."""

from __future__ import annotations

from collections.abc import Sequence

from webhook.model.actions import Action
from webhook.model.audits import AuditedWorkload, AuditResult
from webhook.model.images import Digest
from webhook.model.inventory import InventoriedImage, InventoriedWorkload
from webhook.model.running import RunningImage
from webhook.model.verdicts import ImageVerdict, SbomStatus
from webhook.policy.plaintext import plain
from webhook.ports import InventoryStore

_MOST_TEXT = 300


def note_inventory(result: AuditResult, store: InventoryStore) -> None:
    """Keep what runs, and what each workload would get.

    Raises:
        StoreError: nothing was kept.
    """
    workloads = [_workload(workload) for workload in result.workloads]
    store.replace(workloads, taken_at=result.at, revision=result.revision)


def _workload(one: AuditedWorkload) -> InventoriedWorkload:
    owner = one.workload.owner
    return InventoriedWorkload(
        owner.uid,
        owner.namespace,
        owner.api_version,
        owner.kind,
        owner.name,
        one.workload.pods,
        one.mode,
        one.action,
        one.reason,
        tuple(map(_image, one.verdict.images)) if one.is_judged else _unseen(one.workload.images),
    )


def _unseen(images: Sequence[RunningImage]) -> tuple[InventoriedImage, ...]:
    """The images of a workload that is not looked at: who has a package is asked of these, too."""
    containers: dict[tuple[str, Digest | None], list[str]] = {}
    for image in images:
        containers.setdefault((image.judged, image.digest), []).append(image.container)
    return tuple(
        InventoriedImage(reference, digest, tuple(names), Action.ALLOW, SbomStatus.NONE)
        for (reference, digest), names in containers.items()
    )


def _image(one: ImageVerdict) -> InventoriedImage:
    verdict = one.verdict
    said = () if verdict.sbom is SbomStatus.FOUND else verdict.reasons
    sentences = tuple(plain(each.text, _MOST_TEXT) for each in said)
    return InventoriedImage(verdict.image.text, verdict.digest, one.containers, verdict.action, verdict.sbom, sentences)
