"""What advisories say beside the answers of asked sources, and the states that follow from both."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

from webhook.model.changes import UINT32
from webhook.model.components import ComponentState
from webhook.policy.coverage import Matching, Said
from webhook.store.snapshots import Snapshot, select

_MATCH = ("matches.component_id", "matches.state", "matches.answered_at")
Columns = tuple["array[int]", bytes, "array[int]"]
"""Ids, states and times of answers, in parallel."""


def matching_of(snapshot: Snapshot) -> Matching | None:
    """How far advisories have been matched; None where there are none."""
    rows = [row for some in snapshot.rows(select(("through", "asks"), "advisory_state")) for row in some]
    return Matching(int(rows[0][0]), bool(rows[0][1])) if rows else None


def united(snapshot: Snapshot, after: int | None, columns: Columns) -> Columns:
    """The columns of components as all sources together have it.

    Args:
        snapshot: a transaction.
        after: the revision after which the components changed; None for all of them.
        columns: as asked sources have it.
    """
    matching = matching_of(snapshot)
    if matching is None:
        return columns
    ids, states, answered_at = columns[0], bytearray(columns[1]), array(UINT32, columns[2])
    matched = _matched(snapshot, after)
    for place, number in enumerate(ids):
        said = matching.union(number, Said(states[place], answered_at[place]), matched.get(number))
        states[place], answered_at[place] = said
    return ids, bytes(states), answered_at


def _matched(snapshot: Snapshot, after: int | None) -> dict[int, Said]:
    if after is None:
        rows = snapshot.rows(select(_MATCH, "matches"))
    else:
        table = "matches JOIN components ON components.id = matches.component_id"
        rows = snapshot.rows(select(_MATCH, table, "WHERE components.revision > :after"), after=after)
    return {number: Said(state, at) for some in rows for number, state, at in some}


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
    rows = snapshot.rows(query, numbers=list(asked))
    matched = {number: Said(state, at) for some in rows for number, state, at in some}
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
