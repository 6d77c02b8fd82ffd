"""Refusals: how many requests were denied, by reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import select

from webhook.store.interruptions import tried_twice
from webhook.store.tables.workloads import refusals as table

if TYPE_CHECKING:
    from webhook.store.database import Database


class RefusalRepository:
    """The refusals of the database, since its first webhook that counted them.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, more: Mapping[str, int]) -> None:
        """Add numbers, by reason.

        Not tried twice: a commit whose answer was lost would count twice.

        Raises:
            StoreError: none of them was added, or it is not known.
        """
        upsert = self._database.upsert(table)
        summed = upsert.on_conflict_do_update(
            index_elements=["reason"], set_={"requests": table.c.requests + upsert.excluded.requests}
        )
        # Sorted, so that two replicas cannot wait for each other's rows.
        rows = [{"reason": reason, "requests": number} for reason, number in sorted(more.items())]
        with self._database.write() as connection:
            connection.execute(summed, rows)

    @tried_twice
    def counts(self) -> dict[str, int]:
        """All of them, by reason.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            rows = connection.execute(select(table.c.reason, table.c.requests).order_by(table.c.reason)).all()
        return {reason: int(number) for reason, number in rows}
