"""How large tables are, and how old their oldest rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Column, Connection, func, select, text
from sqlalchemy.exc import DBAPIError

from webhook.model.retention import TableSize
from webhook.store.tables import metadata
from webhook.store.tables.decisions import assessments, audit_log, requests
from webhook.store.tables.notifications import announcements
from webhook.store.tables.runs import runs
from webhook.store.tables.sboms import documents, sbom_history, sboms
from webhook.store.tables.workloads import admissions, sightings

_BY_NUMBER = (
    (sboms.c.id, sboms.c.added_at),
    (runs.c.id, runs.c.finished),
    (audit_log.c.id, audit_log.c.at),
    (requests.c.id, requests.c.created),
    (announcements.c.id, announcements.c.at),
    (sbom_history.c.id, sbom_history.c.at),
    (assessments.c.sequence, assessments.c.assessed_at),
)
"""Tables whose numbers rise with time: the first row is the oldest."""
_BY_TIME = (documents.c.stored_at, sightings.c.last_seen, admissions.c.noted_at)
"""Times that have an index."""
_POSTGRESQL_SIZES = """
SELECT relname, reltuples, pg_total_relation_size(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
"""
_SQLITE_SIZES = """
SELECT sqlite_master.tbl_name, sum(sizes.pgsize)
FROM (SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE) AS sizes
JOIN sqlite_master ON sqlite_master.name = sizes.name GROUP BY 1
"""
_EXACT_BELOW = 10_000
"""Rows up to which an estimate is replaced by counting."""


def table_sizes(connection: Connection) -> Sequence[TableSize]:
    """Tables with rows, the largest first."""
    estimates, sizes = _sizes(connection)
    oldest = _oldest(connection)
    found = []
    for table in metadata.sorted_tables:
        rows = estimates.get(table.name, -1)
        if rows < _EXACT_BELOW:
            rows = int(connection.execute(select(func.count()).select_from(table)).scalar_one())
        if rows:
            found.append(TableSize(table.name, rows, sizes.get(table.name), oldest.get(table.name)))
    return sorted(found, key=lambda size: (-(size.bytes or 0), -size.rows, size.name))


def unused_bytes(connection: Connection) -> int | None:
    """Room in an SQLite file that deleted rows have left and new ones will take; None on PostgreSQL."""
    if connection.dialect.name != "sqlite":
        return None
    pages = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
    return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())


def _sizes(connection: Connection) -> tuple[dict[str, int], dict[str, int]]:
    """Estimates of rows, and bytes, by table; without bytes where SQLite was built without its statistics."""
    if connection.dialect.name == "postgresql":
        rows = connection.execute(text(_POSTGRESQL_SIZES)).all()
        return {name: int(many) for name, many, _ in rows}, {name: int(size) for name, _, size in rows}
    try:
        return {}, {name: int(size) for name, size in connection.execute(text(_SQLITE_SIZES))}
    except DBAPIError:
        return {}, {}


def _oldest(connection: Connection) -> dict[str, dt.datetime]:
    found: dict[str, dt.datetime | None] = {}
    for number, moment in _BY_NUMBER:
        first = select(moment).order_by(number).limit(1)
        found[moment.table.name] = connection.execute(first).scalar()
    for moment in _BY_TIME:
        found[_table(moment)] = connection.execute(select(func.min(moment))).scalar()
    return {name: at for name, at in found.items() if at is not None}


def _table(column: Column[dt.datetime]) -> str:
    return str(column.table.name)
