"""The matcher: keeps sets of advisories up to date, and the store's components compared with them."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from webhook.errors import BomgateError, SourceError
from webhook.model.advisories import AdvisorySet, AdvisorySetInfo, ComponentMatch
from webhook.model.components import ComponentState
from webhook.model.purls import Purl
from webhook.policy.advisoryindex import AdvisoryIndex, fingerprint_of, words_fingerprint
from webhook.policy.advisorykeys import ecosystem_of
from webhook.ports import AdvisorySource, AdvisoryStore, AutoAssess, Clock

log = logging.getLogger("bomgate.matching")

_PAGE = 2_000
_TRIES = 3
_NO_NUMBER = -1
"""Of a component that the store does not know."""


@dataclass(frozen=True, slots=True)
class SetUpdate:
    """What became of one set.

    Attributes:
        source: name of the source.
        ecosystem: such as ``Debian``; of a source that tells of attacks what it publishes, such as ``KEV``.
        changed: whether it is another than before.
        advisories: how many records count now; 0 when there are none.
        problem: why it could not be brought up to date; empty when it was.
        remedy: what to do about that.
        assessed: pairs of vulnerability and package that a type assessed by itself because of it.
    """

    source: str
    ecosystem: str
    changed: bool = False
    advisories: int = 0
    problem: str = ""
    remedy: str = ""
    assessed: int = 0


@dataclass(frozen=True, slots=True)
class MatchReport:
    """What a pass has done.

    Attributes:
        updates: of the sets.
        matched: components that were compared.
        vulnerable: of those, how many have a vulnerability.
        new_vulnerabilities: pairs of vulnerability and package that entered the store.
        auto_assessed: pairs that a CVSS range assessed.
    """

    updates: tuple[SetUpdate, ...] = ()
    matched: int = 0
    vulnerable: int = 0
    new_vulnerabilities: int = 0
    auto_assessed: int = 0

    @property
    def complete(self) -> bool:
        """Whether every set is up to date."""
        return not any(update.problem for update in self.updates)


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
    _loaded: str = ""
    _index: AdvisoryIndex = field(default_factory=lambda: AdvisoryIndex({}))
    _sets: dict[tuple[str, str], tuple[str, AdvisorySet]] = field(default_factory=dict)

    def update(self, only: Collection[str] | None = None) -> MatchReport:
        """Bring all sets up to date, and match all components again if one of them has changed.

        A set that cannot be brought up to date stays as it was, with its age; the others do not suffer.

        Args:
            only: names of the sources that are asked; None means all.

        Raises:
            StoreError: the database does not answer; what was written before stays.
        """
        sets = self.store.sets()
        self._load(sets)
        known = {(info.source, info.ecosystem): self._known(info) for info in sets}
        there = {(info.source, info.ecosystem): info.digest for info in sets}
        updates = [
            self._update(source, ecosystem, known.get(key), there.get(key, ""))
            for source in self.sources
            if only is None or source.name in only
            for ecosystem in source.ecosystems
            if (key := (source.name, ecosystem))
        ]
        wanted = {(source.name, ecosystem) for source in self.sources for ecosystem in source.ecosystems}
        for source_name, ecosystem in sorted(
            {(info.source, info.ecosystem) for info in sets} - wanted
        ):  # the settings name it no more
            self.store.drop(source_name, ecosystem)
        report = self.match()
        self._confirm({update.ecosystem for update in updates if not update.changed and not update.problem})
        return MatchReport(
            tuple(updates), report.matched, report.vulnerable, report.new_vulnerabilities, report.auto_assessed
        )

    def match(self) -> MatchReport:
        """Match the components that are new, or all when the sets are others than at the last time.

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
        self._load(self.store.sets())
        return self._index

    def say(self, purls: Sequence[Purl]) -> Sequence[ComponentMatch]:
        """What the advisories that there are say of components, also of such as the store does not know.

        Raises:
            StoreError: the database does not answer.
        """
        sets = self.store.sets()
        self._load(sets)
        checked = {ecosystem: self._checked(sets, ecosystem) for ecosystem in self._index.ecosystems}
        unread = {info.ecosystem for info in sets if (info.source, info.ecosystem) not in self._sets}
        return [self._guarded(self._match(_NO_NUMBER, purl, checked), unread) for purl in purls]

    def _guarded(self, match: ComponentMatch, unread: Collection[str]) -> ComponentMatch:
        """A match, which is unknown where a set that cannot be read could say that the component is vulnerable."""
        ecosystem = ecosystem_of(match.purl) if unread else ""
        if not ecosystem or ecosystem not in unread or match.state is ComponentState.VULNERABLE:
            return match
        return replace(match, ecosystem=ecosystem, state=ComponentState.UNKNOWN)

    def _known(self, info: AdvisorySetInfo) -> AdvisorySetInfo:
        """What a source is told of a set; one that this program cannot read is fetched again, whatever its digest."""
        there = self._sets.get((info.source, info.ecosystem))
        return replace(info, newest=there[1].newest) if there else replace(info, digest="", tag="")

    def _confirm(self, ecosystems: set[str]) -> None:
        """Note for ecosystems that what was said is as of the last check; not for what was not matched with the sets.

        What was matched with former sets keeps its age, so that it goes stale instead of staying clean.
        """
        sets = self.store.sets()
        if self.store.progress().fingerprint != self._fingerprint(sets):
            return
        for ecosystem in sorted(ecosystems & {info.ecosystem for info in sets}):
            self.store.confirm(ecosystem, self._checked(sets, ecosystem))

    def _update(self, source: AdvisorySource, ecosystem: str, known: AdvisorySetInfo | None, former: str) -> SetUpdate:
        try:
            fetched = source.fetch(ecosystem, known)
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
        is_kept = self.store.keep(fetched, self.clock.now(), former)
        if not is_kept:
            extra = {"source": source.name, "ecosystem": ecosystem}
            log.info("another process has brought the set up to date", extra=extra)
        changed = is_kept and fetched.content is not None
        count = len(fetched.content.advisories) if fetched.content is not None else known.advisories if known else 0
        return SetUpdate(source.name, ecosystem, changed, count)

    def _pass(self) -> MatchReport | None:
        """One pass; None when the sets have changed meanwhile."""
        sets, progress = self.store.sets(), self.store.progress()
        fingerprint = self._fingerprint(sets)
        if not sets and not progress.fingerprint:
            return MatchReport()
        after = progress.through if progress.fingerprint == fingerprint else -1
        if after >= progress.newest and progress.fingerprint == fingerprint:
            return MatchReport()
        self._load(sets)
        if len(self._sets) < len(sets):
            # Without them it would be said that nobody covers what they are about.
            log.warning("some advisories cannot be read; nothing is matched until a download has brought them again")
            return MatchReport()
        checked = {ecosystem: self._checked(sets, ecosystem) for ecosystem in self._index.ecosystems}
        matched = vulnerable = new = assessed = 0
        for page in self._pages(after):
            found = [self._match(number, purl, checked) for number, purl in page]
            result = self.store.record(
                fingerprint, found, assess=self.assess(), now=self.clock.now(), reassess=self.reassess
            )
            if result is None:
                return None
            matched, vulnerable = matched + len(page), vulnerable + result.vulnerable
            new, assessed = new + result.new_vulnerabilities, assessed + result.auto_assessed
            after = page[-1][0]
        if not self.store.finish(fingerprint, after, asks=self.asks):
            return None
        return MatchReport((), matched, vulnerable, new, assessed)

    def _pages(self, after: int) -> Iterator[Sequence[tuple[int, Purl]]]:
        while page := self.store.components(after, _PAGE):
            yield page
            after = page[-1][0]

    def _match(self, number: int, purl: Purl, checked: Mapping[str, dt.datetime]) -> ComponentMatch:
        said = self._index.match(purl)
        ecosystem = ecosystem_of(purl) if said.state is not ComponentState.NOT_COVERED else ""
        at = checked[ecosystem] if ecosystem else self.clock.now()
        return ComponentMatch(number, purl, ecosystem, said.state, said.vulnerabilities, said.fixed, at)

    def _load(self, sets: Sequence[AdvisorySetInfo]) -> None:
        """Load the sets that are others than those in memory; such as cannot be read are tried again each time."""
        fingerprint = self._fingerprint(sets)
        if fingerprint == self._loaded and len(self._sets) == len(sets):
            return
        loaded: dict[tuple[str, str], tuple[str, AdvisorySet]] = {}
        for info in sets:
            key = (info.source, info.ecosystem)
            there = self._sets.get(key)
            content = there[1] if there and there[0] == info.digest else self.store.load(*key)
            if content is not None:
                loaded[key] = (info.digest, content)
        self._sets, self._loaded = loaded, fingerprint
        contents = {key: content for key, (_, content) in loaded.items()}
        self._index = AdvisoryIndex(contents, self.words, self.store.asked_scores() if contents else {})

    def _fingerprint(self, sets: Sequence[AdvisorySetInfo]) -> str:
        """Of the sets, and of what the settings make of them."""
        return f"{fingerprint_of(sets)}{words_fingerprint(self.words)}" if sets else ""

    @staticmethod
    def _checked(sets: Sequence[AdvisorySetInfo], ecosystem: str) -> dt.datetime:
        """When the advisories of an ecosystem were last checked; of several sources the oldest check."""
        return min(info.checked_at for info in sets if info.ecosystem == ecosystem)


def words(problem: BomgateError) -> dict[str, str]:
    """A problem as the log has it."""
    return {"error": problem.message, "remedy": problem.remedy, "code": problem.code}
