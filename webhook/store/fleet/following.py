"""What a member has of its hub: applied in one transaction, with the position from which the next document leads on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, insert, select, update

from webhook.model.assessments import Assessment, AssessmentSource, StoredType
from webhook.model.changes import Position
from webhook.model.fleet import Applied, FleetContent, Followed, HeldRecord
from webhook.model.records import AssessmentQuery
from webhook.policy.fleet import as_kept, check_order, held_record, reconcile, settled_types
from webhook.store.assessmentrows import add, find
from webhook.store.database import Change, Database
from webhook.store.fleet.pending import note_everything, note_pending
from webhook.store.fleet.types import keep_types
from webhook.store.formerkeys import for_former_keys
from webhook.store.interruptions import persistent, tried_twice
from webhook.store.tables.fleet import fleet_state
from webhook.store.tables.revisions import compatibility
from webhook.store.values import to_json

_TYPES = msgspec.json.Decoder(tuple[StoredType, ...])
_HELD = msgspec.json.Decoder(tuple[HeldRecord, ...])
_MOST_HELD = 1000
_OLDEST_PROGRAM = "0034"
"""Programs before it do not know the source of the hub's records."""


class FollowingRepository:
    """What the database has of a hub; implements ``FollowingStore``.

    Args:
        database: of the member.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @tried_twice
    def followed(self) -> Followed:
        """How far the hub was followed.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return _followed(connection)

    @persistent
    def apply(
        self, content: FleetContent, now: dt.datetime, skew_seconds: float = 0.0, *, accepts: bool = False
    ) -> Applied:
        """Take over what a document of the hub says, all of it or nothing.

        Args:
            content: of the document, whose signature was verified.
            now: UTC.
            skew_seconds: by how much this clock is ahead of the hub's.
            accepts: take it as it is, as after :meth:`accept`.

        Raises:
            DocumentRefused: it does not lead on from what is here; nothing was changed.
            StoreError: nothing was changed.
        """
        with self._database.change(lazily=True) as change:
            former = _followed(change.connection)
            former = replace(former, accepts=former.accepts or accepts)
            if content.position == former.position and not former.accepts:
                # Applied already, such as when an answer was lost.
                kept = replace(former, seen_at=now, skew_seconds=skew_seconds)
                _keep(change.connection, kept)
                change.unchanged = True
                return Applied(kept)
            check_order(former, content)
            types, types_held = former.types, former.types_held
            if content.types is not None:
                types, types_held = settled_types(former, content)
            records, held = _records(change.connection, former, content, types, now)
            records = for_former_keys(change.connection, records)
            add(change, records)  # what is fixed here ends at the hub; judging does not wait for that
            has_types = keep_types(self._database, change, types)
            change.unchanged = not records and not has_types
            kept = Followed(
                position=content.position,
                hub_at=content.at,
                types=types,
                types_at=former.types_at if content.types is None or types_held else content.types_at,
                applied_at=now,
                seen_at=now,
                skew_seconds=skew_seconds,
                held=held[:_MOST_HELD],
                held_count=len(held) if content.is_snapshot else former.held_count,
                types_held=types_held,
            )
            _keep(change.connection, kept)
            _refuse_former_programs(change)
            _note_changed(change.connection, content)
        return Applied(kept, len(records), has_types, content.changed)

    @persistent
    def saw(self, now: dt.datetime, skew_seconds: float) -> None:
        """Take note that the hub has answered, and has nothing new.

        Args:
            now: UTC.
            skew_seconds: by how much this clock is ahead of the hub's.

        Raises:
            StoreError: it was not noted.
        """
        with self._database.write() as connection:
            connection.execute(update(fleet_state).values(seen_at=now, skew_ms=round(skew_seconds * 1000)))

    @persistent
    def accept(self) -> bool:
        """Have the next snapshot taken as it is; whether the hub was followed before.

        Raises:
            StoreError: nothing was changed.
        """
        with self._database.write() as connection:
            query = update(fleet_state).values(accepts=True).returning(fleet_state.c.id)
            return connection.execute(query).scalar() is not None


def _records(
    connection: Connection, former: Followed, content: FleetContent, types: Sequence[StoredType], now: dt.datetime
) -> tuple[Sequence[Assessment], tuple[HeldRecord, ...]]:
    """The records to append, and those of former documents that stay in force though the hub has them no more."""
    told = [as_kept(record) for record in content.assessments]
    if not content.is_snapshot:
        return told, former.held
    there = find(connection, AssessmentQuery(source=AssessmentSource.FLEET.value))
    actions = {known.type.name.casefold(): known.type.action for known in types}
    reconciled = reconcile(there, told, actions, accepts=former.accepts)
    now_held = (record for record in reconciled.held if not record.expired(now))
    return reconciled.records, tuple(held_record(record) for record in now_held)


def _note_changed(connection: Connection, content: FleetContent) -> None:
    if content.is_snapshot:
        note_everything(connection, content.position.revision)
    else:
        note_pending(connection, content.changed, content.position.revision)


def _followed(connection: Connection) -> Followed:
    row: Any = connection.execute(select(fleet_state)).one_or_none()
    if row is None:
        return Followed()
    return Followed(
        position=Position(row.store, row.revision, row.mark),
        hub_at=row.hub_at,
        types=_TYPES.decode(row.types),
        types_at=row.types_at,
        applied_at=row.applied_at,
        seen_at=row.seen_at,
        skew_seconds=row.skew_ms / 1000,
        held=_HELD.decode(row.held),
        held_count=row.held_count,
        types_held=bool(row.types_held),
        accepts=bool(row.accepts),
    )


def _keep(connection: Connection, kept: Followed) -> None:
    row = {
        "store": kept.position.store,
        "revision": kept.position.revision,
        "mark": kept.position.mark,
        "hub_at": kept.hub_at,
        "types": to_json(kept.types),
        "types_at": kept.types_at,
        "applied_at": kept.applied_at,
        "seen_at": kept.seen_at,
        "skew_ms": round(kept.skew_seconds * 1000),
        "held": to_json(kept.held),
        "held_count": kept.held_count,
        "types_held": kept.types_held,
        "accepts": kept.accepts,
    }
    if connection.execute(update(fleet_state).values(row)).rowcount == 0:
        connection.execute(insert(fleet_state).values(id=1, **row))


def _refuse_former_programs(change: Change) -> None:
    raising = update(compatibility).where(compatibility.c.oldest_program < _OLDEST_PROGRAM)
    change.connection.execute(raising.values(oldest_program=_OLDEST_PROGRAM))
