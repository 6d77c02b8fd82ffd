"""Component ids: dense numbers from 0, given under the lock of the revision, and never twice.

The next id is the high-water mark, which stays where it is when components are deleted: whoever still remembers the id
of one must not take another for it. Writers wait for each other, and a transaction that fails leaves nothing behind, so
no number is left out; a sequence of the database would leave holes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import BigInteger, Connection, Delete, Dialect, Select, bindparam, case, delete, func, select
from sqlalchemy.sql.dml import ReturningInsert

from webhook.model.components import ComponentState
from webhook.model.purls import Purl
from webhook.store.bulk import change_among, insert_columns
from webhook.store.database import Change, upserting
from webhook.store.queries import among_values, found_among, rows_among, scalar
from webhook.store.tables.components import components, unnamed_components
from webhook.store.tables.revisions import high_water

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
        numbers, others = list(map(self._recent.get, purls)), list[Purl]()
        if None in numbers:
            numbers = [
                self._former.get(purl) if number is None else number
                for purl, number in zip(purls, numbers, strict=True)
            ]
            others = [purl for purl, number in zip(purls, numbers, strict=True) if number is None]
        hinted = dict(zip(numbers, purls, strict=True))
        hinted.pop(None, None)
        if len(hinted) + len(others) < len(purls) and len(hinted) < len({*purls}.difference(others)):
            return {}, list(purls)
        return cast(dict[int, Purl], hinted), others


class Known(NamedTuple):
    """What the rows of components say.

    Attributes:
        ids: of those that have a row.
        answered_at: seconds since 1970, of those with an answer.
        vulnerable: ids of the vulnerable ones; no others have findings.
    """

    ids: dict[Purl, int]
    answered_at: dict[Purl, int]
    vulnerable: set[int]


def known_rows(connection: Connection, purls: Sequence[Purl], hints: IdHints) -> Known:
    """What is known of those components that have a row."""
    hinted, others = hints.split(purls)
    known = Known({}, {}, set())
    for portion in rows_among(connection, _rows_by_id, list(hinted)) if hinted else ():
        _add(known, portion, [hinted[row[1]] for row in portion])
    if len(known.ids) < len(hinted):
        others += [purl for purl in hinted.values() if purl not in known.ids]
    by_text: dict[str, Purl] = {str(purl): purl for purl in others}
    for portion in rows_among(connection, _rows_by_purl, list(by_text)) if by_text else ():
        _add(known, portion, [by_text[row[0]] for row in portion])
    return known


def _add(known: Known, rows: Sequence[tuple[str, int, int, int]], purls: Sequence[Purl]) -> None:
    """Note rows of the components that they should be of."""
    texts, numbers, answered, _ = zip(*rows, strict=True)
    if texts == (*purls,) and not any(answered):  # as in the first run
        known.ids.update(zip(purls, numbers, strict=True))
        return
    for (text, number, answered_at, state), purl in zip(rows, purls, strict=True):
        if purl == text:
            known.ids[purl] = number
            if answered_at:
                known.answered_at[purl] = answered_at
                if state == ComponentState.VULNERABLE:
                    known.vulnerable.add(number)


_ROW = (components.c.purl, components.c.id, components.c.answered_at, components.c.state)


def _rows_by_purl(dialect: Dialect) -> Select[Any]:
    return select(*_ROW).where(among_values(dialect, components.c.purl))


def _rows_by_id(dialect: Dialect) -> Select[Any]:
    return select(*_ROW).where(among_values(dialect, components.c.id))


def known_ids(connection: Connection, purls: Sequence[Purl]) -> dict[Purl, int]:
    """Ids of those components that have a row."""
    by_text: dict[str, Purl] = {str(purl): purl for purl in purls}
    return {by_text[text]: number for text, number in found_among(connection, _ids_by_purl, list(by_text))}


def _ids_by_purl(dialect: Dialect) -> Select[Any]:
    return select(components.c.purl, components.c.id).where(among_values(dialect, components.c.purl))


def known_purls(connection: Connection, ids: Sequence[int]) -> dict[int, Purl]:
    """The components that have these ids."""
    rows = rows_among(connection, _purls, ids)
    return {number: Purl(purl) for portion in rows for number, purl in portion}


def _purls(dialect: Dialect) -> Select[Any]:
    return select(components.c.id, components.c.purl).where(among_values(dialect, components.c.id))


class NamedComponents(NamedTuple):
    """The components that an SBOM names.

    Attributes:
        ids: by component.
        old: ids of those that had a row before.
    """

    ids: dict[Purl, int]
    old: frozenset[int]


def name_components(change: Change, purls: Iterable[Purl]) -> NamedComponents:
    """As :func:`give_ids`, for an SBOM: it names the components from now on, so that none is noted as unnamed."""
    by_text: dict[str, Purl] = {str(purl): purl for purl in purls}
    rows = found_among(change.connection, _named_by_purl, list(by_text))
    ids = {by_text[text]: number for text, number, _ in rows}
    old = frozenset(ids.values())
    if unnamed := [number for _, number, is_unnamed in rows if is_unnamed]:
        forget_unnamed(change.connection, unnamed)
    _add_rows(change, ids, list(by_text.values()))
    return NamedComponents(ids, old)


def _named_by_purl(dialect: Dialect) -> Select[Any]:
    noted = unnamed_components.c.component_id
    query = select(components.c.purl, components.c.id, noted.is_not(None))
    query = query.join(unnamed_components, noted == components.c.id, isouter=True)
    return query.where(among_values(dialect, components.c.purl))


def give_ids(change: Change, purls: Iterable[Purl]) -> dict[Purl, int]:
    """Ids of all these components; those that have none get a row, as not covered or as unknown."""
    distinct = list(dict.fromkeys(purls))
    ids = known_ids(change.connection, distinct)
    _add_rows(change, ids, distinct)
    return ids


def _add_rows(change: Change, ids: dict[Purl, int], purls: Sequence[Purl]) -> None:
    """Give ids and rows to those components that have none."""
    new = [purl for purl in purls if purl not in ids]
    if not new:
        return
    end = scalar(change.connection, _taken, taken=len(new))
    numbers = range(end - len(new), end)
    ids.update(zip(new, numbers, strict=True))
    covered, others = ComponentState.UNKNOWN.value, ComponentState.NOT_COVERED.value
    columns = {
        "id": numbers,
        "purl": list(map(str, new)),
        "state": [covered if purl.is_covered else others for purl in new],
        **dict.fromkeys(("answered_at", "asked_at"), [0] * len(new)),
        "revision": [change.revision] * len(new),
    }
    insert_columns(change.connection, components, columns)


def _taken(dialect: Dialect) -> ReturningInsert[Any]:
    """Raises the high-water mark by some ids, which are given then; the new mark.

    Programs before the high-water mark give ids without raising it.
    """
    number = bindparam("taken", type_=BigInteger())
    behind = select(func.coalesce(func.max(components.c.id) + 1, 0)).scalar_subquery()
    first = case((high_water.c.value > behind, high_water.c.value), else_=behind)
    raising = upserting(dialect, high_water).values(name=components.name, value=behind + number)
    raised = raising.on_conflict_do_update(index_elements=["name"], set_={"value": first + number})
    return raised.returning(high_water.c.value)


def forget_unnamed(connection: Connection, numbers: Sequence[int]) -> None:
    """Take back the notes that no SBOM names some components: one names them from now on."""
    change_among(connection, _forgotten, numbers)


def _forgotten(dialect: Dialect) -> Delete:
    return delete(unnamed_components).where(among_values(dialect, unnamed_components.c.component_id))
