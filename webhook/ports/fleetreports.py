"""Reports of the fleet: what members ask a hub, and what a member is to ask again; implemented by ``store.fleet``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from webhook.model.actions import Action
    from webhook.model.downloads import RecordResult, WantedComponent
    from webhook.model.fleetinventory import (
        CheckedReport,
        ClusterLine,
        ClusterReceipt,
        ClusterReport,
        ClusterWorkloadLine,
    )
    from webhook.model.fleetreports import FleetQuestion, FleetQueueSize, FleetReply, FleetReport
    from webhook.model.images import Digest
    from webhook.model.leases import Lease
    from webhook.model.purls import Purl
    from webhook.model.triage import Key
    from webhook.model.vulnerabilities import ComponentAnswer
    from webhook.ports.decisions import AutoAssess


class FleetReports(Protocol):
    """What the source said of coordinates that members asked for. Every method may raise StoreError."""

    def ask(
        self,
        question: FleetQuestion,
        *,
        now: dt.datetime,
        ttl: dt.timedelta,
        ceiling: int,
        by_key: Callable[[Sequence[Purl]], Collection[Purl]],
    ) -> FleetReply:
        """Answer a member, and queue what is unknown or older than ``ttl``, up to ``ceiling`` new ones a day.

        ``by_key`` says which of some components are asked for by their key alone, so that one answer serves for both.
        """

    def wanted(
        self,
        *,
        now: dt.datetime,
        ttl: dt.timedelta,
        kept: dt.timedelta,
        by_key: Callable[[Sequence[Purl]], Collection[Purl]],
    ) -> Sequence[WantedComponent]:
        """Coordinates whose answer is missing or older than ``ttl``, in an order that is fair to members.

        What no member has asked for during ``kept`` is left out.
        """

    def record(
        self,
        answers: Sequence[ComponentAnswer],
        *,
        unanswered: Sequence[Purl],
        own: Collection[Purl],
        assess: AutoAssess,
        now: dt.datetime,
        reassess_on_score_change: bool,
        lease: Lease | None,
    ) -> RecordResult:
        """Keep what the source said; those in ``own`` answer for the store's component of the same purl, too."""

    def changed(self, after: int, to: int) -> Sequence[str]:
        """Coordinates that were answered differently after a revision, and up to one."""

    def size(self) -> FleetQueueSize:
        """How much members wait for."""

    def answers(
        self, by_key: Callable[[Sequence[Purl]], Collection[Purl]], most: int, most_bytes: int
    ) -> tuple[Sequence[FleetReport], bool]:
        """What the source said of coordinates and of the hub's own components, and whether that is all."""

    def count(self) -> int:
        """How many coordinates there are."""

    def forget(self, before: dt.datetime, most: int) -> int:
        """Delete some coordinates that no member has asked for since a moment; how many were deleted."""

    def forget_member(self, member: str) -> None:
        """Let a member wait no more; what nobody else waits for, and was never asked for, is deleted."""


class ClusterStore(Protocol):
    """What members report of what runs there. Every method may raise StoreError."""

    def take(self, member: str, checked: CheckedReport, *, now: dt.datetime, ceiling: int) -> ClusterReceipt | None:
        """Keep a report; None where it does not lead on from what is here. The same one again changes nothing.

        A member may bring ``ceiling`` components a day that the hub does not know.
        """

    def remove(self, member: str) -> None:
        """Forget a cluster, and what only its images contain."""

    def clusters(self, after: str, most: int) -> Sequence[ClusterLine]:
        """Members that have reported, by name, from behind a name on."""

    def waiting_requests(self) -> int:
        """How many requests for exceptions wait at all members, as they last told."""

    def workloads(
        self, *, cluster: str | None, namespace: str | None, action: Action | None, after: Key | None, most: int
    ) -> Sequence[ClusterWorkloadLine]:
        """Workloads of members from behind a key on, in order of namespace, kind, name and cluster."""

    def users(
        self, components: Sequence[int], after: Key | None, most: int, cluster: str | None = None
    ) -> Sequence[ClusterWorkloadLine]:
        """Workloads of members, or of one, that have one of some components, in the same order."""

    def holders(self, components: Sequence[int]) -> Mapping[str, int]:
        """How many images with one of some components run in each cluster."""


class ClusterReceiver(Protocol):
    """The hub, as a member tells it what runs."""

    def report(self, report: ClusterReport) -> ClusterReceipt:
        """Send a report.

        Raises:
            HistoryUnknown: it does not lead on from what the hub has.
            SourceError: the hub did not answer, or refuses to.
        """


class ImageContents(Protocol):
    """Which components a member's images have. Every method may raise StoreError."""

    def hashes(self, digests: Sequence[Digest]) -> Mapping[Digest, str]:
        """The hashes of those of some images that have an SBOM."""

    def components(self, digest: Digest) -> Sequence[Purl]:
        """The components of an image, those of all its SBOMs together."""


class FleetPending(Protocol):
    """At a member: what the hub answers differently now. Every method may raise StoreError."""

    def take(self, most: int) -> tuple[Sequence[str], int]:
        """Some coordinates, and the newest revision of the hub among theirs; they stay until they are settled."""

    def components(self, coordinates: Sequence[str]) -> Sequence[Purl]:
        """Components that may have some coordinates as one of their forms: those of the same type and name."""

    def settle(self, coordinates: Sequence[str], revision: int) -> None:
        """Take out coordinates that were asked for, unless they have changed again after a revision."""
