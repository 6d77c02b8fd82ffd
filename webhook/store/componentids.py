"""Component ids: dense numbers from 0, given under the lock of the revision.

The next id is one more than the largest there is. Writers wait for each other, and a transaction that fails leaves
nothing behind, so no number is left out; a sequence of the database would leave holes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Dialect, Select, func, insert, select

from webhook.model.components import ComponentState
from webhook.store.database import Change, among_values, rows_among
from webhook.store.tables import components

if TYPE_CHECKING:
    from webhook.model.purls import Purl


def known_times(connection: Connection, purls: Sequence[Purl]) -> dict[Purl, tuple[int, int]]:
    """Ids of those components that have a row, with the seconds at which each was answered."""
    by_text: dict[str, Purl] = {str(purl): purl for purl in purls}
    rows = rows_among(connection, _times, list(by_text))
    return {by_text[purl]: (number, answered_at) for portion in rows for purl, number, answered_at in portion}


def _times(dialect: Dialect) -> Select[Any]:
    columns = (components.c.purl, components.c.id, components.c.answered_at)
    return select(*columns).where(among_values(dialect, components.c.purl))


def known_ids(connection: Connection, purls: Sequence[Purl]) -> dict[Purl, int]:
    """Ids of those components that have a row."""
    by_text: dict[str, Purl] = {str(purl): purl for purl in purls}
    rows = rows_among(connection, _ids, list(by_text))
    return {by_text[purl]: number for portion in rows for purl, number in portion}


def _ids(dialect: Dialect) -> Select[Any]:
    return select(components.c.purl, components.c.id).where(among_values(dialect, components.c.purl))


def give_ids(change: Change, purls: Iterable[Purl]) -> dict[Purl, int]:
    """Ids of all these components; those that have none get a row, as not covered or as unknown."""
    distinct = list(dict.fromkeys(purls))
    ids = known_ids(change.connection, distinct)
    new = [purl for purl in distinct if purl not in ids]
    if new:
        newest = change.connection.execute(select(func.max(components.c.id))).scalar()
        start = 0 if newest is None else newest + 1
        ids.update(zip(new, range(start, start + len(new)), strict=True))
        rows = [
            {
                "id": ids[purl],
                "purl": str(purl),
                "state": ComponentState.UNKNOWN if purl.is_covered else ComponentState.NOT_COVERED,
                "answered_at": 0,
                "asked_at": 0,
                "revision": change.revision,
            }
            for purl in new
        ]
        change.connection.execute(insert(components), rows)
    return ids
