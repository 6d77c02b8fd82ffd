"""The queue: what members ask for, as the downloader sees it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from webhook.model.downloads import Names, RecordResult, WantedComponent
from webhook.model.leases import Lease
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability
from webhook.ports import AutoAssess, FleetReports

_KEPT = dt.timedelta(days=3)
"""For how long coordinates are asked for every day after a member did; members ask every day."""


@dataclass(frozen=True)
class FleetQueue:
    """Coordinates that members ask for; implements ``ComponentStore``, so that a ``Downloader`` works it off.

    Attributes:
        reports: where they are, and where answers go.
        by_key: which of some components are asked for by their key alone.
    """

    reports: FleetReports
    by_key: Callable[[Sequence[Purl]], Collection[Purl]]

    def wanted(self, *, now: dt.datetime, ttl: dt.timedelta) -> Sequence[WantedComponent]:
        """What is due: what runs first, and members in turn."""
        return self.reports.wanted(now=now, ttl=ttl, kept=_KEPT, by_key=self.by_key)

    def fresh(self, purls: Sequence[Purl], *, now: dt.datetime, ttl: dt.timedelta) -> frozenset[Purl]:
        """Those that members ask for, and that are not due."""
        waiting = {wanted.purl for wanted in self.wanted(now=now, ttl=dt.timedelta(0))}
        return frozenset(waiting.intersection(purls)) - {wanted.purl for wanted in self.wanted(now=now, ttl=ttl)}

    def names(self, purls: Sequence[Purl], *, settled_after: dt.datetime) -> Mapping[Purl, Names]:
        """None: members have made the forms."""
        return {}

    def covered(self) -> int:
        """How many coordinates there are."""
        return self.reports.count()

    def not_covered(self) -> Mapping[str, int]:
        """None: members ask for nothing else."""
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
        """Keep answers for members, and for the hub's own components where they are the whole answer."""
        return self.reports.record(
            answers,
            unanswered=unanswered,
            own=self.by_key([answer.purl for answer in answers]),
            assess=assess,
            now=now,
            reassess_on_score_change=reassess_on_score_change,
            lease=lease,
        )

    def unassessed_pairs(self) -> Sequence[tuple[Vulnerability, str]]:
        """None: the store of components has them."""
        return ()
