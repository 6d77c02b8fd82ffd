"""The matcher: keeps sets of advisories up to date, and the store's components compared with them."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from webhook.engines.matching.loadedsets import LoadedSets
from webhook.engines.matching.plans import MatchPlan
from webhook.engines.matching.updates import MatchReport, SetUpdate
from webhook.errors import BomgateError, SourceError
from webhook.model.advisories import AdvisorySetInfo, ComponentMatch, MatchedEcosystem, MatchProgress, Unread
from webhook.model.components import ComponentState
from webhook.model.purls import Purl
from webhook.model.uncovered import Uncovered
from webhook.policy.advisoryindex import AdvisoryIndex
from webhook.policy.advisorykeys import covers, ecosystem_of
from webhook.policy.advisorymarks import marks_of
from webhook.ports import AdvisorySource, AdvisoryStore, AutoAssess, Clock

log = logging.getLogger("bomgate.matching")

_PAGE = 2_000
_TRIES = 3
_NO_NUMBER = -1
"""Of a component that the store does not know."""


@dataclass
class Matcher:
    """Compares the components of the store with advisories; for one thread at a time.

    Attributes:
        sources: who publishes advisories.
        store: where they, and what they say, are kept.
        clock: time.
        assess: gives the auto-assessment rule.
        asks: whether a source is asked, too.
        reassess: see ``policy.reassessOnScoreChange``.
        words: the scores of severity words, by name of the source.
    """

    sources: Sequence[AdvisorySource]
    store: AdvisoryStore
    clock: Clock
    assess: Callable[[], AutoAssess]
    asks: bool = True
    reassess: bool = False
    words: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)

    @cached_property
    def _loaded(self) -> LoadedSets:
        return LoadedSets(self.store, self.words)

    def update(self, only: Collection[str] | None = None) -> MatchReport:
        """Bring all sets up to date, and match again what they are about if they have changed.

        A set that cannot be brought up to date stays as it was, with its age; the others do not suffer.

        Args:
            only: names of the sources that are asked; None means all.

        Raises:
            StoreError: the database does not answer; what was written before stays.
        """
        sets = self.store.sets()
        self._loaded.load(sets)
        self._loaded.tell(sets)
        there = {(info.source, info.ecosystem): info for info in sets}
        updates = [
            self._update(source, ecosystem, there.get((source.name, ecosystem)))
            for source in self.sources
            if only is None or source.name in only
            for ecosystem in source.ecosystems
        ]
        self._drop()
        report = self.match()
        self._confirm({update.ecosystem for update in updates if not update.changed and not update.problem})
        return replace(report, updates=tuple(updates))

    def match(self) -> MatchReport:
        """Match the components that are new, and those of ecosystems whose sets are others than at the last time.

        Raises:
            StoreError: the database does not answer; what was written before stays.
        """
        for _ in range(_TRIES):
            report = self._pass()
            if report is not None:
                return report
        log.warning("advisories change too often to be matched; the next pass goes on")
        return MatchReport()

    def index(self) -> AdvisoryIndex:
        """What the store has now.

        Raises:
            StoreError: the database does not answer.
        """
        self._loaded.load(self.store.sets())
        return self._loaded.index

    def say(self, purls: Sequence[Purl]) -> Sequence[ComponentMatch]:
        """What the advisories that there are say of components, also of such as the store does not know.

        Raises:
            StoreError: the database does not answer.
        """
        sets = self.store.sets()
        self._loaded.load(sets)
        checked = _checked(sets)
        return [self._match(_NO_NUMBER, purl, checked) for purl in purls]

    def _confirm(self, ecosystems: set[str]) -> None:
        """Note for ecosystems that what was said is as of the last check; not for what was not matched with the sets.

        What was matched with former sets keeps its age, so that it goes stale instead of staying clean.
        """
        sets = self.store.sets()
        marks, checked = self._loaded.marks(sets), _checked(sets)
        for ecosystem in sorted(ecosystems & set(marks)):
            self.store.confirm(ecosystem, marks[ecosystem], checked[ecosystem])

    def _drop(self) -> None:
        """Remove the sets that the settings name no more.

        One stays while the source that has its ecosystem now has nothing yet, as after a source got another name: what
        it said would be gone otherwise, with nothing in its place.
        """
        wanted = {(source.name, ecosystem) for source in self.sources for ecosystem in source.ecosystems}
        there = {(info.source, info.ecosystem) for info in self.store.sets()}
        awaited = {ecosystem for _, ecosystem in wanted} - {ecosystem for _, ecosystem in wanted & there}
        for name, ecosystem in sorted(there - wanted):
            if ecosystem in awaited:
                extra = {"source": name, "ecosystem": ecosystem}
                log.warning("a source that the settings do not name counts until another one has its set", extra=extra)
            else:
                self.store.drop(name, ecosystem)

    def _update(self, source: AdvisorySource, ecosystem: str, there: AdvisorySetInfo | None) -> SetUpdate:
        known = None if there is None else self._loaded.known(there)
        try:
            fetched = source.fetch(ecosystem, known, lambda: None if there is None else self._loaded.former(there))
        except SourceError as problem:
            extra = {"source": source.name, "ecosystem": ecosystem, **words(problem)}
            log.warning("advisories not brought up to date", extra=extra)
            return SetUpdate(
                source.name,
                ecosystem,
                advisories=known.advisories if known else 0,
                problem=problem.message,
                remedy=problem.remedy,
            )
        fetched = self._loaded.with_unread(there, fetched)
        names, now = self._loaded.changed_names(there, fetched), self.clock.now()
        at = now if fetched.checked_at is None else min(fetched.checked_at, now)
        is_kept = self.store.keep(fetched, at, there.digest if there else "", names)
        if is_kept:
            self._loaded.take(fetched, at)
        else:
            extra = {"source": source.name, "ecosystem": ecosystem}
            log.info("another process has brought the set up to date", extra=extra)
        changed = is_kept and fetched.content is not None
        count = len(fetched.content.advisories) if fetched.content is not None else known.advisories if known else 0
        return SetUpdate(source.name, ecosystem, changed, count)

    def _pass(self) -> MatchReport | None:
        """One pass; None when the sets have changed meanwhile."""
        sets, progress = self.store.sets(), self.store.progress()
        fingerprint = self._loaded.fingerprint(sets)
        is_through = progress.through >= progress.newest
        if is_through and (progress.fingerprint, progress.marks) == (fingerprint, marks_of(sets)):
            return MatchReport()
        self._loaded.load(sets)
        self._loaded.tell(sets)
        marks, is_whole = self._loaded.marks(sets), not self._loaded.unread
        plan = MatchPlan.of(self.store, marks, progress.marks)
        is_unsettled = bool(plan) or (is_whole and progress.fingerprint != fingerprint)
        if is_through and not is_unsettled:
            return MatchReport()
        report, through, checked = MatchReport(), progress.through, _checked(sets)
        for page in self._pages(progress, plan.whole):
            recorded = self._record(fingerprint, page, checked, report)
            if recorded is None:
                return None
            report, through = recorded, max(through, page[-1][0])
        for page in self._again(plan, progress.through) if is_unsettled else ():
            recorded = self._record(fingerprint, page, checked, report)
            if recorded is None:
                return None
            report = recorded
        matched = [MatchedEcosystem(name, mark, checked[name]) for name, mark in sorted(marks.items())]
        is_done = self.store.finish(fingerprint, through, matched, asks=self.asks, is_settled=is_whole)
        return report if is_done else None

    def _record(
        self,
        fingerprint: str,
        page: Sequence[tuple[int, Purl]],
        checked: Mapping[str, dt.datetime],
        report: MatchReport,
    ) -> MatchReport | None:
        """Match a page of components; None when the sets have changed meanwhile."""
        found = [self._match(number, purl, checked) for number, purl in page]
        result = self.store.record(
            fingerprint, found, assess=self.assess(), now=self.clock.now(), reassess=self.reassess
        )
        if result is None:
            return None
        return MatchReport(
            (),
            report.matched + len(page),
            report.vulnerable + result.vulnerable,
            report.new_vulnerabilities + result.new_vulnerabilities,
            report.auto_assessed + result.auto_assessed,
        )

    def _pages(self, progress: MatchProgress, due: Collection[str]) -> Iterator[Sequence[tuple[int, Purl]]]:
        """The components of some ecosystems, and all that are new."""
        after = -1 if due else progress.through
        while page := self.store.components(after, _PAGE):
            after = page[-1][0]
            picked = [(number, purl) for number, purl in page if number > progress.through or ecosystem_of(purl) in due]
            if picked:
                yield picked

    def _again(self, plan: MatchPlan, through: int) -> Iterator[Sequence[tuple[int, Purl]]]:
        """Components of packages whose advisories have changed, and then those with vulnerabilities whose score has."""
        yield from _paged(sorted((number, purl) for number, purl in plan.components(self.store) if number <= through))
        index, ratings = self._loaded.index, self.store.ratings()
        moved = [key for (source, key), known in ratings.items() if index.is_rated_otherwise(source, key, known)]
        found = self.store.having(moved) if moved else ()
        yield from _paged(found)

    def _match(self, number: int, purl: Purl, checked: Mapping[str, dt.datetime]) -> ComponentMatch:
        """What is said of a component: unknown where a set that cannot be read could say that it is vulnerable."""
        said, unread = self._loaded.index.match(purl), None
        state = said.state
        if self._loaded.unread and covers(purl, self._loaded.unread):
            unread = Unread(self._loaded.unread[ecosystem_of(purl)], said.state)
            state = state if state is ComponentState.VULNERABLE else ComponentState.UNKNOWN
        ecosystem = ecosystem_of(purl) if state is not ComponentState.NOT_COVERED else ""
        at = checked[ecosystem] if ecosystem else self.clock.now()
        why = said.uncovered or Uncovered.NO_SOURCE
        return ComponentMatch(
            number, purl, ecosystem, state, said.vulnerabilities, said.fixed, at, said.sources, unread, why
        )


def _paged(components: Sequence[tuple[int, Purl]]) -> Iterator[Sequence[tuple[int, Purl]]]:
    for start in range(0, len(components), _PAGE):
        yield components[start : start + _PAGE]


def _checked(sets: Sequence[AdvisorySetInfo]) -> Mapping[str, dt.datetime]:
    """When the advisories of each ecosystem were last checked; of several sources the oldest check."""
    checked: dict[str, dt.datetime] = {}
    for info in sets:
        checked[info.ecosystem] = min(info.checked_at, checked.get(info.ecosystem, info.checked_at))
    return checked


def words(problem: BomgateError) -> dict[str, str]:
    """A problem as the log has it."""
    return {"error": problem.message, "remedy": problem.remedy, "code": problem.code}
