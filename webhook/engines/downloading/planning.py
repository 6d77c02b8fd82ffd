"""Planning: which components a run asks for, most urgent first, and how many coordinates they take."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from webhook.engines.downloading.options import DownloadOptions
from webhook.engines.downloading.progress import DownloadPlan, PurlsOf
from webhook.model.downloads import Names
from webhook.model.purls import Purl
from webhook.ports import Clock, ComponentStore, VulnerabilitySource

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Planner:
    """Chooses what is due and within the budget.

    Attributes:
        source: whom to ask; it says how many coordinates a component takes.
        components: what is wanted.
        clock: time.
        options: budget and pace.
    """

    source: VulnerabilitySource
    components: ComponentStore
    clock: Clock
    options: DownloadOptions

    def plan(self, only: Sequence[Purl] = ()) -> DownloadPlan:
        """What a run asks for now.

        Args:
            only: these alone, if they are due or unknown to the store.

        Raises:
            StoreError: the store did not say what is wanted.
        """
        now = self.clock.now()
        if not only:
            due = self.components.wanted(now=now, ttl=self.options.due_after)
            everyone = PurlsOf(due, len(due))
            purls = PurlsOf(due, self._affordable(everyone))
            return DownloadPlan(
                purls=purls,
                not_covered=self.components.not_covered(),
                fresh=max(0, self.components.covered() - len(due)),
                over_budget=len(due) - len(purls),
            )
        named = list(dict.fromkeys(only))
        askable = [purl for purl in named if purl.is_covered and purl.version]
        fresh = self.components.fresh(askable, now=now, ttl=self.options.due_after)
        chosen = [purl for purl in askable if purl not in fresh]
        affordable = self._affordable(chosen)
        return DownloadPlan(
            purls=tuple(chosen[:affordable]),
            not_covered=Counter(purl.type for purl in named if not purl.is_covered),
            fresh=len(fresh),
            over_budget=len(chosen) - affordable,
            unusable=sum(purl.is_covered and not purl.version for purl in named),
        )

    def _affordable(self, purls: Sequence[Purl]) -> int:
        """How many components, from the first, the budget of coordinates is enough for; at least one if there is any.

        Otherwise a component that needs more than the whole budget would hold up all others for good.
        """
        left = self.options.max_components_per_run
        if left is None:
            return len(purls)
        count = 0
        for page in _pages(purls) if left else ():
            for price in self._prices(page):
                if price > left and count:
                    return count
                count, left = count + 1, left - price
        return count

    def coordinates(self, purls: Sequence[Purl]) -> int:
        """How many coordinates some components take together."""
        return sum(price for page in _pages(purls) for price in self._prices(page))

    def names(self, purls: Sequence[Purl]) -> Mapping[Purl, Names]:
        """What the store knows of the forms of some components."""
        after = self.clock.now() - dt.timedelta(days=self.options.form_ttl_days)
        return self.components.names(purls, settled_after=after)

    def _prices(self, page: Sequence[Purl]) -> Sequence[int]:
        return self.source.coordinates(page, self.names(page))


def _pages(purls: Sequence[Purl]) -> Iterator[Sequence[Purl]]:
    return (list(purls[start : start + _PAGE]) for start in range(0, len(purls), _PAGE))
