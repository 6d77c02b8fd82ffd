"""The JSON of ``bomgate source`` and ``bomgate db``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from webhook.cli.download_shapes import DownloadShape
from webhook.engines.upgrade import FormerDecision
from webhook.model.advisories import AdvisorySetInfo
from webhook.model.assessments import Assessment
from webhook.model.downloads import SourceStatus
from webhook.model.exploitation import ExploitSetInfo
from webhook.model.records import StoreStatus
from webhook.model.retention import PruneKind, PrunePlan, TableSize
from webhook.model.vulnerabilities import ASKED
from webhook.policy.fleetfacts import FleetFact


@dataclass(frozen=True, slots=True)
class SourceShape:
    """``bomgate source check --output json``."""

    ok: Annotated[bool, "Whether components can be looked up now; false makes the exit code 3."]
    url: Annotated[str, "The address asked."]
    identity: Annotated[str, "How bomgate signs in, without the secret."]
    message: Annotated[str, "What was found, a sentence."]
    remedy: Annotated[str, "What to do; empty when ok."]
    credits_remaining: Annotated[float | None, "As the source states it; null when it does not."]
    name: Annotated[str, "Name of the source."] = ASKED
    others: Annotated[Sequence[SourceShape], "The further sources of the settings, with the same keys."] = ()

    @classmethod
    def of(cls, one: SourceStatus, name: str = ASKED, others: Sequence[tuple[str, SourceStatus]] = ()) -> SourceShape:
        """From the model."""
        further = tuple(cls.of(status, other) for other, status in others)
        return cls(one.ok, one.url, one.identity, one.message, one.remedy, one.credits_remaining, name, further)


@dataclass(frozen=True, slots=True)
class RunShape:
    """One run of the downloader."""

    started: Annotated[dt.datetime, "UTC."]
    finished: Annotated[dt.datetime, "UTC."]
    report: Annotated[DownloadShape, "What it did, as in `download`."]


@dataclass(frozen=True, slots=True)
class KeptSetShape:
    """A set of advisories in the database."""

    source: Annotated[str, "Name of the source."]
    ecosystem: Annotated[str, "Such as Debian."]
    advisories: Annotated[int, "How many count."]
    left_out: Annotated[Mapping[str, int], "How many records do not, by reason."]
    checked_at: Annotated[dt.datetime, "When the source last said that these are the newest, UTC."]
    changed_at: Annotated[dt.datetime, "When they last became others, UTC."]
    newest: Annotated[str, "When the newest record was modified, as it says; empty when that is not known."] = ""
    unreadable: Annotated[bool, "Whether what is kept cannot be read, and a download has to bring it again."] = False
    signature: Annotated[
        str, "The digest that was signed, and the key's fingerprint; empty where no key is asked for."
    ] = ""

    @classmethod
    def of(cls, one: AdvisorySetInfo) -> KeptSetShape:
        """From the model."""
        known = (one.source, one.ecosystem, one.advisories, one.counts, one.checked_at, one.changed_at)
        return cls(*known, one.newest, one.is_unreadable, one.signature)


@dataclass(frozen=True, slots=True)
class KeptExploitsShape:
    """A set of data about attacks in the database."""

    source: Annotated[str, "Name of the source."]
    kind: Annotated[str, "KEV or EPSS."]
    entries: Annotated[int, "How many vulnerabilities it names."]
    as_of: Annotated[dt.date, "The day that it was published for."]
    checked_at: Annotated[dt.datetime, "When the source last said that it is the newest, UTC."]
    changed_at: Annotated[dt.datetime, "When it last became another, UTC."]

    @classmethod
    def of(cls, one: ExploitSetInfo) -> KeptExploitsShape:
        """From the model."""
        return cls(one.source, one.kind.name, one.entries, one.as_of, one.checked_at, one.changed_at)


@dataclass(frozen=True, slots=True)
class FleetFactShape:
    """One fact about the fleet."""

    good: Annotated[bool, "Whether nobody has to do anything about it."]
    sentence: Annotated[str, "What is so."]
    remedy: Annotated[str, "What to do; possibly empty."]


@dataclass(frozen=True, slots=True)
class DatabaseShape:
    """``bomgate db status`` and ``bomgate db upgrade`` with ``--output json``."""

    url: Annotated[str, "Address without the password."]
    schema: Annotated[str, "Version of the schema; empty when the database is empty."]
    expected_schema: Annotated[str, "Version that this program needs."]
    revision: Annotated[int, "Newest revision of the data."]
    counts: Annotated[Mapping[str, int], "Rows by noun, and components by state."]
    last_run: Annotated[RunShape | None, "The newest run of the downloader; null when there was none."]
    advisories: Annotated[Sequence[KeptSetShape], "Advisories by source and ecosystem; empty without osv sources."] = ()
    exploits: Annotated[Sequence[KeptExploitsShape], "KEV and EPSS by source; empty without such sources."] = ()
    tables: Annotated[Sequence[TableShape], "Tables with rows, the largest first; empty after an upgrade."] = ()
    unused_bytes: Annotated[int | None, "Room in an SQLite file that new rows will take; null on PostgreSQL."] = None
    fleet: Annotated[Sequence[FleetFactShape], "Facts about the fleet; empty where there is none."] = ()

    @classmethod
    def of(
        cls,
        one: StoreStatus,
        sets: Sequence[AdvisorySetInfo] = (),
        exploits: Sequence[ExploitSetInfo] = (),
        tables: Sequence[TableSize] = (),
        unused: int | None = None,
        fleet: Sequence[FleetFact] = (),
    ) -> DatabaseShape:
        """From the model."""
        run = one.last_run
        shown = None if run is None else RunShape(run.started, run.finished, DownloadShape.of(run.report))
        kept = tuple(map(KeptSetShape.of, sets))
        known = tuple(map(KeptExploitsShape.of, exploits))
        found = (one.url, one.schema, one.expected_schema, one.revision, dict(one.counts), shown)
        told = tuple(FleetFactShape(*fact) for fact in fleet)
        return cls(*found, kept, known, tuple(map(TableShape.of, tables)), unused, told)


@dataclass(frozen=True, slots=True)
class RereadShape:
    """What ``--reread`` did."""

    read: Annotated[int, "Documents read again."]
    failed: Annotated[int, "Documents that today's reader cannot read; their SBOMs stay as they were read."]
    switched: Annotated[int, "SBOMs that have today's components now."]
    waiting: Annotated[int, "SBOMs that have their former components until OSS Index has answered for the new ones."]
    to_ask: Annotated[int, "Components of those that OSS Index was never asked for; each costs at least a credit."]
    without_document: Annotated[int, "SBOMs of older releases whose documents are not kept."]


@dataclass(frozen=True, slots=True)
class FormerDecisionShape:
    """An assessment that was made for a spelling which is no key any more."""

    vulnerability: Annotated[str, "As recorded."]
    type: Annotated[str, "As recorded."]
    package: Annotated[str, "The spelling that it was made for; it goes on counting for that as before."]
    source: Annotated[str, "manual, provisioned or auto."]
    author: Annotated[str, "Who made it."]
    packages: Annotated[
        tuple[str, ...], "Packages of today that it may have meant; it counts for them only where that is stricter."
    ]

    @classmethod
    def of(cls, one: FormerDecision) -> FormerDecisionShape:
        """From the engine."""
        record = one.assessment
        package = record.scope.package or ""
        return cls(record.vulnerability, record.type or "", package, record.source.value, record.author, one.packages)


@dataclass(frozen=True, slots=True)
class UnreadableDecisionShape:
    """An assessment that counts nowhere, because its scope cannot be read."""

    vulnerability: Annotated[str, "As recorded."]
    type: Annotated[str, "As recorded."]
    source: Annotated[str, "manual, provisioned or auto."]
    author: Annotated[str, "Who made it."]
    package: Annotated[str | None, "As recorded."]
    versions: Annotated[str | None, "As recorded; what `assess --clear --versions` takes."]
    image: Annotated[str | None, "As recorded."]
    namespace: Annotated[str | None, "As recorded."]

    @classmethod
    def of(cls, one: Assessment) -> UnreadableDecisionShape:
        """From the model."""
        scope, said = one.scope, (one.vulnerability, one.type or "", one.source.value, one.author)
        return cls(*said, scope.package, scope.version_range, scope.image, scope.namespace)


@dataclass(frozen=True, slots=True)
class UpgradeShape(DatabaseShape):
    """``bomgate db upgrade --output json``."""

    reread: Annotated[RereadShape | None, "What --reread did; null without it."] = None
    former_decisions: Annotated[
        tuple[FormerDecisionShape, ...], "Assessments that were made for spellings which are no keys any more."
    ] = ()
    unreadable_decisions: Annotated[
        tuple[UnreadableDecisionShape, ...], "Assessments that count nowhere, because their scope cannot be read."
    ] = ()

    @classmethod
    def after(
        cls,
        status: StoreStatus,
        reread: RereadShape | None,
        former: Sequence[FormerDecision],
        lost: Sequence[Assessment] = (),
    ) -> UpgradeShape:
        """From the model."""
        one = DatabaseShape.of(status)
        decisions, without = tuple(map(FormerDecisionShape.of, former)), tuple(map(UnreadableDecisionShape.of, lost))
        return cls(
            one.url,
            one.schema,
            one.expected_schema,
            one.revision,
            one.counts,
            one.last_run,
            reread=reread,
            former_decisions=decisions,
            unreadable_decisions=without,
        )


@dataclass(frozen=True, slots=True)
class PruneShape:
    """``bomgate db prune --output json``."""

    dry_run: Annotated[bool, "Whether nothing was deleted."]
    to_delete: Annotated[Mapping[str, int], "What was old enough at the beginning, by kind."]
    bytes: Annotated[Mapping[str, int], "About how much room that took; kinds of which it is not known are left out."]
    deleted: Annotated[Mapping[str, int], "What was deleted, by kind."]
    kept: Annotated[str, "Why images were kept that are not seen any more; empty when none were."]

    @classmethod
    def of(cls, plan: PrunePlan, deleted: Mapping[PruneKind, int] | None) -> PruneShape:
        """From the model; nothing was deleted when that is None."""
        return cls(deleted is None, _by_name(plan.counts), _by_name(plan.bytes), _by_name(deleted or {}), plan.kept)


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table of the database."""

    name: Annotated[str, "Of the table."]
    rows: Annotated[int, "How many; of a large table on PostgreSQL an estimate."]
    bytes: Annotated[int | None, "With its indexes; null when the database does not tell."]
    oldest: Annotated[dt.datetime | None, "The time of its oldest row, UTC; null without such a time."]

    @classmethod
    def of(cls, one: TableSize) -> TableShape:
        """From the model."""
        return cls(one.name, one.rows, one.bytes, one.oldest)


def _by_name(counts: Mapping[PruneKind, int]) -> dict[str, int]:
    return {kind.value: number for kind, number in counts.items()}
