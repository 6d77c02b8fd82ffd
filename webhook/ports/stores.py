"""What the store gives, and the copy of the read model on disk; implemented by ``store``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from webhook.model.changes import START, Changes, Position, StoredSbom

if TYPE_CHECKING:
    from webhook.model.bases import Base
    from webhook.model.components import Sbom
    from webhook.model.downloads import DownloadReport
    from webhook.model.images import Digest, ImageRef
    from webhook.model.leases import Lease
    from webhook.model.looks import Departure, Look, LookRecord
    from webhook.model.purls import Purl
    from webhook.model.records import (
        AdmittedImage,
        ControllerAccount,
        KeptDocument,
        OutdatedCounts,
        OutdatedSbom,
        RunRecord,
        SbomRecord,
        Sighting,
        StoreStatus,
        UnreadSbom,
    )
    from webhook.model.runs import LiveRun, RunLine, RunProgress
    from webhook.model.searches import SearchClaim, SearchOutcome
    from webhook.model.triage import AuditNote


class ChangeFeed(Protocol):
    """The store as a read model sees it."""

    def position(self) -> Position:
        """The store's identity and its newest revision; cheap enough to ask every second."""

    def size(self) -> int:
        """A number above the ids of all components; as cheap."""

    def changes(self, since: Position = START) -> Changes:
        """Everything after ``since``.

        A complete description when there is nothing to tell the difference to: ``since`` is revision 0, a position in
        another store, or one that this store has not reached.
        """

    def component_ids(self, purls: Sequence[Purl]) -> Mapping[Purl, int]:
        """Ids of those components that the store knows."""


class HotStart(Protocol):
    """The last read model on disk: the processes of a Pod share it, and start with it while the database is down."""

    def load(self) -> Base | None:
        """The saved model; None when there is none, or it is damaged or of another version."""

    def position(self) -> Position | None:
        """The position of the saved model, which another process may have saved; None when there is none."""

    def save(self, base: Base) -> bool:
        """Replace the saved model atomically; failing to write is logged by the caller and harmless.

        Returns:
            False when another process is saving now.
        """


class SbomStore(Protocol):
    """SBOMs by image digest, and the tags that are known to point at those digests."""

    def add(self, digest: Digest, sbom: Sbom, *, place: str, image: ImageRef | None = None) -> StoredSbom:
        """Keep an SBOM, giving ids to components that have none; adding the same document again changes nothing.

        A tag in ``image`` is remembered to point at ``digest``. One transaction, one revision.
        """

    def record(self, digest: Digest, look: Look, *, image: ImageRef | None = None) -> Sequence[Departure]:
        """Keep what the places have for an image now; what is gone from its place stops counting, and is returned.

        One transaction, so that a part never stands for the whole; at most one revision. Of an image that nothing is
        known of, and nothing was found for, nothing is kept.
        """

    def remove(
        self, digest: Digest, *, document: str | None = None, author: str, why: str = ""
    ) -> tuple[Sequence[Departure], Sequence[Departure]]:
        """Take out what people handed in, or what was made on request: all of an image, or one document.

        Returns what left, and what stays because it is attached somewhere.
        """

    def looks(self, digests: Sequence[Digest]) -> Mapping[Digest, Sequence[LookRecord]]:
        """When the places were last asked for images, and in which names."""

    def departures(self, digest: Digest | None = None) -> Sequence[Departure]:
        """What stopped counting for an image, or for any, newest first."""

    def point(self, image: ImageRef, digest: Digest) -> None:
        """Remember that a tag points at a digest; nothing changes when that is known."""

    def list(self) -> Sequence[SbomRecord]:
        """All SBOMs, newest first."""

    def show(self, digest: Digest) -> Sequence[SbomRecord]:
        """The SBOMs of one image with their components; empty when there are none."""


class DocumentStore(Protocol):
    """The documents that SBOMs were read from; no revision is raised, as no read model has them."""

    def find(self, document_digest: str) -> KeptDocument | None:
        """A document; None when it was never kept, or is there no more."""

    def purge(self, most: int, after: str = "") -> tuple[int, str]:
        """Look at so many documents behind a digest, and remove those that no SBOM names any more.

        How many were removed, and the last one that was looked at; empty at the end.
        """


class ReadingStore(Protocol):
    """SBOMs as a newer reader reads their documents, until each of their components has an answer."""

    def due(self, reader: int, after: int, most: int) -> Sequence[OutdatedSbom]:
        """SBOMs that an older reader read, whose document is kept, and that were not read again yet."""

    def note(self, digest: Digest, sbom: Sbom) -> None:
        """Keep how today's reader reads the document of an SBOM."""

    def advance(self) -> int:
        """Take each SBOM that was read again as far as the answers allow; how many have today's keys now."""

    def counts(self, reader: int) -> OutdatedCounts:
        """What an older reader read."""

    def unread(self, reader: int, digests: Sequence[Digest]) -> Sequence[UnreadSbom]:
        """SBOMs of some images that an older reader read, and that were not read again yet."""


class SearchStore(Protocol):
    """Searches for SBOMs, so that all processes together make each search once."""

    def begin(self, key: str, holder: str, *, lease_seconds: float) -> SearchClaim | None:
        """Claim a search; None when ``holder`` has it now, else what somebody else is doing, or did a moment ago.

        The clock of the store says when a claim ends.
        """

    def renew(self, keys: Sequence[str], holder: str, *, lease_seconds: float) -> None:
        """Renew the claims that are still in force."""

    def end(self, key: str, holder: str, outcome: SearchOutcome, *, seconds: float) -> None:
        """Say how a claimed search ended, and for how many seconds others shall believe it (FOUND: not at all)."""


class SearchedStore(Protocol):
    """What a search needs of the store, opened when it is first used: most images need no search."""

    @property
    def sboms(self) -> SbomStore:
        """Where a found SBOM is kept."""

    @property
    def searches(self) -> SearchStore:
        """Who searches what, across processes."""


class SightingStore(Protocol):
    """Which images were seen at admission; it decides what the downloader asks for first."""

    def record(self, sightings: Sequence[Sighting]) -> None:
        """Remember a batch of sightings; no revision is raised, because no decision depends on them."""


class AdmissionStore(Protocol):
    """What tags stood for when objects were admitted; no revision is raised, as no read model has it."""

    def record(self, images: Sequence[AdmittedImage]) -> None:
        """Remember a batch; of those of one tag and digest that of the latest write stays, of one write the first."""

    def find(self, uids: Collection[str], names: Collection[str]) -> Sequence[AdmittedImage]:
        """What is remembered of some tagged names under these UIDs."""

    def prune(self, before: dt.datetime) -> int:
        """Forget what was last noted before a moment; how many there were."""


class AccountStore(Protocol):
    """Accounts that make objects which have a controller; no revision is raised, as no read model has it."""

    def record(self, accounts: Sequence[ControllerAccount]) -> None:
        """Remember a batch; of one account the latest stays."""

    def list(self) -> Sequence[ControllerAccount]:
        """Those seen last, newest first."""


class CursorStore(Protocol):
    """How far what is told from the store has been told; no revision is raised, as no read model has it."""

    def position(self, name: str) -> int | None:
        """How far a cursor has come; None before it was first moved."""

    def advance(self, name: str, position: int) -> None:
        """Move a cursor forward; one that is further stays."""


class RunStore(Protocol):
    """Runs of the downloader: one at a time across machines, and what the last ones did."""

    def acquire(self, holder: str, *, duration: dt.timedelta) -> Lease:
        """Take the lease of runs, or renew it when ``holder`` has it; the lease as it is then, whoever has it.

        The clock of the store says when it ends.
        """

    def renew(self, lease: Lease, *, duration: dt.timedelta) -> bool:
        """Renew a lease that is in force; False when it has ended, even if nobody has taken it since."""

    def holder(self) -> str | None:
        """Who has the lease now; None when nobody has."""

    def abandoned(self) -> Lease | None:
        """The lease of a run that vanished: ended without being given back, and not taken since; None without any."""

    def release(self, lease: Lease) -> None:
        """Give the lease back; harmless when it is lost."""

    def finish(self, report: DownloadReport, *, started: dt.datetime, finished: dt.datetime, lease: Lease) -> None:
        """Keep what a run did, unless its lease has ended (LeaseLost)."""

    def last(self, *, complete: bool = False) -> RunRecord | None:
        """The newest run, or the newest complete one."""


class RunProgressStore(Protocol):
    """Runs while they go on: how far each is, its log, and who wants it to end."""

    def begin(self, lease: Lease, started: dt.datetime) -> None:
        """Take note that a run begins, unless its lease has ended (LeaseLost); logs of runs long ago go."""

    def tell(self, lease: Lease, progress: RunProgress, lines: Sequence[str], at: dt.datetime) -> str:
        """Keep how far a run is, and add to its log; who wants it to end, empty when nobody does."""

    def current(self) -> LiveRun | None:
        """The run that goes on; None when none does."""

    def lines(self, fence: int, after: int, most: int) -> Sequence[RunLine]:
        """The log of a run behind the line of a number."""

    def cancel(self, note: AuditNote, at: dt.datetime) -> LiveRun | None:
        """Let the run that goes on end after the batch that is on its way, with a row in the audit log.

        None when none goes on, or somebody has cancelled it already.
        """

    def note(self, note: AuditNote, at: dt.datetime) -> None:
        """Write a row of the audit log about a run that is to begin."""


class StoreAdmin(Protocol):
    """The database itself."""

    def upgrade(self) -> None:
        """Bring the schema to the version of this program."""

    def status(self) -> StoreStatus:
        """Schema version, revision and counts.

        Raises:
            StoreError: the database cannot be reached; the sentence says why.
        """
