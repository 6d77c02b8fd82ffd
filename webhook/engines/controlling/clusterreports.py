"""Cluster reports: a member tells its hub what runs there, in differences."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from webhook.errors import HistoryUnknown
from webhook.model.fleetinventory import (
    ClusterImage,
    ClusterReceipt,
    ClusterReport,
    ClusterWorkload,
    Content,
    WaitingRequests,
)
from webhook.model.images import Digest
from webhook.model.inventory import InventoriedWorkload, RunningInventory
from webhook.policy.fleetinventory import MOST_CONTENTS, MOST_IN_ALL, MOST_TEXT, differences, fits
from webhook.ports import ClusterReceiver, ImageContents, InventoryStore

log = logging.getLogger("bomgate.fleet")

_LONGEST_REASON, _LONGEST_REFERENCE, _MOST_IMAGES = 500, 1_000, 100
_MOST_ROUNDS = 100


@dataclass(frozen=True, slots=True)
class ClusterReportParts:
    """What the duty works with.

    Attributes:
        inventory: what ran at the last audit.
        contents: which components images have.
        refusals: how many requests were denied so far, by reason.
        requests: how many requests for exceptions wait, and since when.
        hub: is told.
    """

    inventory: InventoryStore
    contents: ImageContents
    refusals: Callable[[], dict[str, int]]
    requests: Callable[[], WaitingRequests]
    hub: ClusterReceiver


class ClusterReportDuty:
    """Tells the hub what runs; a ``Duty``.

    The components of an image that has too many are not told, so that it keeps no other from being told. What was told
    is remembered in the process alone: after a start, or when the hub has lost it, all is told again.

    Args:
        parts: see :class:`ClusterReportParts`.
        session: gives random digits.
        seconds: between two looks.
    """

    name = "cluster-reports"

    def __init__(self, parts: ClusterReportParts, session: Callable[[int], str], seconds: float) -> None:
        self._parts, self._new_session = parts, session
        self.interval_seconds = seconds
        self._too_large: set[str] = set()
        self._begin()

    def _begin(self) -> None:
        self._session, self._sequence = self._new_session(16), 0
        self._workloads: dict[str, ClusterWorkload] = {}
        self._images: dict[str, str] = {}

    def run(self) -> None:
        """Tell what differs from what was told.

        Raises:
            StoreError: the store did not answer.
            SourceError: the hub did not answer, or refuses to; the next pass tells it again.
        """
        inventory = self._parts.inventory.load()
        if inventory is None:
            return
        workloads = {workload.uid: _told(workload) for workload in inventory.workloads}
        digests = sorted(
            {image.digest for workload in inventory.workloads for image in workload.images if image.digest}
        )
        hashes = self._parts.contents.hashes(digests)
        images = {str(digest): content for digest, content in hashes.items() if content not in self._too_large}
        try:
            self._tell(inventory, workloads, images)
        except HistoryUnknown:
            log.info("the hub does not know the former reports; a new session begins")
            self._begin()
            self._tell(inventory, workloads, images)

    def _tell(
        self, inventory: RunningInventory, workloads: Mapping[str, ClusterWorkload], images: Mapping[str, str]
    ) -> None:
        wanted: Sequence[str] = ()
        refusals, requests = self._parts.refusals(), self._parts.requests()
        for _ in range(_MOST_ROUNDS):
            told, now = (self._workloads, self._images), (workloads, images)
            report = differences(self._session, self._sequence + 1, told, now)
            contents = self._contents(images, wanted)
            report = msgspec.structs.replace(
                report, taken_at=inventory.taken_at, contents=contents, refusals=refusals, requests=requests
            )
            receipt = self._send(report)
            again = set(receipt.wanted) == set(wanted)  # more than the hub takes today
            wanted = () if again and not _says_something(report) else receipt.wanted
            if not wanted and (self._workloads, self._images) == now:
                return

    def _send(self, report: ClusterReport) -> ClusterReceipt:
        """Send a report, and remember that the hub has it."""
        receipt = self._parts.hub.report(report)
        self._sequence = report.sequence
        for uid in report.gone:
            self._workloads.pop(uid, None)
        for digest in report.gone_images:
            self._images.pop(digest, None)
        self._workloads.update({workload.uid: workload for workload in report.workloads})
        self._images.update({image.digest: image.content for image in report.images})
        return receipt

    def _contents(self, images: Mapping[str, str], wanted: Sequence[str]) -> tuple[Content, ...]:
        """The contents that the hub asks for, as many as one report may have."""
        found, size, text = list[Content](), 0, 0
        digest_of = {content: digest for digest, content in images.items()}
        for content in wanted[:MOST_CONTENTS]:
            if content not in digest_of or size >= MOST_IN_ALL or text >= MOST_TEXT:
                continue
            purls = tuple(map(str, self._parts.contents.components(Digest(digest_of[content]))))
            if not fits(purls):
                self._too_large.add(content)
            elif size + len(purls) <= MOST_IN_ALL:
                found.append(Content(content, purls))
                size, text = size + len(purls), text + sum(map(len, purls))
        return tuple(found)


def _says_something(report: ClusterReport) -> bool:
    return bool(report.workloads or report.gone or report.images or report.gone_images)


def _told(one: InventoriedWorkload) -> ClusterWorkload:
    """A workload as the hub is told of it."""
    images = [
        ClusterImage(
            image.reference[:_LONGEST_REFERENCE],
            "" if image.digest is None else str(image.digest),
            image.action.word,
        )
        for image in one.images[:_MOST_IMAGES]
    ]
    return ClusterWorkload(
        one.uid,
        one.namespace,
        one.kind,
        one.name,
        one.pods,
        "" if one.mode is None else one.mode.value,
        one.action.word,
        one.reason[:_LONGEST_REASON],
        tuple(images),
    )
