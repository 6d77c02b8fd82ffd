"""A run of the downloader where no source is asked: it brings in SBOMs, is recorded, and asks for nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from webhook.model.downloads import Names, RecordResult, WantedComponent
from webhook.model.leases import Lease
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability
from webhook.ports import AutoAssess, ComponentStore


@dataclass(frozen=True)
class NothingToAsk:
    """A ``ComponentStore`` of whose components none is to be asked for."""

    store: ComponentStore

    def wanted(self, *, now: dt.datetime, ttl: dt.timedelta) -> Sequence[WantedComponent]:
        """None."""
        return ()

    def names(self, purls: Sequence[Purl], *, settled_after: dt.datetime) -> Mapping[Purl, Names]:
        """None."""
        return {}

    def covered(self) -> int:
        """None."""
        return 0

    def not_covered(self) -> Mapping[str, int]:
        """None: no source is asked that could cover them."""
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
        """As the store does."""
        return self.store.record(
            answers,
            unanswered=unanswered,
            assess=assess,
            now=now,
            settled=settled,
            reassess_on_score_change=reassess_on_score_change,
            lease=lease,
        )

    def unassessed_pairs(self) -> Sequence[tuple[Vulnerability, str]]:
        """Those of the store."""
        return tuple(self.store.unassessed_pairs())
