"""Cursors: how far a process has published what is in the store, for the process that goes on.

A cursor never goes back, so that a process which leads no more and is late undoes nothing: what it has told is told.
"""

from __future__ import annotations

from sqlalchemy import select

from webhook.store.database import Database
from webhook.store.interruptions import persistent, tried_twice
from webhook.store.tables.runs import cursors as table


class CursorRepository:
    """The cursors of the database; implements ``CursorStore``.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @tried_twice
    def position(self, name: str) -> int | None:
        """How far a cursor has come; None before it was first moved.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            found = connection.execute(select(table.c.position).where(table.c.name == name)).scalar()
        return None if found is None else int(found)

    @persistent
    def advance(self, name: str, position: int) -> None:
        """Move a cursor forward; one that is further stays.

        Raises:
            StoreError: it was not moved.
        """
        moving = self._database.upsert(table).values(name=name, position=position)
        with self._database.write() as connection:
            connection.execute(
                moving.on_conflict_do_update(
                    index_elements=["name"],
                    set_={"position": position},
                    where=table.c.position < position,
                )
            )
