"""Runs of the downloader: the lease that lets one run at a time, and what the runs did."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from webhook.model.downloads import DownloadReport
from webhook.model.leases import Lease
from webhook.model.records import RunRecord
from webhook.policy.announcements import run_failed, run_vanished
from webhook.store.database import Database
from webhook.store.interruptions import persistent
from webhook.store.leases import abandoned, database_time, give_back, prolong, require, take
from webhook.store.outbox import announce
from webhook.store.tables.runs import leases, runs
from webhook.store.values import to_json

RUN = "download"
"""The name of the lease of runs."""
_INTENDED = ("budget", "cancelled")
"""Ends of runs that nobody is to be told of: somebody has set, or wanted, them."""
_REPORT = msgspec.json.Decoder(DownloadReport)


class RunRepository:
    """The runs of the database.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @persistent
    def acquire(self, holder: str, *, duration: dt.timedelta) -> Lease:
        """Take the lease of runs, or renew it when ``holder`` has it; the lease as it is then, whoever has it.

        Args:
            holder: who wants it; a name that no other run has.
            duration: how long to hold it; a lease that has ended can be taken by anybody.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.write() as connection:
            former = abandoned(connection, RUN)
            taken = take(connection, RUN, holder, duration)
            if former is not None:
                announce(connection, [run_vanished(former)], former.until)
            return taken

    @persistent
    def renew(self, lease: Lease, *, duration: dt.timedelta) -> bool:
        """Renew a lease that is in force; whether it was.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.write() as connection:
            return prolong(connection, RUN, lease, duration)

    @persistent
    def holder(self) -> str | None:
        """Who has the lease now; None when nobody has.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return _holder(connection)

    @persistent
    def abandoned(self) -> Lease | None:
        """The lease of a run that vanished: it has ended without being given back, and nobody has taken it since.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return abandoned(connection, RUN)

    @persistent
    def release(self, lease: Lease) -> None:
        """Give the lease back; harmless when it is lost.

        Raises:
            StoreError: the database does not answer; the lease ends by itself.
        """
        with self._database.write() as connection:
            give_back(connection, RUN, lease)

    @persistent
    def finish(self, report: DownloadReport, *, started: dt.datetime, finished: dt.datetime, lease: Lease) -> None:
        """Keep what a run did.

        Raises:
            LeaseLost: the lease of the run is no longer in force; nothing was kept.
            StoreError: it was not kept.
        """
        values = {"started": started, "finished": finished, "complete": report.complete}
        values |= {"report": to_json(report), "fence": lease.fence}
        with self._database.write() as connection:
            same = (runs.c.started == started) & (runs.c.finished == finished) & (runs.c.report == values["report"])
            if connection.execute(select(runs.c.id).where(same)).first() is None:  # else it is done again
                connection.execute(insert(runs).values(values))
                if not report.complete and report.stopped_code not in _INTENDED:
                    announce(connection, [run_failed(report, started)], finished)
            require_run(connection, lease)

    @persistent
    def last(self, *, complete: bool = False) -> RunRecord | None:
        """The newest run, or the newest complete one.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return last_run(connection, complete=complete)


def _holder(connection: Connection) -> str | None:
    in_force = leases.c.until > database_time(connection)
    found = connection.execute(select(leases.c.holder).where(leases.c.name == RUN, in_force)).scalar_one_or_none()
    return None if found is None else str(found)


def is_running(connection: Connection) -> bool:
    """Whether a run goes on, as this transaction sees it."""
    return _holder(connection) is not None


def last_run(connection: Connection, *, complete: bool = False) -> RunRecord | None:
    """The newest run in this transaction, or the newest complete one."""
    query = select(runs.c.started, runs.c.finished, runs.c.report).order_by(runs.c.id.desc()).limit(1)
    row: Any = connection.execute(query.where(runs.c.complete) if complete else query).one_or_none()
    return None if row is None else RunRecord(row.started, row.finished, _REPORT.decode(row.report))


def require_run(connection: Connection, lease: Lease) -> None:
    """Refuse to go on in this transaction unless this run has its lease; the last thing before the commit.

    Raises:
        LeaseLost: it has not.
    """
    require(connection, RUN, lease)
