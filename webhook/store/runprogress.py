"""Current runs: progress, log, and requests to cancel."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, literal, select, update

from webhook.model.leases import Lease
from webhook.model.runs import LiveRun, RunLine, RunProgress
from webhook.model.triage import AuditNote
from webhook.store.database import Database
from webhook.store.interruptions import persistent, tried_twice
from webhook.store.leases import database_time
from webhook.store.runs import RUN, require_run
from webhook.store.tables.runs import leases, run_lines, run_progress
from webhook.store.triage.journal import write_note
from webhook.store.values import to_json

KEPT = 50
"""Runs whose logs are kept."""
_PROGRESS = msgspec.json.Decoder(RunProgress)
_P = run_progress.c


class RunProgressRepository:
    """What runs tell of themselves.

    Args:
        database: where that is kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, lease: Lease, started: dt.datetime) -> None:
        """Take note that a run begins; logs of runs long ago go.

        Raises:
            LeaseLost: the lease of the run is no longer in force.
            StoreError: nothing was noted.
        """
        values = {
            "holder": lease.holder,
            "started": started,
            "seen_at": started,
            "progress": to_json(RunProgress()),
            "cancelled_by": None,
        }
        with self._database.write() as connection:
            noted = self._database.upsert(run_progress).values(fence=lease.fence, **values)
            connection.execute(noted.on_conflict_do_update(index_elements=["fence"], set_=values))
            connection.execute(delete(run_lines).where(run_lines.c.fence <= lease.fence - KEPT))
            connection.execute(delete(run_progress).where(_P.fence <= lease.fence - KEPT))
            require_run(connection, lease)

    def tell(self, lease: Lease, progress: RunProgress, lines: Sequence[str], at: dt.datetime) -> str:
        """Keep how far a run is, and add to its log; who wants it to end, empty when nobody does.

        Raises:
            StoreError: nothing was kept.
        """
        with self._database.write() as connection:
            mine = _P.fence == lease.fence
            connection.execute(update(run_progress).where(mine).values(progress=to_json(progress), seen_at=at))
            if lines:
                connection.execute(
                    insert(run_lines), [{"fence": lease.fence, "at": at, "line": line} for line in lines]
                )
            by = connection.execute(select(_P.cancelled_by).where(mine)).scalar_one_or_none()
        return by or ""

    @tried_twice
    def current(self) -> LiveRun | None:
        """The run that goes on; None when none does.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return _current(connection)

    @tried_twice
    def lines(self, fence: int, after: int, most: int) -> Sequence[RunLine]:
        """The log of a run behind a line.

        Raises:
            StoreError: the database does not answer.
        """
        query = select(run_lines.c.id, run_lines.c.at, run_lines.c.line).order_by(run_lines.c.id).limit(most)
        query = query.where(run_lines.c.fence == literal(fence), run_lines.c.id > literal(after))
        with self._database.read() as connection:
            return [RunLine(row.id, row.at, row.line) for row in connection.execute(query)]

    @persistent
    def cancel(self, note: AuditNote, at: dt.datetime) -> LiveRun | None:
        """Let the run that goes on end after the batch that is on its way, with a row in the audit log.

        Returns:
            The run; None when none goes on, or somebody has cancelled it already.

        Raises:
            StoreError: nothing was changed.
        """
        with self._database.write() as connection:
            found = _current(connection)
            if found is None or found.started is None or found.cancelled_by:
                return None
            connection.execute(update(run_progress).where(_P.fence == found.fence).values(cancelled_by=note.actor))
            write_note(connection, note, at)
            return found

    @persistent
    def note(self, note: AuditNote, at: dt.datetime) -> None:
        """Write a row of the audit log about a run that is to begin.

        Raises:
            StoreError: it was not written.
        """
        with self._database.write() as connection:
            write_note(connection, note, at)


def _current(connection: Connection) -> LiveRun | None:
    in_force = leases.c.until > database_time(connection)
    lease: Any = connection.execute(
        select(leases.c.holder, leases.c.fence).where(leases.c.name == RUN, in_force)
    ).one_or_none()
    if lease is None:
        return None
    columns = (_P.started, _P.seen_at, _P.progress, _P.cancelled_by)
    row: Any = connection.execute(select(*columns).where(_P.fence == lease.fence)).one_or_none()
    if row is None:
        return LiveRun(lease.fence, lease.holder)
    progress = _PROGRESS.decode(row.progress)
    return LiveRun(lease.fence, lease.holder, row.started, row.seen_at, progress, row.cancelled_by or "")
