"""What an audit found, as the store keeps it: for people, and as evidence of what ran before its verdict turned bad."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from webhook.model.actions import Action
from webhook.model.audits import AuditedWorkload, AuditResult
from webhook.model.images import Digest, identity, readable
from webhook.model.inventory import InventoriedImage, InventoriedWorkload
from webhook.model.records import AdmittedImage, pods_of
from webhook.model.running import RunningImage
from webhook.model.verdicts import ImageVerdict, SbomStatus
from webhook.policy.plaintext import plain
from webhook.ports import AdmissionStore, Clock, InventoryStore

_MOST_TEXT = 300
_Noted = tuple[str, str, Digest]
"""UID, tagged name and digest."""
_AGAIN_SECONDS = 24 * 3600.0
"""After what time the digest of a tag is noted again. Notes are forgotten long after that."""


def note_inventory(result: AuditResult, store: InventoryStore) -> None:
    """Keep what runs, and what each workload would get.

    Raises:
        StoreError: nothing was kept.
    """
    workloads = [_workload(workload) for workload in result.workloads]
    store.replace(workloads, taken_at=result.at, revision=result.revision)


class AuditNotes:
    """Keeps what audits found.

    The digest that a Pod runs under a tag is noted for its controller unless it is denied. When its last Pod is gone
    and the verdict has turned bad meanwhile, that is the evidence of what the tag stood for.

    Args:
        inventory: what runs, for people.
        admissions: what tags stood for.
        clock: time.
    """

    def __init__(self, inventory: InventoryStore, admissions: AdmissionStore, clock: Clock) -> None:
        self._inventory, self._admissions, self._clock = inventory, admissions, clock
        self._noted: dict[_Noted, float] = {}

    def take(self, result: AuditResult) -> None:
        """Keep what an audit found.

        Raises:
            StoreError: not all was kept.
        """
        note_inventory(result, self._inventory)
        now = self._clock.monotonic()
        images = {
            note: self._noted.get(note, -_AGAIN_SECONDS) for audited in result.workloads for note in _stood_for(audited)
        }
        due = [note for note, at in images.items() if now - at >= _AGAIN_SECONDS]
        self._admissions.record([AdmittedImage(uid, name, digest, result.at) for uid, name, digest in due])
        self._noted = {**images, **dict.fromkeys(due, now)}


def _stood_for(one: AuditedWorkload) -> Iterator[_Noted]:
    """The digests that running Pods have under tags, those that would be denied left out."""
    denied = {image.verdict.image.text for image in one.verdict.images if image.verdict.action is Action.DENY}
    for image in one.workload.images if one.is_judged else ():
        written = readable(image.reference)
        is_tag = written is not None and written.digest is None
        if is_tag and image.running and image.digest is not None and image.judged not in denied:
            yield pods_of(one.workload.owner.uid), identity(image.reference), image.digest


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
