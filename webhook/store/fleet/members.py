"""The members of a hub, and their tokens, of which only hashes are kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from msgspec.structs import replace
from sqlalchemy import bindparam, delete, func, select, update

from webhook.model.changes import Position
from webhook.model.fleet import Member, MemberSeen
from webhook.model.triage import AuditNote
from webhook.store.database import Database
from webhook.store.interruptions import persistent, tried_twice
from webhook.store.tables.fleet import fleet_decisions
from webhook.store.tables.fleet import fleet_members as table
from webhook.store.triage.journal import write_note

_LONGEST_VERSION = 40


class MemberRepository:
    """The members of the database; implements ``MemberStore``.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @persistent
    def add(self, name: str, token_hash: str, at: dt.datetime) -> bool:
        """Add a member, or give one that was removed a new token; whether there was none of that name.

        Raises:
            StoreError: it was not added.
        """
        insert = self._database.upsert(table).values(name=name, token_hash=token_hash, added_at=at)
        renewed = {"token_hash": insert.excluded.token_hash, "added_at": insert.excluded.added_at, "removed_at": None}
        adding = insert.on_conflict_do_update(
            index_elements=["name"], set_=renewed, where=table.c.removed_at.is_not(None)
        )
        with self._database.write() as connection:
            connection.execute(adding)
            # Looked up, because doing it twice must say the same.
            query = select(table.c.name).where(table.c.name == name, table.c.token_hash == token_hash)
            return connection.execute(query).scalar() is not None

    @persistent
    def remove(self, name: str, at: dt.datetime) -> bool:
        """Take a member's token back; whether there was such a member.

        Raises:
            StoreError: it stays.
        """
        removing = update(table).where(table.c.name == name, table.c.removed_at.is_(None))
        with self._database.write() as connection:
            done = connection.execute(removing.values(removed_at=at).returning(table.c.name)).scalar()
        return done is not None

    @persistent
    def forget(self, name: str, note: AuditNote, at: dt.datetime) -> int | None:
        """Delete a member whose token was taken back, and what was decided for it alone; how many records that were.

        Args:
            name: of the member.
            note: for the audit log.
            at: now, UTC.

        Returns:
            None where no token of such a member was taken back.

        Raises:
            StoreError: nothing was deleted.
        """
        gone = delete(table).where(table.c.name == name, table.c.removed_at.is_not(None)).returning(table.c.name)
        decided = fleet_decisions.c.cluster == name
        with self._database.write() as connection:
            if connection.execute(gone).scalar() is None:
                return None
            records = connection.execute(select(func.count()).select_from(fleet_decisions).where(decided)).scalar_one()
            connection.execute(delete(fleet_decisions).where(decided))
            write_note(connection, replace(note, detail={**note.detail, "records": str(records)}), at)
        return int(records)

    @tried_twice
    def list(self) -> Sequence[Member]:
        """The members that have a token, in order of their names.

        Raises:
            StoreError: the database does not answer.
        """
        query = select(table).where(table.c.removed_at.is_(None)).order_by(table.c.name)
        with self._database.read() as connection:
            return [
                Member(
                    name=row.name,
                    added_at=row.added_at,
                    seen_at=row.seen_at,
                    applied=Position(row.applied_store, row.applied_revision, row.applied_mark),
                    skew_seconds=row.skew_ms / 1000,
                    version=row.version,
                )
                for row in connection.execute(query)
            ]

    @tried_twice
    def tokens(self) -> Mapping[str, str]:
        """The names of members by the SHA-256 of their tokens.

        Raises:
            StoreError: the database does not answer.
        """
        query = select(table.c.token_hash, table.c.name).where(table.c.removed_at.is_(None))
        with self._database.read() as connection:
            return {row.token_hash: row.name for row in connection.execute(query)}

    @persistent
    def note(self, seen: Sequence[MemberSeen]) -> None:
        """Keep what members said of themselves.

        Raises:
            StoreError: it was not kept.
        """
        if not seen:
            return
        noting = update(table).where(table.c.name == bindparam("member"))
        rows = [
            {
                "member": member.name,
                "seen_at": member.at,
                "applied_store": member.applied.store,
                "applied_revision": member.applied.revision,
                "applied_mark": member.applied.mark,
                "skew_ms": round(member.skew_seconds * 1000),
                "version": member.version[:_LONGEST_VERSION],
            }
            for member in seen
        ]
        with self._database.write() as connection:
            connection.execute(noting, rows)
