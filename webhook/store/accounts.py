"""Accounts: users that create controlled objects without being a known controller account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import case, delete, select

from webhook.model.records import ControllerAccount
from webhook.store.interruptions import tried_twice
from webhook.store.tables.runs import accounts as table

if TYPE_CHECKING:
    from webhook.store.database import Database

_KEPT = dt.timedelta(days=30)
_MOST_LISTED = 100


class AccountRepository:
    """The accounts of the database.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @tried_twice
    def record(self, accounts: Sequence[ControllerAccount]) -> None:
        """Remember a batch, and forget what was last seen a month before the newest of them.

        Raises:
            StoreError: none of them was kept.
        """
        latest = {account.user: account for account in sorted(accounts, key=lambda account: account.at)}
        if not latest:
            return
        upsert = self._database.upsert(table)
        new, newer = upsert.excluded, upsert.excluded.seen_at > table.c.seen_at
        merged = upsert.on_conflict_do_update(
            index_elements=["name"],
            set_={
                "controller": case((newer, new.controller), else_=table.c.controller),
                "seen_at": case((newer, new.seen_at), else_=table.c.seen_at),
            },
        )
        # Sorted, so that two replicas cannot wait for each other's rows.
        rows = [
            {"name": user, "controller": account.controller, "seen_at": account.at}
            for user, account in sorted(latest.items())
        ]
        with self._database.write() as connection:
            connection.execute(merged, rows)
            connection.execute(delete(table).where(table.c.seen_at < max(account.at for account in accounts) - _KEPT))

    def list(self) -> Sequence[ControllerAccount]:
        """Those seen last, newest first.

        Raises:
            StoreError: the database does not answer.
        """
        query = select(table.c.name, table.c.controller, table.c.seen_at).order_by(table.c.seen_at.desc(), table.c.name)
        with self._database.read() as connection:
            rows = connection.execute(query.limit(_MOST_LISTED)).all()
        return [ControllerAccount(name, controller, at) for name, controller, at in rows]
