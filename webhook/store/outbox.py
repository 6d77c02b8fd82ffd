"""The outbox: announcements to deliver, and what became of them.

An announcement is written in the transaction of what it tells of, by :func:`announce`, or is found again and again and
written once by its key. The process that sends gives each destination a row for it. A message is taken by moving its
time into the future: the statement changes a row only while its time has come, so that of two processes one gets it,
and a process that dies leaves it to the next one.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, delete, false, func, select, update

from webhook.model.notifications import (
    Announcement,
    Backlog,
    DeliveryLine,
    DeliveryScan,
    DeliveryState,
    Message,
    Told,
    Topic,
)
from webhook.store.bulk import insert_rows
from webhook.store.database import Database, upserting
from webhook.store.interruptions import persistent, tried_twice
from webhook.store.queries import among
from webhook.store.tables.notifications import announcements as announced
from webhook.store.tables.notifications import deliveries
from webhook.store.triage.limits import limited
from webhook.store.values import clean, to_json

MOST_IN_MESSAGE = 100
"""Announcements that a message names; of the rest it has the number."""
_MOST_TEXT, _MOST_FACTS = 400, 12
_MOST_AT_ONCE = 500
_A, _D = announced.c, deliveries.c
_FACTS = msgspec.json.Decoder(dict[str, str])
_TOLD = (_A.key, _A.topic, _A.subject, _A.facts, _A.path, _A.destination, _A.at)


def announce(connection: Connection, announcements: Sequence[Announcement], now: dt.datetime) -> int:
    """Keep what is to be told in the transaction of what it tells of; what has a known key is not told again.

    Args:
        connection: inside a writing transaction.
        announcements: any number.
        now: UTC, aware.

    Returns:
        How many were new.
    """
    new = 0
    for start in range(0, len(announcements), _MOST_AT_ONCE):
        portion = {item.key: item for item in announcements[start : start + _MOST_AT_ONCE]}
        known = set(connection.execute(select(_A.key).where(among(connection, _A.key, list(portion)))).scalars())
        if known:
            connection.execute(update(announced).where(among(connection, _A.key, list(known))).values(seen_at=now))
        rows = [_row(item, now) for key, item in portion.items() if key not in known]
        if rows:
            # Another process may announce the same at this moment.
            adding = upserting(connection.dialect, announced).on_conflict_do_nothing(index_elements=["key"])
            connection.execute(adding, rows)
        new += len(rows)
    return new


class OutboxRepository:
    """The outbox of the database; implements ``Outbox``. Every method may raise StoreError.

    Args:
        database: where it is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @persistent
    def announce(self, announcements: Sequence[Announcement], now: dt.datetime) -> int:
        """Keep what is new; how many were."""
        with self._database.write() as connection:
            return announce(connection, announcements, now)

    @persistent
    def spread(self, destinations: Mapping[str, Collection[Topic]], now: dt.datetime, oldest: dt.datetime) -> None:
        """Give each destination what it wants of what was announced since the last time."""
        with self._database.read() as connection:
            if connection.execute(_unspread().limit(1)).first() is None:
                return
        with self._database.write() as connection:
            rows = connection.execute(_unspread().with_for_update()).all()
            wanted = [
                {
                    "announcement_id": row.id,
                    "destination": name,
                    "state": DeliveryState.WAITING.value,
                    "due_at": now,
                    "tries": 0,
                    "error": "",
                }
                for row in rows
                if row.at >= oldest
                for name, topics in destinations.items()
                if row.destination == name or (not row.destination and row.topic in topics)
            ]
            if wanted:
                insert_rows(connection, deliveries, wanted)
            those = among(connection, _A.id, [row.id for row in rows])
            connection.execute(update(announced).where(those).values(spread=True))

    @persistent
    def take(self, destination: str, now: dt.datetime, until: dt.datetime, single: int) -> Message | None:
        """The next message, hidden from others until some time; what was tried before comes first."""
        waiting = (_D.destination == destination) & (_D.state == DeliveryState.WAITING.value)
        due = waiting & (_D.due_at <= now)
        with self._database.read() as connection:
            if connection.execute(select(_D.id).where(due).limit(1)).first() is None:
                return None
        with self._database.write() as connection:
            message = connection.execute(
                select(_D.message).where(due, _D.message.is_not(None)).order_by(_D.due_at).limit(1)
            ).scalar()
            if message is not None:
                taking = update(deliveries).where(due, _D.message == message)
            else:
                message = secrets.token_hex(16)
                fresh = waiting & _D.message.is_(None)
                first = connection.execute(select(_D.id).where(fresh).order_by(_D.id).limit(single + 1)).scalars().all()
                taking = update(deliveries).where(fresh)
                if len(first) <= single:
                    taking = taking.where(_D.id == first[0] if first else false())
            taken = connection.execute(taking.values(message=message, due_at=until, tries=_D.tries + 1)).rowcount
            return _message(connection, message, destination) if taken else None

    @tried_twice
    def sent_since(self, destination: str, since: dt.datetime) -> int:
        """How many messages a destination got since then."""
        query = select(func.count(func.distinct(_D.message))).where(
            _D.destination == destination, _D.settled_at >= since, _D.state == DeliveryState.SENT.value
        )
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    @persistent
    def settle(self, message: str, now: dt.datetime) -> None:
        """Note that a message was sent."""
        values = {"state": DeliveryState.SENT.value, "settled_at": now, "error": ""}
        with self._database.write() as connection:
            connection.execute(update(deliveries).where(_D.message == message).values(values))

    @persistent
    def postpone(self, message: str, until: dt.datetime, error: str) -> None:
        """Note that a message failed, and when it is tried again."""
        waits = _D.state == DeliveryState.WAITING.value
        with self._database.write() as connection:
            changing = update(deliveries).where(_D.message == message, waits)
            connection.execute(changing.values(due_at=until, error=error[:_MOST_TEXT]))

    @persistent
    def give_up(self, older: dt.datetime, now: dt.datetime) -> int:
        """Try no more to tell of what was announced before; how many that were."""
        old = _D.announcement_id.in_(select(_A.id).where(_A.at < older))
        waits = _D.state == DeliveryState.WAITING.value
        with self._database.read() as connection:
            if connection.execute(select(_D.id).where(waits, old).limit(1)).first() is None:
                return 0
        with self._database.write() as connection:
            changing = update(deliveries).where(waits, old, _D.due_at <= now)
            return connection.execute(changing.values(state=DeliveryState.GIVEN_UP.value, settled_at=now)).rowcount

    @tried_twice
    def backlog(self, destinations: Collection[str]) -> Mapping[str, Backlog]:
        """What each destination has not been told yet."""
        failed = func.min(_A.at).filter(_D.error != "")
        query = (
            select(_D.destination, func.count(), failed)
            .join_from(deliveries, announced)
            .where(_D.state == DeliveryState.WAITING.value)
            .group_by(_D.destination)
        )
        with self._database.read() as connection:
            rows: Sequence[Any] = connection.execute(query).all()
        by_name = {name: Backlog(number, since) for name, number, since in rows}
        return {name: by_name.get(name, Backlog()) for name in destinations}

    @persistent
    def prune(self, older: dt.datetime) -> int:
        """Forget some of what was told and has not been announced again since then; how many that were."""
        waiting = select(_D.announcement_id).where(_D.state == DeliveryState.WAITING.value)
        old = select(_A.id).where(_A.seen_at < older, _A.id.not_in(waiting)).limit(_MOST_AT_ONCE)
        with self._database.write() as connection:
            ids = list(connection.execute(old).scalars())
            if ids:
                connection.execute(delete(deliveries).where(among(connection, _D.announcement_id, ids)))
                connection.execute(delete(announced).where(among(connection, _A.id, ids)))
        return len(ids)

    @tried_twice
    def count_old(self, older: dt.datetime) -> int:
        """How many announcements are old enough to be forgotten, sent or not."""
        with self._database.read() as connection:
            return int(connection.execute(select(func.count()).where(_A.seen_at < older)).scalar_one())

    @tried_twice
    def lines(self, scan: DeliveryScan, most: int) -> Sequence[DeliveryLine]:
        """Deliveries, newest first."""
        columns = (_D.id, _D.destination, _D.state, _D.tries, _D.settled_at, _D.error, _D.message)
        query = select(*_TOLD, *columns).join_from(deliveries, announced).order_by(_D.id.desc()).limit(most)
        query = query.with_only_columns(*(column.label(f"c{n}") for n, column in enumerate((*_TOLD, *columns))))
        if scan.destination is not None:
            query = query.where(_D.destination == scan.destination)
        if scan.state is not None:
            query = query.where(_D.state == scan.state.value)
        if scan.after is not None:
            query = query.where(_D.id < scan.after[0])
        with limited(self._database) as connection:
            rows: Sequence[Any] = connection.execute(query).all()
        return [_line(row) for row in rows]


def _line(row: Sequence[Any]) -> DeliveryLine:
    split = len(_TOLD)
    number, destination, state, tries, settled_at, error, message = row[split:]
    told = _told(row[:split])
    return DeliveryLine(number, told, destination, DeliveryState(state), tries, settled_at, error, message or "")


def _row(item: Announcement, now: dt.datetime) -> dict[str, object]:
    facts = {name: clean(text)[:_MOST_TEXT] for name, text in list(item.facts.items())[:_MOST_FACTS]}
    return {
        "key": item.key,
        "topic": item.topic.value,
        "subject": item.subject[:_MOST_TEXT],
        "facts": to_json(facts),
        "path": item.path[:_MOST_TEXT],
        "destination": item.destination,
        "at": now,
        "seen_at": now,
        "spread": False,
    }


def _unspread() -> Select[Any]:
    query = select(_A.id, _A.topic, _A.destination, _A.at).where(_A.spread.is_(False))
    return query.order_by(_A.id).limit(_MOST_AT_ONCE)


def _message(connection: Connection, message: str, destination: str) -> Message:
    ours = _D.message == message
    total, tries = connection.execute(select(func.count(), func.max(_D.tries)).where(ours)).one()
    query = select(*_TOLD).join_from(deliveries, announced).where(ours).order_by(_D.id).limit(MOST_IN_MESSAGE)
    told = tuple(_told(tuple(row)) for row in connection.execute(query))
    return Message(message, destination, told, total, tries)


def _told(row: Sequence[Any]) -> Told:
    key, topic, subject, facts, path, destination, at = row
    return Told(Announcement(key, Topic(topic), subject, _FACTS.decode(facts), path, destination), at)
