"""Coverage: what advisories say beside the answers of sources, and the states that follow from both."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from webhook.model.components import ComponentState
from webhook.model.uncovered import PAST_SUPPORT, number_of
from webhook.policy.coverage import Matching, Said
from webhook.store.snapshots import Snapshot, select

_MATCH = ("matches.component_id", "matches.state", "matches.ecosystem")
_SAID = (ComponentState.CLEAN.value, ComponentState.VULNERABLE.value)
PAST_SUPPORT_MARK = " (past support)"
"""Behind the ecosystem of components whose release is past its support; see ``model.support``."""
_NOT_NOTED = (0, 0)
"""Of an ecosystem that a program matched which notes none: what it said is as old as can be."""
Ecosystems = Mapping[str, tuple[int, int]]
"""By name the number of an ecosystem, and when its advisories were last checked, in seconds since 1970."""


class Columns(NamedTuple):
    """Components in parallel columns; see :class:`webhook.model.changes.Changes`."""

    ids: array[int]
    states: bytes
    answered_at: array[int]
    ecosystems: bytes = b""


def matching_of(snapshot: Snapshot) -> Matching | None:
    """How far advisories have been matched; None where there are none."""
    rows = [row for some in snapshot.rows(select(("through", "asks"), "advisory_state")) for row in some]
    return Matching(int(rows[0][0]), bool(rows[0][1])) if rows else None


def ecosystems_of(snapshot: Snapshot) -> Ecosystems:
    """Ecosystems whose advisories say something of components."""
    rows = snapshot.rows(select(("ecosystem", "id", "checked_at"), "advisory_ecosystems"))
    return {name: (number, checked_at) for some in rows for name, number, checked_at in some}


def checks_of(ecosystems: Ecosystems) -> dict[int, int]:
    """When advisories were last checked, by the numbers that a read model has for their components."""
    checks = dict(ecosystems.values())
    return {**checks, **{number + PAST_SUPPORT: checked_at for number, checked_at in checks.items()}}


def united(snapshot: Snapshot, after: int | None, columns: Columns, known: Ecosystems) -> Columns:
    """The columns of components as all sources together have it.

    Args:
        snapshot: a transaction.
        after: the revision after which the components changed; None for all of them.
        columns: as asked sources have it.
        known: the ecosystems.
    """
    matching = matching_of(snapshot)
    if matching is None:
        return columns
    states, ecosystems = bytearray(columns.states), bytearray(len(columns.ids))
    matched = _matched(snapshot, after)
    for place, component in enumerate(columns.ids):
        state, name = matched.get(component, (None, ""))
        asked, said = Said(states[place]), None if state is None else Said(state)
        states[place] = matching.union(component, asked, said).state
        if state in _SAID:
            number, _ = known.get(name.removesuffix(PAST_SUPPORT_MARK), _NOT_NOTED)
            is_past = number and name.endswith(PAST_SUPPORT_MARK)
            ecosystems[place] = number + PAST_SUPPORT if is_past else number
        elif states[place] == ComponentState.NOT_COVERED:
            ecosystems[place] = number_of(name)
    return Columns(columns.ids, bytes(states), columns.answered_at, bytes(ecosystems))


def _matched(snapshot: Snapshot, after: int | None) -> dict[int, tuple[int, str]]:
    if after is None:
        rows = snapshot.rows(select(_MATCH, "matches"))
    else:
        table = "matches JOIN components ON components.id = matches.component_id"
        rows = snapshot.rows(select(_MATCH, table, "WHERE components.revision > :after"), after=after)
    return {number: (state, ecosystem) for some in rows for number, state, ecosystem in some}


def states_of(snapshot: Snapshot, asked: Mapping[int, Said]) -> Mapping[int, Said]:
    """What all sources say of some components.

    Args:
        snapshot: a transaction.
        asked: what asked sources say, by id.
    """
    matching = matching_of(snapshot)
    if matching is None or not asked:
        return asked
    query = select(_MATCH, "matches", "WHERE", snapshot.among("component_id", "numbers"))
    rows, known = snapshot.rows(query, numbers=list(asked)), ecosystems_of(snapshot)
    matched = {
        number: Said(state, known.get(name.removesuffix(PAST_SUPPORT_MARK), _NOT_NOTED)[1])
        for some in rows
        for number, state, name in some
    }
    return {number: matching.union(number, said, matched.get(number)) for number, said in asked.items()}


def counts_by_state(snapshot: Snapshot) -> Mapping[ComponentState, int]:
    """How many components are in each state."""
    matching = matching_of(snapshot)
    counts: dict[ComponentState, int] = {}
    for asked, matched, is_matched, number in _tally(snapshot, matching):
        state = asked
        if matching is not None:
            said = None if matched is None else Said(matched)
            state = matching.union(matching.through + (not is_matched), Said(asked), said).state
        counts[ComponentState(state)] = counts.get(ComponentState(state), 0) + number
    return counts


def _tally(snapshot: Snapshot, matching: Matching | None) -> Sequence[tuple[int, int | None, bool, int]]:
    if matching is None:
        rows = snapshot.rows(select(("state", "count(*)"), "components", "GROUP BY state"))
        return [(state, None, True, number) for some in rows for state, number in some]
    names = ("components.state", "matches.state", "components.id <= :through", "count(*)")
    table = "components LEFT JOIN matches ON matches.component_id = components.id"
    rows = snapshot.rows(select(names, table, "GROUP BY 1, 2, 3"), through=matching.through)
    return [(asked, matched, bool(early), number) for some in rows for asked, matched, early, number in some]
