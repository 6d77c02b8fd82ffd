"""What the store gives, and the copy of the read model on disk; implemented by ``store``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from webhook.model.changes import START, Changes, Position, StoredSbom
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability

if TYPE_CHECKING:
    from webhook.model.assessments import Assessment, AssessmentType, StoredType
    from webhook.model.components import Sbom
    from webhook.model.downloads import DownloadReport, Names, RecordResult, WantedComponent
    from webhook.model.images import Digest, ImageRef
    from webhook.model.leases import Lease
    from webhook.model.looks import Departure, Look, LookRecord
    from webhook.model.purls import Purl
    from webhook.model.records import (
        AdmittedImage,
        AssessmentQuery,
        ControllerAccount,
        KeptDocument,
        OutdatedCounts,
        OutdatedSbom,
        RunRecord,
        SbomRecord,
        Sighting,
        StoreStatus,
        UnreadSbom,
        VulnerabilityQuery,
        VulnerabilityRecord,
    )
    from webhook.model.searches import SearchClaim, SearchOutcome
    from webhook.model.triage import AuditNote

AutoAssess = Callable[[Vulnerability, str], "Assessment | None"]
"""The auto-assessment rule: (vulnerability, package purl) → the assessment to append, or None when no range matches."""


class ChangeFeed(Protocol):
    """The store as a read model sees it."""

    def position(self) -> Position:
        """The store's identity and its newest revision; cheap enough to ask every second."""

    def changes(self, since: Position = START) -> Changes:
        """Everything after ``since``.

        A complete description when there is nothing to tell the difference to: ``since`` is revision 0, a position in
        another store, or one that this store has not reached.
        """


class HotStart(Protocol):
    """The last read model on disk, so that a replica starts and decides with the database down."""

    def load(self) -> Changes | None:
        """The saved model, complete; None when there is none, or it is damaged or of another version."""

    def save(self, changes: Changes) -> None:
        """Replace the saved model atomically; failing to write is logged by the caller and harmless."""


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

    def component_ids(self, purls: Sequence[Purl]) -> Mapping[Purl, int]:
        """Ids of those components that the store knows."""

    def list(self) -> Sequence[SbomRecord]:
        """All SBOMs, newest first."""

    def show(self, digest: Digest) -> Sequence[SbomRecord]:
        """The SBOMs of one image with their components; empty when there are none."""


class DocumentStore(Protocol):
    """The documents that SBOMs were read from; no revision is raised, as no read model has them."""

    def find(self, document_digest: str) -> KeptDocument | None:
        """A document; None when it was never kept, or is there no more."""

    def purge(self, most: int) -> int:
        """Remove documents that no SBOM names any more, at most so many; how many there were."""


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


class SightingStore(Protocol):
    """Which images were seen at admission; it decides what the downloader asks for first."""

    def record(self, sightings: Sequence[Sighting]) -> None:
        """Remember a batch of sightings; no revision is raised, because no decision depends on them."""


class AdmissionStore(Protocol):
    """What tags stood for when objects were admitted; no revision is raised, as no read model has it."""

    def record(self, images: Sequence[AdmittedImage]) -> None:
        """Remember a batch; of equal ones the latest time stays."""

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


class ComponentStore(Protocol):
    """Components and what a source said about them."""

    def wanted(self, *, now: dt.datetime, ttl: dt.timedelta) -> Sequence[WantedComponent]:
        """Covered components whose answer is missing or older than ``ttl``, in the order of work.

        Components of images seen running or refused first, then the most used; never asked before stale.
        """

    def names(self, purls: Sequence[Purl], *, settled_after: dt.datetime) -> Mapping[Purl, Names]:
        """What helps a source to ask for these components, for those of which there is anything."""

    def covered(self) -> int:
        """How many components a source covers, whether or not they are wanted."""

    def not_covered(self) -> Mapping[str, int]:
        """How many components no source covers, by purl type."""

    def record(
        self,
        answers: Sequence[ComponentAnswer],
        *,
        unanswered: Sequence[Purl] = (),
        assess: AutoAssess,
        now: dt.datetime,
        settled: Sequence[tuple[Purl, Purl]] = (),
        reassess_on_score_change: bool = False,
        lease: Lease | None = None,
    ) -> RecordResult:
        """Commit a batch with its automatic assessments and one revision, or nothing at all.

        Components named that the store does not know are added. ``assess`` applies today's ranges to each
        (vulnerability, package) that is new, or that first scores into one (``policy.automatic.assessments_by_score``).
        An incomplete answer only adds to what is known; one that would make a component clean is dropped when a
        spelling came after it was asked for. Of a run whose ``lease`` has ended nothing is kept (LeaseLost).
        """

    def unassessed_pairs(self) -> Iterable[tuple[Vulnerability, str]]:
        """Every (vulnerability, package) that is affected now, for ``assess --existing``."""


class AssessmentStore(Protocol):
    """Assessments, append-only."""

    def append(
        self, assessments: Sequence[Assessment], *, note: AuditNote | None = None, since: int | None = None
    ) -> int:
        """Add records in one transaction, with a row in the audit log if there is a note; the new revision.

        An empty sequence changes nothing. With ``since``, nothing is added (ChangedMeanwhile) when somebody has decided
        by hand about one of the vulnerabilities after that revision.
        """

    def provision(self, assessments: Sequence[Assessment], *, author: str, now: dt.datetime) -> int:
        """Make the records that ``author`` provisioned equal to ``assessments``: add the new, withdraw the rest.

        Those that other authors provisioned stay as they are, so that the settings file and the cluster do not undo
        each other.
        Withdrawing appends a record with type None; a record that is there already in the same words is left alone.
        Returns how many records were appended.
        """

    def find(self, query: AssessmentQuery) -> Sequence[Assessment]:
        """Records in order of their sequence, the history included."""


class TypeStore(Protocol):
    """Assessment types that the cluster names; those of the settings file are not here."""

    def list(self) -> Sequence[StoredType]:
        """All of them, the retired ones too, in order of their names."""

    def provision(self, types: Sequence[AssessmentType]) -> int:
        """Make the types that are not retired equal to ``types``; what is no longer named is retired, never deleted.

        Returns how many changed. Nothing is written when none did.
        """


class VulnerabilityStore(Protocol):
    """Vulnerabilities with what they affect, for people."""

    def find(self, query: VulnerabilityQuery) -> Sequence[VulnerabilityRecord]:
        """Vulnerabilities that affect a known component now, worst score first."""

    def knows_image(self, image: str) -> bool:
        """Whether an SBOM of this image, named by digest or by tag, is in the store."""

    def knows_package(self, package: str) -> bool:
        """Whether a component of this package (a purl; with a version, of this version) is in the store."""

    def show(self, identifier: str) -> VulnerabilityRecord | None:
        """One vulnerability by id or alias."""


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

    def release(self, lease: Lease) -> None:
        """Give the lease back; harmless when it is lost."""

    def finish(self, report: DownloadReport, *, started: dt.datetime, finished: dt.datetime, lease: Lease) -> None:
        """Keep what a run did, unless its lease has ended (LeaseLost)."""

    def last(self, *, complete: bool = False) -> RunRecord | None:
        """The newest run, or the newest complete one."""


class StoreAdmin(Protocol):
    """The database itself."""

    def upgrade(self) -> None:
        """Bring the schema to the version of this program."""

    def status(self) -> StoreStatus:
        """Schema version, revision and counts.

        Raises:
            StoreError: the database cannot be reached; the sentence says why.
        """
