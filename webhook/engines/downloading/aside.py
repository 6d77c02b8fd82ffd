"""Aside: a download of chosen components that is no run: nothing is recorded of it, and it yields to runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from webhook.engines.downloading.downloader import Downloader
from webhook.engines.downloading.keeping import LeasePace
from webhook.model.downloads import DownloadReport, Names, RecordResult, WantedComponent
from webhook.model.leases import Lease
from webhook.model.purls import Purl
from webhook.model.records import RunRecord
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability
from webhook.ports import AutoAssess, ComponentStore, RunStore

_NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)


def aside(downloader: Downloader, chosen: Sequence[WantedComponent]) -> Downloader:
    """A downloader that asks for these alone, whatever the budget, and is no run.

    Args:
        downloader: as runs have it.
        chosen: in the order of work.
    """
    return replace(
        downloader,
        components=ChosenComponents(downloader.components, chosen, is_run=False),
        runs=_NoRun(downloader.runs),
        pace=LeasePace(patience_seconds=0),
        options=replace(downloader.options, max_components_per_run=None),
    )


@dataclass(frozen=True)
class ChosenComponents:
    """A ``ComponentStore`` restricted to some components, or to none where no source is asked.

    Attributes:
        store: has all of them.
        chosen: in the order of work.
        is_run: whether a run records their answers; else no lease was taken, and none guards what is recorded.
    """

    store: ComponentStore
    chosen: Sequence[WantedComponent] = field(default=(), repr=False)
    is_run: bool = True

    def wanted(self, *, now: dt.datetime, ttl: dt.timedelta) -> Sequence[WantedComponent]:
        """Those that were chosen."""
        return self.chosen

    def fresh(self, purls: Sequence[Purl], *, now: dt.datetime, ttl: dt.timedelta) -> frozenset[Purl]:
        """Those that were not chosen."""
        return frozenset(purls) - {wanted.purl for wanted in self.chosen}

    def names(self, purls: Sequence[Purl], *, settled_after: dt.datetime) -> Mapping[Purl, Names]:
        """Those of the store; none where nothing was chosen."""
        return self.store.names(purls, settled_after=settled_after) if self.chosen else {}

    def covered(self) -> int:
        """Those that were chosen."""
        return len(self.chosen)

    def not_covered(self) -> Mapping[str, int]:
        """None: they are not asked for here."""
        return {}

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
        """Commit a batch, see ``ComponentStore``."""
        return self.store.record(
            answers,
            unanswered=unanswered,
            assess=assess,
            now=now,
            settled=settled,
            reassess_on_score_change=reassess_on_score_change,
            lease=lease if self.is_run else None,
        )

    def unassessed_pairs(self) -> Sequence[tuple[Vulnerability, str]]:
        """Those of the store."""
        return tuple(self.store.unassessed_pairs())


@dataclass(frozen=True)
class _NoRun:
    """The history and the lease of runs as something sees them that is none; implements ``RunStore``.

    The lease is not taken: the nightly run would fail if it began just then.
    """

    runs: RunStore

    def acquire(self, holder: str, *, duration: dt.timedelta) -> Lease:
        """Nobody is in the way, or the run that is going on; a run that begins meanwhile ends this soon."""
        return Lease(self.runs.holder() or holder, 0, _NEVER)

    def renew(self, lease: Lease, *, duration: dt.timedelta) -> bool:
        """Whether no run has begun meanwhile."""
        return self.runs.holder() is None

    def abandoned(self) -> Lease | None:
        """The lease of a run that vanished."""
        return self.runs.abandoned()

    def holder(self) -> str | None:
        """Who has the lease."""
        return self.runs.holder()

    def release(self, lease: Lease) -> None:
        """Nothing was taken."""

    def finish(self, report: DownloadReport, *, started: dt.datetime, finished: dt.datetime, lease: Lease) -> None:
        """Nothing is kept: this is no run."""

    def last(self, *, complete: bool = False) -> RunRecord | None:
        """The last run."""
        return self.runs.last(complete=complete)
