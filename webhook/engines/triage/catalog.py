"""The catalog: every vulnerability that affects something, judged, in the orders of the lists, held in memory.

What a list shows is read from the store by id and judged again. The catalog only has to hold no less than that: a
vulnerability that time alone may have changed since is always in.
"""

from __future__ import annotations

import datetime as dt
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from webhook.engines.assessing.rules import RuleSource
from webhook.engines.readmodel import ReadModel
from webhook.model.purls import Purl
from webhook.model.records import AssessmentState
from webhook.model.triage import Key, VulnerabilityOrder
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.evaluation import Judge, Rules
from webhook.policy.matching import Records
from webhook.policy.scores import round_score
from webhook.policy.selections import state_of
from webhook.ports import Clock, TriageStore

Affecting = Sequence[tuple[int, Purl, tuple[str, ...]]]
"""Number, purl and vulnerability ids of every vulnerable component."""
_UNSCORED = -1
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Entry:
    """A vulnerability with what was decided about it, as for no image and no namespace.

    Attributes:
        vulnerability: without its description.
        rank: ten times the rounded score; -1 without one.
        states: of its findings.
        types: of the assessments in force for its findings, or of the expired ones, in lower case.
        changes_at: when time alone can change these; None means never.
    """

    vulnerability: Vulnerability
    rank: int
    states: frozenset[AssessmentState]
    types: frozenset[str]
    changes_at: dt.datetime | None


@dataclass(frozen=True)
class Catalog:
    """One moment of the read model.

    Attributes:
        generation: of the read model.
        rules: types and policy that it was judged by.
        affecting: the vulnerable components.
        found: the vulnerability ids of each, by number.
        records: what was decided, by vulnerability and package.
        entries: by id.
        first_seen: when each entered the store, microseconds since 1970, by id.
    """

    generation: int
    rules: Rules
    affecting: Affecting
    found: Mapping[int, tuple[str, ...]]
    records: Records
    entries: Mapping[str, Entry]
    first_seen: Mapping[str, int]

    def walk(self, order: VulnerabilityOrder, after: Key | None) -> Iterator[str]:
        """The ids in the order of a list, behind a key of :meth:`key`."""
        ids = self._orders[order]
        if order is VulnerabilityOrder.ID:
            return iter(ids if after is None else ids[bisect_right(ids, str(after[0])) :])
        end = len(ids)
        if after is not None:
            end = bisect_left(ids, after, key=lambda item: self.key(order, item))
        return (ids[place] for place in range(end - 1, -1, -1))

    def key(self, order: VulnerabilityOrder, identifier: str) -> Key:
        """The place of a vulnerability in the order of a list."""
        if order is VulnerabilityOrder.ID:
            return (identifier,)
        if order is VulnerabilityOrder.SCORE:
            return (self.entries[identifier].rank, identifier)
        return (self.first_seen.get(identifier, 0), identifier)

    @cached_property
    def _orders(self) -> Mapping[VulnerabilityOrder, Sequence[str]]:
        """The ids in rising order of their keys."""
        by_id = sorted(self.entries)
        return {
            VulnerabilityOrder.ID: by_id,
            VulnerabilityOrder.SCORE: sorted(by_id, key=lambda item: self.entries[item].rank),
            VulnerabilityOrder.NEWEST: sorted(by_id, key=lambda item: self.first_seen.get(item, 0)),
        }

    def in_state(self, state: AssessmentState) -> frozenset[str]:
        """Ids with a finding in a state."""
        return self._by_state.get(state, _NONE)

    @cached_property
    def _by_state(self) -> Mapping[AssessmentState, frozenset[str]]:
        return {
            state: frozenset(key for key, entry in self.entries.items() if state in entry.states)
            for state in AssessmentState
        }

    def of_type(self, name: str) -> frozenset[str]:
        """Ids with a finding for which a type is in force, or has expired."""
        return self._by_type.get(name.casefold(), _NONE)

    @cached_property
    def _by_type(self) -> Mapping[str, frozenset[str]]:
        names = {name for entry in self.entries.values() for name in entry.types}
        return {
            name: frozenset(key for key, entry in self.entries.items() if name in entry.types) for name in sorted(names)
        }

    def ranked(self, low: int, high: int) -> frozenset[str]:
        """Ids with a rank from one to another."""
        return frozenset(chain.from_iterable(keys for rank, keys in self._by_rank.items() if low <= rank <= high))

    @cached_property
    def _by_rank(self) -> Mapping[int, Sequence[str]]:
        found: dict[int, list[str]] = {}
        for key, entry in self.entries.items():
            found.setdefault(entry.rank, []).append(key)
        return found

    def seen_since(self, moment: dt.datetime) -> set[str]:
        """Ids that entered the store then or later."""
        start = (moment - _EPOCH) // dt.timedelta(microseconds=1)
        return {key for key in self.entries if self.first_seen.get(key, 0) >= start}

    def containing(self, text: str) -> set[str]:
        """Ids with a text in the id, an alias or the title, without case."""
        folded = text.casefold()
        return {key for key, words in self._words.items() if folded in words}

    @cached_property
    def _words(self) -> Mapping[str, str]:
        return {
            key: "\n".join((*entry.vulnerability.identifiers, entry.vulnerability.title)).casefold()
            for key, entry in self.entries.items()
        }

    def changed_by(self, now: dt.datetime) -> set[str]:
        """Ids that time alone may have changed since."""
        return set(chain.from_iterable(keys for moment, keys in self._by_change.items() if moment <= now))

    @cached_property
    def _by_change(self) -> Mapping[dt.datetime, Sequence[str]]:
        found: dict[dt.datetime, list[str]] = {}
        for key, entry in self.entries.items():
            if entry.changes_at is not None:
                found.setdefault(entry.changes_at, []).append(key)
        return found

    def decided_in(self, namespace: str) -> set[str]:
        """Ids about which something was decided for this namespace alone."""
        return self.named(self._by_namespace.get(namespace, ()))

    @cached_property
    def _by_namespace(self) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = {}
        for (name, _), records in self.records.items():
            for record in records:
                if (namespace := record.assessment.scope.namespace) is not None:
                    found.setdefault(namespace, set()).add(name)
        return found

    def ending(self, after: dt.datetime, until: dt.datetime) -> set[str]:
        """Ids of which a record that can still matter ends in a span of time."""
        return set(chain.from_iterable(keys for end, keys in self._by_end.items() if after < end <= until))

    @cached_property
    def _by_end(self) -> Mapping[dt.datetime, set[str]]:
        found: dict[dt.datetime, set[str]] = {}
        for (name, _), records in self.records.items():
            for record in records:
                if (end := record.assessment.until) is not None:
                    found.setdefault(end, set()).update(self.names.get(name, ()))
        return found

    def named(self, names: Iterable[str]) -> set[str]:
        """Ids of the vulnerabilities that have one of these identifiers, given in lower case."""
        return {key for name in names for key in self.names.get(name, ())}

    @cached_property
    def names(self) -> Mapping[str, Sequence[str]]:
        """The ids that have an identifier, by it in lower case."""
        found: dict[str, tuple[str, ...]] = {}
        for key, entry in self.entries.items():
            for name in entry.vulnerability.identifiers:
                folded = name.casefold()
                found[folded] = (*found.get(folded, ()), key)
        return found

    @cached_property
    def packages(self) -> Mapping[str, Sequence[tuple[int, Purl]]]:
        """The vulnerable components of each package."""
        found: dict[str, list[tuple[int, Purl]]] = {}
        for number, purl, _ in self.affecting:
            found.setdefault(purl.package, []).append((number, purl))
        return found

    @cached_property
    def searched(self) -> Sequence[tuple[str, str, str]]:
        """Each of these packages with its purl and its name in lower case."""
        lowered = ((package, package.lower()) for package in self.packages)
        return [(package, purl, purl.rpartition("/")[2]) for package, purl in lowered]

    def affected_by(self, numbers: Iterable[int]) -> set[str]:
        """Ids that affect one of these components."""
        return {key for number in numbers for key in self.found.get(number, ())}


class Catalogs:
    """Makes catalogs, each from the one before.

    Args:
        store: knows when each vulnerability was first seen.
        model: what is known.
        rules: types and policy.
        clock: time.
    """

    def __init__(self, store: TriageStore, model: ReadModel, rules: RuleSource, clock: Clock) -> None:
        self._store, self._model, self._rules, self._clock = store, model, rules, clock
        self._one_at_a_time = threading.Lock()
        self._now: Catalog | None = None

    def now(self) -> Catalog:
        """The newest catalog; the first one is waited for."""
        return self._now or self.refresh()

    def refresh(self) -> Catalog:
        """The catalog as of now.

        Raises:
            StoreError: the store did not answer; the former catalog stays.
        """
        with self._one_at_a_time:
            before, rules, now = self._now, self._rules(), self._clock.now()
            if before is not None and before.generation == self._model.generation and before.rules is rules:
                late = before.changed_by(now)
                if not late:
                    return before
                self._now = self._made(before, rules, late, now)
            else:
                self._now = self._made(before, rules, set(), now)
            return self._now

    def _made(self, before: Catalog | None, rules: Rules, late: set[str], now: dt.datetime) -> Catalog:
        generation, index = self._model.generation, self._model.assessments
        affecting = self._model.findings()
        found = {number: keys for number, _, keys in affecting}
        records = index.records()
        there = {key for keys in found.values() for key in keys}
        stale = late if before is None else late | _changed(before, found, records) | before.changed_by(now)
        known = {} if before is None or before.rules is not rules else dict(before.entries)
        for key in known.keys() - there:
            del known[key]
        facts = {key: one for key in there if (one := self._model.vulnerability(key)) is not None}
        stale |= {key for key, one in facts.items() if key not in known or known[key].vulnerability is not one}
        judge = Judge(rules, index, now)
        known.update(_judged(judge, affecting, {key: facts[key] for key in stale & facts.keys()}))
        return _warm(Catalog(generation, rules, affecting, found, records, known, self._first_seen(before, known)))

    def _first_seen(self, before: Catalog | None, entries: Mapping[str, Entry]) -> Mapping[str, int]:
        known = {} if before is None else before.first_seen
        missing = [key for key in entries if key not in known]
        return {**known, **self._store.first_seen(missing)} if missing else known


def _warm(catalog: Catalog) -> Catalog:
    """Sort now what lists need, so that nobody waits for it."""
    list(catalog.walk(VulnerabilityOrder.SCORE, None))
    catalog.in_state(AssessmentState.UNASSESSED)
    catalog.of_type("")
    catalog.named(())
    catalog.ending(_EPOCH, _EPOCH)
    catalog.changed_by(_EPOCH)
    catalog.decided_in("")
    catalog.ranked(0, 0)
    catalog.containing("")
    len(catalog.searched)
    return catalog


def _changed(before: Catalog, found: Mapping[int, tuple[str, ...]], records: Records) -> set[str]:
    """Ids whose components, or records, are no longer those of a former catalog."""
    changed: set[str] = set()
    for number in before.found.keys() | found.keys():
        was, is_now = before.found.get(number, ()), found.get(number, ())
        if was is not is_now and was != is_now:
            changed.update(was, is_now)
    names = {key[0] for key, entries in records.items() if before.records.get(key) is not entries}
    names |= {key[0] for key in before.records.keys() - records.keys()}
    return changed | before.named(names)


def _judged(judge: Judge, affecting: Affecting, facts: Mapping[str, Vulnerability]) -> Mapping[str, Entry]:
    """The entries of some vulnerabilities."""
    states: dict[str, set[AssessmentState]] = {key: set() for key in facts}
    types: dict[str, set[str]] = {key: set() for key in facts}
    changes: dict[str, dt.datetime] = {}
    for _, purl, keys in affecting:
        for key in keys:
            if key not in facts:
                continue
            finding = judge.finding(purl, facts[key])
            states[key].add(state_of(finding))
            decided = finding.assessment or finding.expired
            if decided is not None:
                types[key].add((decided.type or "").casefold())
            at = finding.changes_at
            if at is not None and (key not in changes or at < changes[key]):
                changes[key] = at
    same: dict[frozenset[object], frozenset[object]] = {}
    made = {}
    for key, one in facts.items():
        seen, given = frozenset(states[key]), frozenset(types[key])
        seen, given = same.setdefault(seen, seen), same.setdefault(given, given)  # type: ignore[assignment]
        made[key] = Entry(one, _rank(one), seen, given, changes.get(key))
    return made


def _rank(one: Vulnerability) -> int:
    score = one.cvss_score
    return _UNSCORED if score is None or not score.is_finite() else int(round_score(score) * 10)
