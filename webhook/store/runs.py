"""Runs of the downloader: the lock that lets one run at a time, and what the runs did."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, or_, select

from webhook.model.downloads import DownloadReport
from webhook.model.records import RunRecord
from webhook.store.columns import to_json
from webhook.store.database import Database
from webhook.store.tables import leases, runs

_LOCK = "download"
_REPORT = msgspec.json.Decoder(DownloadReport)


class RunRepository:
    """The runs of the database.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def acquire(self, holder: str, *, now: dt.datetime, lease: dt.timedelta) -> str | None:
        """Take the lock, or renew it when ``holder`` has it; the other holder's name when somebody else has it.

        Args:
            holder: who wants it; a name that no other run has.
            now: the time; a lease that has ended by then can be taken by anybody.
            lease: how long to hold it.

        Raises:
            StoreError: the database does not answer.
        """
        values = {"holder": holder, "until": now + lease}
        upsert = self._database.upsert(leases).values(name=_LOCK, **values)
        take = upsert.on_conflict_do_update(
            index_elements=["name"], set_=values, where=or_(leases.c.holder == holder, leases.c.until <= now)
        )
        with self._database.write() as connection:
            connection.execute(take)
            has_it = connection.execute(select(leases.c.holder).where(leases.c.name == _LOCK)).scalar_one()
        return None if has_it == holder else str(has_it)

    def holder(self, *, now: dt.datetime) -> str | None:
        """Who has the lock now; None when nobody has.

        Raises:
            StoreError: the database does not answer.
        """
        query = select(leases.c.holder).where(leases.c.name == _LOCK, leases.c.until > now)
        with self._database.read() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else str(found)

    def release(self, holder: str) -> None:
        """Give the lock back; harmless when it is not held.

        Raises:
            StoreError: the database does not answer; the lock ends with its lease.
        """
        with self._database.write() as connection:
            connection.execute(delete(leases).where(leases.c.name == _LOCK, leases.c.holder == holder))

    def finish(self, report: DownloadReport, *, started: dt.datetime, finished: dt.datetime) -> None:
        """Keep what a run did.

        Raises:
            StoreError: it was not kept.
        """
        values = {"started": started, "finished": finished, "complete": report.complete, "report": to_json(report)}
        with self._database.write() as connection:
            connection.execute(insert(runs).values(values))

    def last(self, *, complete: bool = False) -> RunRecord | None:
        """The newest run, or the newest complete one.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return last_run(connection, complete=complete)


def last_run(connection: Connection, *, complete: bool = False) -> RunRecord | None:
    """The newest run in this transaction, or the newest complete one."""
    query = select(runs.c.started, runs.c.finished, runs.c.report).order_by(runs.c.id.desc()).limit(1)
    row: Any = connection.execute(query.where(runs.c.complete) if complete else query).one_or_none()
    return None if row is None else RunRecord(row.started, row.finished, _REPORT.decode(row.report))
