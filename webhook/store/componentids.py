"""Component ids: dense numbers from 0, given under the lock of the revision.

The next id is one more than the largest there is. Writers wait for each other, and a transaction that fails leaves
nothing behind, so no number is left out; a sequence of the database would leave holes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Select, func, insert, select

from webhook.model.components import ComponentState
from webhook.model.purls import Purl
from webhook.store.database import Change
from webhook.store.queries import among_values, rows_among, snapshot_of
from webhook.store.snapshots import ids_of
from webhook.store.tables import components

_HINTS = 10_000
"""Components that are remembered at the least; a run of the downloader has fewer between question and answer."""


class IdHints:
    """Ids of components that were read lately. A row that an id finds is compared with the purl before it counts.

    Looking a component up by its id takes a third of the time that its purl takes. That an id is another component's
    now happens when the database is replaced while the process runs.
    """

    def __init__(self) -> None:
        self._recent, self._former = dict[Purl, int](), dict[Purl, int]()

    def learn(self, ids: Mapping[Purl, int]) -> None:
        """Remember ids."""
        if len(self._recent) > _HINTS:
            self._recent, self._former = {}, self._recent
        self._recent.update(ids)

    def split(self, purls: Sequence[Purl]) -> tuple[dict[int, Purl], list[Purl]]:
        """Components by the ids that they probably have, and those about which nothing is remembered.

        Two that are remembered under one id are from two databases; then nothing that is remembered counts.
        """
        hinted, others = dict[int, Purl](), list[Purl]()
        for purl in purls:
            number = self._recent.get(purl, self._former.get(purl))
            if number is None:
                others.append(purl)
            elif hinted.setdefault(number, purl) != purl:
                return {}, list(purls)
        return hinted, others


class Known(NamedTuple):
    """What the row of a component says.

    Attributes:
        number: its id.
        answered_at: seconds since 1970; 0 without an answer.
        state: only vulnerable components have findings.
    """

    number: int
    answered_at: int
    state: int


def known_rows(connection: Connection, purls: Sequence[Purl], hints: IdHints) -> dict[Purl, Known]:
    """What is known of those components that have a row."""
    hinted, others = hints.split(purls)
    found: dict[Purl, Known] = {}
    for portion in rows_among(connection, _rows_by_id, list(hinted)):
        for text, *row in portion:
            if (purl := hinted[row[0]]) == text:
                found[purl] = Known(*row)
    if len(found) < len(hinted):
        others += [purl for purl in hinted.values() if purl not in found]
    by_text: dict[str, Purl] = {str(purl): purl for purl in others}
    for portion in rows_among(connection, _rows_by_purl, list(by_text)) if by_text else ():
        found.update({by_text[text]: Known(*row) for text, *row in portion})
    return found


_ROW = (components.c.purl, components.c.id, components.c.answered_at, components.c.state)


def _rows_by_purl(dialect: Dialect) -> Select[Any]:
    return select(*_ROW).where(among_values(dialect, components.c.purl))


def _rows_by_id(dialect: Dialect) -> Select[Any]:
    return select(*_ROW).where(among_values(dialect, components.c.id))


def known_ids(connection: Connection, purls: Sequence[Purl]) -> dict[Purl, int]:
    """Ids of those components that have a row."""
    return ids_of(snapshot_of(connection), purls)


def known_purls(connection: Connection, ids: Sequence[int]) -> dict[int, Purl]:
    """The components that have these ids."""
    rows = rows_among(connection, _purls, ids)
    return {number: Purl(purl) for portion in rows for number, purl in portion}


def _purls(dialect: Dialect) -> Select[Any]:
    return select(components.c.id, components.c.purl).where(among_values(dialect, components.c.id))


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
