"""VEX documents: what came from where, until it is gone from there or somebody takes it out."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import structs
from sqlalchemy import ColumnElement, Connection, and_, insert, select, true, update

from webhook.model.vex import READER, KeptVex, VexOriginKind
from webhook.store.database import Change, Database
from webhook.store.interruptions import persistent
from webhook.store.queries import raw_rows
from webhook.store.tables import vex_documents as table
from webhook.store.triage.journal import write_note
from webhook.store.values import to_json
from webhook.store.vexrows import VEX_NAMES, Identity, identity, packed, read_vex

if TYPE_CHECKING:
    from webhook.model.triage import AuditNote

_Wanted = Mapping[Identity, tuple[KeptVex, bytes]]
_KEY = ("kind", "name", "namespace", "image", "subject", "place", "digest")
_COLUMNS = tuple(table.c[name] for name in VEX_NAMES)


class VexRepository:
    """The VEX documents of the database; implements ``VexStore``.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @persistent
    def find(self, number: int | None = None) -> Sequence[KeptVex]:
        """The documents that were not taken out, oldest first; one by its number.

        Raises:
            StoreError: the database does not answer.
        """
        mine = true() if number is None else table.c.id == number
        with self._database.read() as connection:
            return _there(connection, mine)

    @persistent
    def payload(self, number: int) -> bytes | None:
        """A document as it was handed in or found; None when it is not there any more.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            found = connection.execute(select(table.c.payload).where(table.c.id == number)).scalar()
        return None if found is None else zlib.decompress(found)

    @persistent
    def add(self, kept: KeptVex, payload: bytes, note: AuditNote) -> bool:
        """Keep a document that somebody hands in; whether anything has changed.

        Raises:
            StoreError: nothing was changed.
        """
        with self._database.change(lazily=True) as change:
            change.unchanged = change.discarded = not _write(change, {identity(kept): (kept, payload)}, _all(change))
            if not change.discarded:
                write_note(change.connection, note, kept.added_at)
            return not change.discarded

    @persistent
    def settle(
        self,
        kind: VexOriginKind,
        of: str,
        found: Sequence[tuple[KeptVex, bytes]],
        now: dt.datetime,
        *,
        place: str = "",
        is_short: bool = False,
    ) -> tuple[int, int]:
        """Make the documents of a source, or those attached to an image, equal to what is there now.

        Args:
            kind: of their origin.
            of: name of the source, or digest of the image.
            found: what is there, with the documents themselves.
            now: when it was looked at, UTC.
            place: in which name, and with whose credentials, the image was looked at.
            is_short: what was not found may be there all the same, and stays.

        Returns:
            How many are new, and how many are gone.

        Raises:
            StoreError: nothing was changed.
        """
        column = table.c.name if kind is VexOriginKind.SOURCE else table.c.image
        mine = and_(table.c.kind == kind.value, column == of, table.c.place == place)
        wanted = {identity(held): (held, payload) for held, payload in found}
        with self._database.read() as connection:
            if not _differs(_there(connection, mine), wanted):
                return 0, 0
        with self._database.change(lazily=True) as change:
            there = {identity(held): held for held in _there(change.connection, mine)}
            gone = [held.number for key, held in there.items() if key not in wanted and not is_short]
            new = _write(change, wanted, _all(change))
            _take_out(change, gone, now)
            change.discarded = change.unchanged = not (new or gone)
            return new, len(gone)

    @persistent
    def remove(self, number: int, note: AuditNote, now: dt.datetime) -> KeptVex | None:
        """Take out a document; None when there is none of this number.

        Raises:
            StoreError: nothing was changed.
        """
        with self._database.change(lazily=True) as change:
            there = _there(change.connection, table.c.id == number)
            if not there:
                change.discarded = True
                return None
            _take_out(change, [number], now)
            write_note(change.connection, note, now)
            return there[0]


def _there(connection: Connection, mine: ColumnElement[bool]) -> list[KeptVex]:
    query = select(*_COLUMNS).where(mine, table.c.removed_at.is_(None)).order_by(table.c.id)
    return [read_vex(row) for rows in raw_rows(connection, query) for row in rows]


def _all(change: Change) -> Mapping[Identity, int]:
    """The number of each row by what it has it by, also of those that were taken out."""
    columns = (*(table.c[name] for name in _KEY), table.c.id)
    return {
        (a, b, c, d, e, f, g): number for a, b, c, d, e, f, g, number in change.connection.execute(select(*columns))
    }


def _differs(there: Sequence[KeptVex], wanted: _Wanted) -> bool:
    known = {identity(held): held.origin.parts for held in there}
    return known != {key: held.origin.parts for key, (held, _) in wanted.items()}


def _write(change: Change, wanted: _Wanted, rows: Mapping[Identity, int]) -> int:
    """Write the documents that are not there as they are wanted; how many there were."""
    written = 0
    for key, (held, payload) in wanted.items():
        number = rows.get(key)
        if number is not None:
            before = _there(change.connection, table.c.id == number)
            if before and _same(before[0], held):
                continue
        written += 1
        values = {
            **dict(zip(_KEY, key, strict=True)),
            "parts": to_json(held.origin.parts),
            "document": packed(held.document),
            "payload": zlib.compress(payload),
            "reader": READER,
            "added_at": held.added_at,
            "until": held.until,
            "comment": held.comment,
            "removed_at": None,
            "revision": change.revision,
        }
        if number is None:
            change.connection.execute(insert(table).values(values))
        else:
            change.connection.execute(update(table).where(table.c.id == number).values(values))
    return written


def _same(before: KeptVex, now: KeptVex) -> bool:
    return (before.document, before.origin, before.until, before.comment) == (
        now.document,
        now.origin,
        now.until,
        now.comment,
    )


def _take_out(change: Change, numbers: Sequence[int], now: dt.datetime) -> None:
    for number in numbers:
        (held,) = _there(change.connection, table.c.id == number)
        nothing = packed(structs.replace(held.document, statements=()))
        values = {"removed_at": now, "payload": None, "document": nothing, "revision": change.revision}
        change.connection.execute(update(table).where(table.c.id == number).values(values))
