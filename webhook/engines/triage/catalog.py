"""The catalog: every vulnerability that affects something, judged, held in memory.

What a list shows is read from the store by id and judged again. The catalog only has to hold no less than that: a
vulnerability that time alone may have changed since is always in.
"""

from __future__ import annotations

import datetime as dt
import threading
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from webhook.engines.assessing.rules import RuleSource
from webhook.engines.readmodel import ReadModel
from webhook.engines.triage.affected import AffectedComponents, Affecting
from webhook.model.records import AssessmentState
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.evaluation import Judge, Rules
from webhook.policy.matching import Records
from webhook.policy.selections import state_of
from webhook.ports import Clock, TriageStore

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_NONE: frozenset[str] = frozenset()
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Entry:
    """What was decided about a vulnerability, as for no image and no namespace.

    Attributes:
        vulnerability: without its description.
        states: of its findings.
        types: of the assessments in force for its findings, or of the expired ones, in lower case.
        changes_at: when time alone can change these; None means never.
    """

    vulnerability: Vulnerability
    states: frozenset[AssessmentState]
    types: frozenset[str]
    changes_at: dt.datetime | None


@dataclass(frozen=True)
class Catalog:
    """One moment of the read model.

    Attributes:
        generation: of the read model.
        rules: types and policy that it was judged by.
        affected: what affects what.
        records: what was decided, by vulnerability and package.
        entries: by id.
    """

    generation: int
    rules: Rules
    affected: AffectedComponents
    records: Records
    entries: Mapping[str, Entry]

    @cached_property
    def listed(self) -> frozenset[str]:
        """Ids of those that are known to be exploited."""
        return frozenset(
            key
            for key, entry in self.entries.items()
            if (known := entry.vulnerability.exploitation) is not None and known.kev is not None
        )

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

    def changed_by(self, now: dt.datetime) -> set[str]:
        """Ids that time alone may have changed since."""
        return set(self._by_change.within(None, now))

    @cached_property
    def _by_change(self) -> _Moments:
        return _Moments((entry.changes_at, key) for key, entry in self.entries.items() if entry.changes_at is not None)

    def decided_in(self, namespace: str) -> set[str]:
        """Ids about which something was decided for this namespace alone."""
        return self.affected.named(self._by_namespace.get(namespace, ()))

    @cached_property
    def _by_namespace(self) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = {}
        for (name, _), records in self.records.items():
            for record in records:
                if (namespace := record.assessment.scope.namespace) is not None:
                    found.setdefault(namespace, set()).add(name)
        return found

    def ending(self, after: dt.datetime, until: dt.datetime) -> set[str]:
        """Ids of which a record that can still matter ends in a span of time, its beginning not included."""
        return set(self._by_end.within(after, until))

    @cached_property
    def _by_end(self) -> _Moments:
        names = self.affected.names
        return _Moments(
            (record.assessment.until, key)
            for (name, _), records in self.records.items()
            for record in records
            if record.assessment.until is not None
            for key in names.get(name, ())
        )


class _Moments:
    """Names in the order of a moment, in little memory."""

    def __init__(self, pairs: Iterable[tuple[dt.datetime, str]]) -> None:
        ordered = sorted(((moment - _EPOCH) // _MICROSECOND, name) for moment, name in pairs)
        self._moments, self._names = array("q", (moment for moment, _ in ordered)), [name for _, name in ordered]

    def within(self, after: dt.datetime | None, until: dt.datetime) -> Sequence[str]:
        """Those after a moment, and not after another."""
        start = 0 if after is None else bisect_right(self._moments, (after - _EPOCH) // _MICROSECOND)
        return self._names[start : bisect_right(self._moments, (until - _EPOCH) // _MICROSECOND)]


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
        affected = self._affected(None if before is None else before.affected)
        records = index.records()
        stale = late if before is None else late | _changed(before, affected, records) | before.changed_by(now)
        known = {} if before is None or before.rules is not rules else dict(before.entries)
        for key in known.keys() - affected.facts.keys():
            del known[key]
        facts = affected.facts
        stale |= {key for key, one in facts.items() if key not in known or known[key].vulnerability is not one}
        judge = Judge(rules, index, now)
        known.update(_judged(judge, affected.affecting, {key: facts[key] for key in stale & facts.keys()}))
        return _warm(Catalog(generation, rules, affected, records, known))

    def _affected(self, before: AffectedComponents | None) -> AffectedComponents:
        affecting = self._model.findings()
        there = {key for _, _, keys in affecting for key in keys}
        facts = {key: known for key in there if (known := self._model.vulnerability(key)) is not None}
        if before is not None and before.is_of(affecting, facts):
            return before
        known_since = {} if before is None else before.first_seen
        missing = [key for key in facts if key not in known_since]
        first_seen = {**known_since, **self._store.first_seen(missing)} if missing else known_since
        return AffectedComponents(affecting, facts, first_seen).warm()


def _warm(catalog: Catalog) -> Catalog:
    """Sort now what lists need, so that nobody waits for it."""
    catalog.in_state(AssessmentState.UNASSESSED)
    len(catalog.listed)
    catalog.of_type("")
    catalog.ending(_EPOCH, _EPOCH)
    catalog.changed_by(_EPOCH)
    catalog.decided_in("")
    return catalog


def _changed(before: Catalog, affected: AffectedComponents, records: Records) -> set[str]:
    """Ids whose components, or records, are no longer those of a former catalog."""
    changed: set[str] = set()
    if before.affected is not affected:
        former, found = before.affected.found, affected.found
        for number in former.keys() | found.keys():
            was, is_now = former.get(number, ()), found.get(number, ())
            if was is not is_now and was != is_now:
                changed.update(was, is_now)
    names = {key[0] for key, entries in records.items() if before.records.get(key) is not entries}
    names |= {key[0] for key in before.records.keys() - records.keys()}
    return changed | before.affected.named(names)


def _judged(judge: Judge, affecting: Affecting, facts: Mapping[str, Vulnerability]) -> Mapping[str, Entry]:
    """The entries of some vulnerabilities."""
    states: dict[str, frozenset[AssessmentState]] = {}
    types: dict[str, frozenset[str]] = {}
    changes: dict[str, dt.datetime] = {}
    with_state, with_type = _Joined[AssessmentState](), _Joined[str]()
    no_states: frozenset[AssessmentState] = frozenset()  # each call makes another object
    for _, purl, keys in affecting:
        for key in keys:
            if key not in facts:
                continue
            finding = judge.finding(purl, facts[key])
            states[key] = with_state(states.get(key), state_of(finding))
            decided = finding.assessment or finding.expired
            if decided is not None:
                types[key] = with_type(types.get(key), (decided.type or "").casefold())
            at = finding.changes_at
            if at is not None and (key not in changes or at < changes[key]):
                changes[key] = at
    return {
        key: Entry(one, states.get(key, no_states), types.get(key, _NONE), changes.get(key))
        for key, one in facts.items()
    }


class _Joined(Generic[_T]):
    """Adds values to sets; equal sets are one object, because there are many of few kinds."""

    def __init__(self) -> None:
        self._known: dict[tuple[frozenset[_T] | None, _T], frozenset[_T]] = {}

    def __call__(self, values: frozenset[_T] | None, value: _T) -> frozenset[_T]:
        known = self._known.get((values, value))
        if known is None:
            known = self._known[values, value] = frozenset((*(values or ()), value))
        return known
