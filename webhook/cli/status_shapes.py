"""The JSON of ``bomgate source`` and ``bomgate db``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from webhook.cli.prune_shapes import TableShape
from webhook.cli.shapes import DownloadShape
from webhook.engines.upgrade import FormerDecision
from webhook.model.advisories import AdvisorySetInfo
from webhook.model.downloads import SourceStatus
from webhook.model.exploitation import ExploitSetInfo
from webhook.model.records import StoreStatus
from webhook.model.retention import TableSize
from webhook.model.vulnerabilities import ASKED


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

    @classmethod
    def of(
        cls,
        one: StoreStatus,
        sets: Sequence[AdvisorySetInfo] = (),
        exploits: Sequence[ExploitSetInfo] = (),
        tables: Sequence[TableSize] = (),
        unused: int | None = None,
    ) -> DatabaseShape:
        """From the model."""
        run = one.last_run
        shown = None if run is None else RunShape(run.started, run.finished, DownloadShape.of(run.report))
        kept = tuple(map(KeptSetShape.of, sets))
        known = tuple(map(KeptExploitsShape.of, exploits))
        found = (one.url, one.schema, one.expected_schema, one.revision, dict(one.counts), shown)
        return cls(*found, kept, known, tuple(map(TableShape.of, tables)), unused)


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
class UpgradeShape(DatabaseShape):
    """``bomgate db upgrade --output json``."""

    reread: Annotated[RereadShape | None, "What --reread did; null without it."] = None
    former_decisions: Annotated[
        tuple[FormerDecisionShape, ...], "Assessments that were made for spellings which are no keys any more."
    ] = ()

    @classmethod
    def after(cls, status: StoreStatus, reread: RereadShape | None, former: Sequence[FormerDecision]) -> UpgradeShape:
        """From the model."""
        one = DatabaseShape.of(status)
        decisions = tuple(map(FormerDecisionShape.of, former))
        return cls(
            one.url,
            one.schema,
            one.expected_schema,
            one.revision,
            one.counts,
            one.last_run,
            reread=reread,
            former_decisions=decisions,
        )
