"""What the hub's store has for members: records made by hand, and types, by the store's own revisions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, func, literal, select

from webhook.model.assessments import Assessment, StoredType
from webhook.model.changes import Position
from webhook.model.fleet import FleetContent
from webhook.policy.fleet import as_told, as_told_to_one
from webhook.store.database import Database
from webhook.store.fleet.decisions import decisions_of
from webhook.store.fleet.reportrows import changed_reports
from webhook.store.interruptions import persistent, tried_twice
from webhook.store.queries import ASSESSMENT_COLUMNS, raw_rows
from webhook.store.rows import read_assessment
from webhook.store.tables.decisions import BY_HAND
from webhook.store.tables.decisions import assessments as assessments_table
from webhook.store.tables.fleet import fleet_decisions, fleet_hub, fleet_reports
from webhook.store.tables.revisions import marks
from webhook.store.tables.revisions import revision as revision_table
from webhook.store.values import to_json

_TYPES = msgspec.json.Decoder(tuple[StoredType, ...])


class HubFeedRepository:
    """The hub's database as its members see it; implements ``HubFeed``.

    Args:
        database: where it is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @tried_twice
    def position(self) -> Position:
        """The newest revision with its mark.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return _position(connection)

    @tried_twice
    def newest_news(self, after: int) -> int:
        """The newest revision after one that has something for members; that one when none has.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            found = [connection.execute(query).scalar() for query in _news(after)]
        return max([after, *(int(revision) for revision in found if revision is not None)])

    @tried_twice
    def changes(self, since: Position, at: dt.datetime, cluster: str = "") -> FleetContent | None:
        """Everything after a position; None where the store does not know it, or not any more.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            position = _position(connection)
            known = select(marks.c.mark).where(marks.c.revision == since.revision)
            leads = position.continues(since) and since.mark and connection.execute(known).scalar() == since.mark
            return _content(connection, position, since, at, cluster) if leads else None

    @tried_twice
    def snapshot(self, at: dt.datetime, cluster: str = "") -> FleetContent:
        """Everything.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return _content(connection, _position(connection), None, at, cluster)

    @persistent
    def keep_types(self, types: Sequence[StoredType], at: dt.datetime) -> bool:
        """Keep which types the hub has, also those of its settings file; whether that is a change.

        Raises:
            StoreError: they were not kept.
        """
        stated = to_json(tuple(types))
        with self._database.read() as connection:
            if connection.execute(select(fleet_hub.c.types)).scalar() == stated:
                return False
        with self._database.change() as change:
            if change.connection.execute(select(fleet_hub.c.types)).scalar() == stated:
                change.discarded = True  # another process was faster
                return False
            row = {"id": 1, "types": stated, "types_at": at, "revision": change.revision}
            keeping = self._database.upsert(fleet_hub).values(row)
            change.connection.execute(keeping.on_conflict_do_update(index_elements=["id"], set_=row))
        return True


def _position(connection: Connection) -> Position:
    of_it = select(marks.c.mark).where(marks.c.revision == revision_table.c.value).scalar_subquery()
    row = connection.execute(select(revision_table.c.store, revision_table.c.value, of_it.label("mark"))).one()
    return Position(row.store, row.value, row.mark or "")


def _news(after: int) -> Sequence[Any]:
    """Queries for the newest revision with something for members; each by the index on revisions."""
    return (
        select(func.max(assessments_table.c.revision)).where(assessments_table.c.revision > literal(after), BY_HAND),
        select(func.max(fleet_hub.c.revision)).where(fleet_hub.c.revision > literal(after)),
        select(func.max(fleet_reports.c.changed)).where(fleet_reports.c.changed > literal(after)),
        select(func.max(fleet_decisions.c.revision)).where(fleet_decisions.c.revision > literal(after)),
    )


def _content(
    connection: Connection, position: Position, since: Position | None, at: dt.datetime, cluster: str
) -> FleetContent:
    after = 0 if since is None else since.revision
    kept: Any = connection.execute(select(fleet_hub).where(fleet_hub.c.revision > literal(after))).one_or_none()
    return FleetContent(
        position=position,
        since=since,
        at=at,
        assessments=(
            *_assessments(connection, None if since is None else since.revision),
            *(as_told_to_one(record) for record in (decisions_of(connection, cluster, after) if cluster else ())),
        ),
        types=None if kept is None else _TYPES.decode(kept.types),
        types_at=None if kept is None else kept.types_at,
        changed=() if since is None else changed_reports(connection, since.revision, position.revision),
    )


def _assessments(connection: Connection, after: int | None) -> list[Assessment]:
    conditions: list[ColumnElement[bool] | Any] = [BY_HAND]
    if after is not None:
        conditions.append(assessments_table.c.revision > literal(after))
    query = select(*ASSESSMENT_COLUMNS).where(*conditions).order_by(assessments_table.c.sequence)
    return [as_told(read_assessment(row)) for portion in raw_rows(connection, query) for row in portion]
