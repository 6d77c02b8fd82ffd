"""The catalog: every vulnerability that affects something, judged, held in memory.

What a list shows is read from the store by id and judged again. The catalog only has to hold no less than that: a
vulnerability that time alone may have changed since is always in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import chain

from webhook.engines.triage.affected import AffectedComponents
from webhook.engines.triage.moments import Moments, Pair
from webhook.model.bases import Key
from webhook.model.records import AssessmentState
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.evaluation import Rules
from webhook.policy.matching import AssessmentIndex, Records
from webhook.policy.precedence import Entry as Recorded

_NONE: frozenset[str] = frozenset()
Names = Mapping[str, Sequence[str]]
"""The ids that have an identifier, by it in lower case."""


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


@dataclass(frozen=True, slots=True)
class CatalogSets:
    """Ids of the entries, as filters want them.

    Attributes:
        listed: those that are known to be exploited.
        by_state: those with a finding in each state.
        by_type: those with a finding for which a type is in force, or has expired, by it in lower case.
        by_change: each when time alone can change it.
        by_end: each when a record about it ends.
        by_namespace: identifiers, in lower case, for which there are records for a namespace alone; no fewer than now.
    """

    listed: frozenset[str]
    by_state: Mapping[AssessmentState, frozenset[str]]
    by_type: Mapping[str, frozenset[str]]
    by_change: Moments
    by_end: Moments
    by_namespace: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, entries: Mapping[str, Entry], records: Records, names: Names) -> CatalogSets:
        """Those of all entries and records."""
        types = sorted({name for entry in entries.values() for name in entry.types})
        return cls(
            frozenset(key for key, entry in entries.items() if _is_listed(entry)),
            {state: frozenset(k for k, entry in entries.items() if state in entry.states) for state in AssessmentState},
            {name: frozenset(k for k, entry in entries.items() if name in entry.types) for name in types},
            Moments(_changes(entries)),
            Moments(_ends(records, names)),
            _joined({}, records),
        )

    def following(
        self,
        entries: tuple[Mapping[str, Entry], Mapping[str, Entry]],
        records: tuple[Records, Records],
        names: Names,
    ) -> CatalogSets:
        """These, with some entries and records in the place of others.

        Args:
            entries: the former and the present ones of the same vulnerabilities.
            records: the former and the present ones of the same keys; those of a key may be empty.
            names: of all entries.
        """
        was, now = entries
        types = {name for entry in chain(was.values(), now.values()) for name in entry.types}
        by_type = {
            **self.by_type,
            **{
                name: _moved(
                    self.by_type.get(name, _NONE),
                    {key for key, entry in was.items() if name in entry.types},
                    {key for key, entry in now.items() if name in entry.types},
                )
                for name in sorted(types)
            },
        }
        return CatalogSets(
            self.listed,  # which decisions do not change
            {
                state: _moved(
                    held,
                    {key for key, entry in was.items() if state in entry.states},
                    {key for key, entry in now.items() if state in entry.states},
                )
                for state, held in self.by_state.items()
            },
            {name: held for name, held in by_type.items() if held},
            self.by_change.following(_changes(was), _changes(now)),
            self.by_end.following(_ends(records[0], names), _ends(records[1], names)),
            _joined(self.by_namespace, records[1]),
        )


@dataclass(frozen=True, slots=True)
class Catalog:
    """One moment of the read model.

    Attributes:
        generation, ground: of the read model.
        rules: types and policy that it was judged by.
        affected: what affects what.
        index: what was decided, as it goes on.
        count: of its changes.
        records: what had been decided, by vulnerability and package.
        entries: by id.
        sets: ids of these, as filters want them.
        number: of the catalogs that there have been.
        judged: the ids of those entries that are not the ones of the catalog before; None where more is another.
    """

    generation: int
    ground: int
    rules: Rules
    affected: AffectedComponents
    index: AssessmentIndex
    count: int
    records: Records
    entries: Mapping[str, Entry]
    sets: CatalogSets
    number: int
    judged: Set[str] | None = None

    def judged_since(self, before: Catalog) -> Set[str]:
        """Ids of the vulnerabilities about which something else is known or decided than in a former catalog."""
        if self.judged is not None and self.number == before.number + 1:
            return self.judged
        was = before.entries
        return {key for key, entry in self.entries.items() if was.get(key) is not entry} | (was.keys() - self.entries)

    @property
    def listed(self) -> frozenset[str]:
        """Ids of those that are known to be exploited."""
        return self.sets.listed

    def in_state(self, state: AssessmentState) -> frozenset[str]:
        """Ids with a finding in a state."""
        return self.sets.by_state.get(state, _NONE)

    def of_type(self, name: str) -> frozenset[str]:
        """Ids with a finding for which a type is in force, or has expired."""
        return self.sets.by_type.get(name.casefold(), _NONE)

    def changed_by(self, now: dt.datetime) -> set[str]:
        """Ids that time alone may have changed since."""
        return set(self.sets.by_change.within(None, now))

    def decided_in(self, namespace: str) -> Set[str]:
        """Ids about which something was decided for this namespace alone."""
        return self.affected.named(self.sets.by_namespace.get(namespace, ()))

    def ending(self, after: dt.datetime, until: dt.datetime) -> Set[str]:
        """Ids of which a record that can still matter ends in a span of time, its beginning not included."""
        return set(self.sets.by_end.within(after, until))


def _is_listed(entry: Entry) -> bool:
    known = entry.vulnerability.exploitation
    return known is not None and known.kev is not None


def _moved(held: frozenset[str], out: set[str], into: set[str]) -> frozenset[str]:
    """A set without some, and with others; itself where it stays the same."""
    return held if out == into else (held - out) | into


def _changes(entries: Mapping[str, Entry]) -> Iterable[Pair]:
    return ((entry.changes_at, key) for key, entry in entries.items() if entry.changes_at is not None)


def _ends(records: Mapping[Key, Sequence[Recorded]], names: Names) -> Iterable[Pair]:
    return (
        (record.assessment.until, key)
        for (name, _), entries in records.items()
        for record in entries
        if record.assessment.until is not None
        for key in names.get(name, ())
    )


def _joined(known: Mapping[str, frozenset[str]], records: Records) -> Mapping[str, frozenset[str]]:
    """Identifiers by the namespaces of their records, with those of further records."""
    found: dict[str, set[str]] = {}
    for (name, _), entries in records.items():
        for record in entries:
            if (namespace := record.assessment.scope.namespace) is not None:
                found.setdefault(namespace, set()).add(name)
    return {**known, **{namespace: known.get(namespace, _NONE) | names for namespace, names in found.items()}}
