"""VEX documents: what came from where, until it is gone from there or somebody takes it out."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import structs
from sqlalchemy import ColumnElement, Connection, and_, case, func, insert, select, true, update

from webhook.model.vex import READER, KeptVex, VexChange, VexOrigin, VexOriginKind, VexReading, VexStanding
from webhook.store.database import Change, Database
from webhook.store.interruptions import persistent
from webhook.store.queries import raw_rows
from webhook.store.tables.decisions import vex_documents as table
from webhook.store.triage.journal import write_note
from webhook.store.values import clean, to_json
from webhook.store.vexrows import VEX_NAMES, Identity, identity, packed, read_vex

if TYPE_CHECKING:
    from webhook.model.triage import AuditNote

_Wanted = Mapping[Identity, tuple[KeptVex, bytes]]
_KEY = ("kind", "name", "namespace", "image", "subject", "place", "digest")
_MOST_COPIES = 20
"""Places for which a document is kept that one signer attached to one manifest: anybody may push copies of an image."""
_LONGEST_TROUBLE = 500
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
    def of_sources(self) -> Mapping[str, tuple[int, int]]:
        """How many documents there are by the name of their source, and of how many the file cannot be read any more.

        Raises:
            StoreError: the database does not answer.
        """
        mine = and_(table.c.kind == VexOriginKind.SOURCE.value, table.c.removed_at.is_(None))
        unread = func.sum(case((table.c.trouble != "", 1), else_=0))
        query = select(table.c.name, func.count(), unread).where(mine).group_by(table.c.name)
        with self._database.read() as connection:
            return {str(name): (int(every), int(some)) for name, every, some in connection.execute(query)}

    @persistent
    def payload(self, number: int) -> bytes | None:
        """A document as it was handed in or found; None when it no longer exists.

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
    def settle_source(self, name: str, reading: VexReading, now: dt.datetime) -> VexChange:
        """Make the documents of a source equal to what it has now.

        Those whose file is there and cannot be read stay as they are, and say so: nobody took them back.

        Args:
            name: of the source.
            reading: what it has.
            now: when it was read, UTC.

        Raises:
            StoreError: nothing was changed.
        """
        mine = and_(table.c.kind == VexOriginKind.SOURCE.value, table.c.name == name)
        every = [
            (KeptVex(found.document, VexOrigin(VexOriginKind.SOURCE, name, place=found.path), now), found.payload)
            for found in reading.found
        ]
        wanted = {identity(held): (held, payload) for held, payload in every}
        unread = {clean(path): clean(why)[:_LONGEST_TROUBLE] for path, why in reading.unread.items()}
        with self._database.read() as connection:
            there = _there(connection, mine)
        missing = [held for held in there if identity(held) not in wanted]
        kept = {identity(held): unread[held.origin.place] for held in missing if held.origin.place in unread}
        is_there = all(_same(held, wanted[key][0]) for held in there if (key := identity(held)) in wanted)
        if is_there and {identity(held): held.trouble for held in there} == {**dict.fromkeys(wanted, ""), **kept}:
            return VexChange(kept=len(kept))
        with self._database.change(lazily=True) as change:
            there = _there(change.connection, mine)
            gone = [held.number for held in there if identity(held) not in {**wanted, **kept}]
            new = _write(change, wanted, _all(change))
            _take_out(change, gone, now)
            noted = sum(
                _note_trouble(change, table.c.id == held.number, kept.get(identity(held), "")) for held in there
            )
            change.discarded = change.unchanged = not (new or gone or noted)
            return VexChange(new, len(gone), kept=len(kept))

    @persistent
    def settle_attached(
        self,
        image: str,
        found: Sequence[tuple[KeptVex, bytes]],
        now: dt.datetime,
        *,
        place: str = "",
        trouble: str = "",
    ) -> VexChange:
        """Make the documents that are attached to an image equal to what is there now.

        What is not attached any more goes on to restrict, and to replace older versions, unless the same document is
        attached elsewhere. Of the copies of one in many places some are left out; then not all is known of the image.

        Args:
            image: its digest.
            found: what is there, with the documents themselves.
            now: when it was looked at, UTC.
            place: in which name, and with whose credentials, the image was looked at.
            trouble: why not all is known that is there; what was not found stays then.

        Raises:
            StoreError: nothing was changed.
        """
        mine = and_(table.c.kind == VexOriginKind.ATTESTATION.value, table.c.image == image, table.c.place == place)
        wanted = {identity(held): (held, payload) for held, payload in found}
        with self._database.read() as connection:
            if not _differs(_there(connection, mine), wanted, trouble):
                return VexChange()
        with self._database.change(lazily=True) as change:
            there = {identity(held): held for held in _there(change.connection, mine)}
            left_out = _too_many(change.connection, [key for key in wanted if not _is_live(there.get(key))])
            is_short = bool(trouble)
            if left_out and not is_short:
                trouble = f"a document that is attached is kept for {_MOST_COPIES} other places, and not for this one"
            missing = [held for key, held in there.items() if key not in wanted and _is_live(held)]
            gone = [] if is_short else missing
            new = _write(change, {key: what for key, what in wanted.items() if key not in left_out}, _all(change))
            for held in gone:
                _leave(change, held, now)
            noted = _note_trouble(change, mine, trouble)
            change.discarded = change.unchanged = not (new or gone or noted)
            return VexChange(new, len(gone), len(left_out))

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


def _differs(there: Sequence[KeptVex], wanted: _Wanted, trouble: str) -> bool:
    known = {identity(held): (held.origin.parts, held.document) for held in there if _is_live(held)}
    is_other = known != {key: (held.origin.parts, held.document) for key, (held, _) in wanted.items()}
    return is_other or any(held.trouble != trouble for held in there)


def _is_live(held: KeptVex | None) -> bool:
    return held is not None and held.gone_at is None


def _too_many(connection: Connection, keys: Iterable[Identity]) -> set[Identity]:
    """Those new documents that are kept for too many places already, with the same signer and subject."""
    found = set()
    for key in keys:
        if key[0] == VexOriginKind.ATTESTATION:
            query = select(func.count()).where(_copies(key), table.c.removed_at.is_(None), table.c.gone_at.is_(None))
            if connection.execute(query).scalar_one() >= _MOST_COPIES:
                found.add(key)
    return found


def _copies(key: Identity) -> ColumnElement[bool]:
    """Rows of the same document by the same signer about the same manifest, in any image and place."""
    kind, name, _, _, subject, _, digest = key
    return and_(table.c.kind == kind, table.c.name == name, table.c.subject == subject, table.c.digest == digest)


def _leave(change: Change, held: KeptVex, now: dt.datetime) -> None:
    """A document is not there any more: one that was attached stays with what restricts, unless a copy of it does."""
    key = identity(held)
    copies = and_(_copies(key), table.c.image == held.origin.image, table.c.removed_at.is_(None))
    others = change.connection.execute(select(func.count()).where(copies, table.c.id != held.number)).scalar_one()
    if others:
        _take_out(change, [held.number], now)
        return
    restricting = tuple(statement for statement in held.document.statements if not statement.status.loosens)
    values: dict[str, object] = {"gone_at": now, "payload": None, "revision": change.revision}
    if held.document.standing is not VexStanding.UNREADABLE:
        values["document"] = packed(structs.replace(held.document, statements=restricting))
    change.connection.execute(update(table).where(table.c.id == held.number).values(values))


def _note_trouble(change: Change, mine: ColumnElement[bool], trouble: str) -> int:
    """Note why not all is known that is attached to an image in a place; how many documents that changes."""
    theirs = and_(mine, table.c.removed_at.is_(None), table.c.trouble != trouble)
    values = {"trouble": trouble, "revision": change.revision}
    return change.connection.execute(update(table).where(theirs).values(values)).rowcount


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
            "gone_at": None,
            "revision": change.revision,
        }
        if number is None:
            change.connection.execute(insert(table).values(values))
        else:
            change.connection.execute(update(table).where(table.c.id == number).values(values))
    return written


def _same(before: KeptVex, now: KeptVex) -> bool:
    return (before.document, before.origin, before.until, before.comment, before.gone_at) == (
        now.document,
        now.origin,
        now.until,
        now.comment,
        now.gone_at,
    )


def _take_out(change: Change, numbers: Sequence[int], now: dt.datetime) -> None:
    for number in numbers:
        (held,) = _there(change.connection, table.c.id == number)
        nothing = packed(structs.replace(held.document, statements=()))
        values = {"removed_at": now, "payload": None, "document": nothing, "revision": change.revision}
        change.connection.execute(update(table).where(table.c.id == number).values(values))
