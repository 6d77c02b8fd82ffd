"""Catalogs: each made from the one before; where only decisions have changed, only what they are about is judged."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from webhook.engines.assessing.rules import RuleSource
from webhook.engines.readmodel import ReadModel
from webhook.engines.triage.affected import AffectedComponents
from webhook.engines.triage.catalog import Catalog, CatalogSets, Entry
from webhook.model.purls import Purl
from webhook.model.records import AssessmentState
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.evaluation import Rules
from webhook.policy.judge import Judge
from webhook.policy.matching import Records
from webhook.policy.selections import state_of
from webhook.ports import Clock, TriageStore

_NONE: frozenset[str] = frozenset()
_T = TypeVar("_T")


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

    def refresh(self) -> Catalog:
        """The catalog as of now.

        Raises:
            StoreError: the store did not answer; the former catalog stays.
        """
        with self._one_at_a_time:
            before, rules, now = self._now, self._rules(), self._clock.now()
            if before is None:
                made = self._made(None, rules, now)
            elif before.generation == self._model.generation and before.rules is rules and not before.changed_by(now):
                return before
            else:
                made = self._following(before, rules, now) or self._made(before, rules, now)
            self._now = made
            return made

    def _following(self, before: Catalog, rules: Rules, now: dt.datetime) -> Catalog | None:
        """The next one where only decisions have changed, and few of them; None where more may have."""
        generation, ground, index = self._model.generation, self._model.ground, self._model.assessments
        count, keys = index.changed.since(before.count)
        if before.rules is not rules or before.ground != ground or before.index is not index or keys is None:
            return None
        affected = before.affected
        stale = before.changed_by(now) | affected.named({name for name, _ in keys})
        facts = {key: affected.facts[key] for key in stale}
        judged = _judged(Judge(rules, index, now), affected.affecting_by(stale), facts)
        was = {key: before.entries[key] for key in stale}
        former = {key: before.records.get(key, ()) for key in keys}
        present = {key: index.records_of(key) for key in keys}
        records = {**before.records, **present} if keys else before.records
        sets = before.sets.following((was, judged), (former, present), affected.names)
        entries = {**before.entries, **judged}
        number = before.number + 1
        return Catalog(generation, ground, rules, affected, index, count, records, entries, sets, number, stale)

    def _made(self, before: Catalog | None, rules: Rules, now: dt.datetime) -> Catalog:
        generation, ground, index = self._model.generation, self._model.ground, self._model.assessments
        count = index.changed.count
        affected = self._affected(None if before is None else before.affected)
        records = index.records()
        stale = set() if before is None else _changed(before, affected, records) | before.changed_by(now)
        known = {} if before is None or before.rules is not rules else dict(before.entries)
        for key in known.keys() - affected.facts.keys():
            del known[key]
        facts = affected.facts
        stale |= {key for key, one in facts.items() if key not in known or known[key].vulnerability is not one}
        judge = Judge(rules, index, now)
        known.update(_judged(judge, affected.affecting, {key: facts[key] for key in stale & facts.keys()}))
        sets = CatalogSets.of(known, records, affected.names)
        number = 0 if before is None else before.number + 1
        return Catalog(generation, ground, rules, affected, index, count, records, known, sets, number)

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


def _judged(
    judge: Judge, affecting: Iterable[tuple[int, Purl, Iterable[str]]], facts: Mapping[str, Vulnerability]
) -> Mapping[str, Entry]:
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
