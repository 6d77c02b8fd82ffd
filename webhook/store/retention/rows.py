"""Rows that are old by their own time: sightings, runs, the audit log, requests, and what left images.

Tables whose numbers rise with time are read from their oldest row on, so that no step looks at more rows than it may
delete. The newest row of such a table stays, so that SQLite does not give its number again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import BigInteger, Connection, Delete, Dialect, Table, Text, bindparam, delete, func, insert, select

from webhook.model.requests import ExceptionRequest
from webhook.model.retention import PruneKind
from webhook.policy.retention import has_ended
from webhook.store.bulk import change_each
from webhook.store.queries import among
from webhook.store.removals import oldest_mark
from webhook.store.tables.decisions import audit_log, requests
from webhook.store.tables.revisions import deletable
from webhook.store.tables.runs import runs
from webhook.store.tables.sboms import sbom_history
from webhook.store.tables.workloads import sightings
from webhook.store.values import to_microseconds

MOST_COUNTED = 100_000
_CONTENT = msgspec.json.Decoder(ExceptionRequest)


class Ageing(NamedTuple):
    """A table whose numbers rise with time.

    Attributes:
        table: with a number ``id``.
        moment: the name of the column with the time.
    """

    table: Table
    moment: str


AGEING = {
    PruneKind.RUNS: Ageing(runs, "finished"),
    PruneKind.AUDIT: Ageing(audit_log, "at"),
    PruneKind.HISTORY: Ageing(sbom_history, "at"),
}


def oldest(connection: Connection, kind: PruneKind, before: dt.datetime, most: int) -> list[int]:
    """Numbers of the oldest rows of a kind that may be deleted."""
    table, moment = AGEING[kind]
    spared = _spared(connection, kind)
    rows = select(table.c.id, table.c[moment]).order_by(table.c.id).limit(most + len(spared))
    mark = oldest_mark(connection) if kind is PruneKind.HISTORY else None
    if mark is not None:
        rows = rows.add_columns(table.c.revision)
    found = []
    old: Sequence[Any] = connection.execute(rows).all()
    for row in old:
        is_told = mark is None or (row[2] or 0) <= mark  # of what left images, read models have to be told first
        if row[1] < before and row[0] not in spared and is_told:
            found.append(int(row[0]))
    return found[:most]


def _spared(connection: Connection, kind: PruneKind) -> set[int]:
    """The newest row; of runs the newest complete one, too, because people and alerts ask for it."""
    table = AGEING[kind].table
    newest = [connection.execute(select(func.max(table.c.id))).scalar()]
    if kind is PruneKind.RUNS:
        whole = select(runs.c.id).where(runs.c.complete).order_by(runs.c.id.desc()).limit(1)
        newest.append(connection.execute(whole).scalar())
    return {number for number in newest if number is not None}


def delete_oldest(connection: Connection, kind: PruneKind, numbers: Sequence[int], before: dt.datetime) -> int:
    """Delete rows of a kind; how many there were."""
    table = AGEING[kind].table
    if kind is PruneKind.AUDIT:  # its trigger refuses the deletion of anything else
        connection.execute(insert(deletable).values(name=table.name, older_than=before))
    deleted = connection.execute(delete(table).where(among(connection, table.c.id, numbers))).rowcount
    if kind is PruneKind.AUDIT:
        connection.execute(delete(deletable).where(deletable.c.name == table.name))
    return deleted


def old_sightings(connection: Connection, before: dt.datetime, most: int) -> list[tuple[str, str]]:
    """Name and digest of the oldest sightings."""
    columns = sightings.c
    query = select(columns.name, columns.digest).where(columns.last_seen < before).order_by(columns.last_seen)
    return sorted((name, digest) for name, digest in connection.execute(query.limit(most)))


def delete_sightings(connection: Connection, keys: Sequence[tuple[str, str]], before: dt.datetime) -> None:
    """Delete sightings, unless the image was seen again meanwhile.

    Key by key, in the order in which they are written, so that nobody who writes waits for this one and this one for
    them.
    """
    names, digests = zip(*keys, strict=True)
    moments = [to_microseconds(before)] * len(keys)
    change_each(connection, _sighting, {"its_name": names, "its_digest": digests, "its_end": moments})


def _sighting(_: Dialect) -> Delete:
    return delete(sightings).where(
        sightings.c.name == bindparam("its_name", type_=Text()),
        sightings.c.digest == bindparam("its_digest", type_=Text()),
        sightings.c.last_seen < bindparam("its_end", type_=BigInteger()),
    )


def ended_requests(connection: Connection, before: dt.datetime, after: int, most: int) -> tuple[list[int], int]:
    """Numbers of requests that have ended, and the last one that was looked at; 0 at the end.

    One that covers another request stays as long as that one.
    """
    query = select(requests.c.id, requests.c.content).where(requests.c.id > after).order_by(requests.c.id).limit(most)
    rows = connection.execute(query).all()
    newest = connection.execute(select(func.max(requests.c.id))).scalar()
    ended = [number for number, content in rows if number != newest and has_ended(_CONTENT.decode(content), before)]
    covering = select(requests.c.covered_by).where(
        among(connection, requests.c.covered_by, ended), ~among(connection, requests.c.id, ended)
    )
    needed = set(connection.execute(covering).scalars())
    return [number for number in ended if number not in needed], max((number for number, _ in rows), default=0)


def delete_requests(connection: Connection, numbers: Sequence[int]) -> int:
    """Delete requests; how many there were."""
    return connection.execute(delete(requests).where(among(connection, requests.c.id, numbers))).rowcount


def count_rows(connection: Connection, kind: PruneKind, before: dt.datetime) -> int:
    """How many rows of a kind are old; of the oldest hundred thousand, because more are not deleted in one pass."""
    if kind is PruneKind.SIGHTINGS:
        old = select(sightings.c.name).where(sightings.c.last_seen < before).limit(MOST_COUNTED).subquery()
        return int(connection.execute(select(func.count()).select_from(old)).scalar_one())
    return len(oldest(connection, kind, before, MOST_COUNTED))
