"""Reports for the fleet: what members asked for, what the source said, and what is to be asked next."""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Collection, Sequence
from typing import overload

from sqlalchemy import Dialect, Select, delete, func, or_, select

from webhook.model.downloads import RecordResult, WantedComponent
from webhook.model.fleetreports import FleetQuestion, FleetQueueSize, FleetReply, FleetReport
from webhook.model.leases import Lease
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ComponentAnswer
from webhook.policy.fleetshares import shared_order
from webhook.policy.workorder import components_of, positions, urgencies
from webhook.ports import AutoAssess
from webhook.store.componentids import IdHints, known_rows
from webhook.store.database import Database
from webhook.store.fleet.questions import note_question, reports_of
from webhook.store.fleet.reportexport import answers
from webhook.store.fleet.reportrows import ByKey, adopt_answers, changed_reports, write_answers
from webhook.store.interruptions import persistent, tried_twice
from webhook.store.queries import among, among_values, raw_rows, rows_among
from webhook.store.recording import Batch, record
from webhook.store.runs import require_run
from webhook.store.tables.fleet import fleet_additions as additions
from webhook.store.tables.fleet import fleet_reports as table
from webhook.store.tables.fleet import fleet_wanted as claims
from webhook.store.values import to_json, to_seconds

_PAGE = 2000


class WantedReports(Sequence[WantedComponent]):
    """Coordinates in the order of work; their texts are read as they are asked for.

    Args:
        database: where they are.
        order: their positions, in the order of work; see :mod:`webhook.policy.workorder`.
    """

    def __init__(self, database: Database, order: array[int]) -> None:
        self._database, self._order = database, order

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, index: int) -> WantedComponent: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[WantedComponent]: ...
    def __getitem__(self, index: int | slice) -> WantedComponent | Sequence[WantedComponent]:
        if isinstance(index, slice):
            return self._page(self._order[index])
        return self._page(array("Q", [self._order[index]]))[0]

    @persistent
    def _page(self, order: array[int]) -> list[WantedComponent]:
        numbers = components_of(order)
        with self._database.read() as connection:
            rows = rows_among(connection, _texts, numbers)
            texts = {number: Purl(text) for portion in rows for number, text in portion}
        parts = zip(numbers, urgencies(order), strict=True)
        return [WantedComponent(texts[number], *urgency) for number, urgency in parts if number in texts]


def _texts(dialect: Dialect) -> Select[tuple[int, str]]:
    return select(table.c.id, table.c.coordinates).where(among_values(dialect, table.c.id))


class FleetReportRepository:
    """The hub's answers to its members; implements ``FleetReports``.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database, self._hints = database, IdHints()

    @persistent
    def ask(
        self,
        question: FleetQuestion,
        *,
        now: dt.datetime,
        ttl: dt.timedelta,
        ceiling: int,
        by_key: ByKey,
    ) -> FleetReply:
        """Answer a member, and queue what is unknown or older than ``ttl``.

        Args:
            question: what it asks for.
            now: the time.
            ttl: for how long an answer is good.
            ceiling: how many coordinates that nobody asked for before a member may bring in a day.
            by_key: which of some components are asked for by their key alone.

        Raises:
            StoreError: the database does not answer; nothing was queued.
        """
        due = to_seconds(now - ttl)
        with self._database.read() as connection:
            known = reports_of(connection, question.coordinates)
        noted = [
            purl
            for purl in question.coordinates
            if purl not in known or known[purl].asked_at <= due or known[purl].is_forgotten(now, question.is_running)
        ]
        queued = refused = 0
        if noted:
            with self._database.change(lazily=True) as change:
                change.unchanged = True
                queued, refused = note_question(
                    change.connection, question, noted, known, now=now, due=due, ceiling=ceiling
                )
                queued -= adopt_answers(change, due, by_key, noted, is_news=False)
            with self._database.read() as connection:
                known = reports_of(connection, question.coordinates)
        reports = (row.report for row in known.values())
        return FleetReply(tuple(report for report in reports if report is not None), queued, refused)

    @persistent
    def wanted(
        self, *, now: dt.datetime, ttl: dt.timedelta, kept: dt.timedelta, by_key: ByKey
    ) -> Sequence[WantedComponent]:
        """Coordinates whose answer is missing or older than ``ttl``, in an order that is fair to members.

        Args:
            now: the time.
            ttl: for how long an answer, or a question that got none, is good.
            kept: coordinates that no member has asked for during that time are not asked for any more.
            by_key: which of some components are asked for by their key alone.

        Raises:
            StoreError: the database does not answer; while walking, too.
        """
        due, since = to_seconds(now - ttl), to_seconds(now - kept)
        with self._database.change(lazily=True) as change:
            change.unchanged = not adopt_answers(change, due, by_key)
        with self._database.read() as connection:
            wanting: dict[int, list[str]] = {}
            for portion in raw_rows(connection, select(claims.c.report_id, claims.c.member)):
                for number, member in portion:
                    wanting.setdefault(number, []).append(member)
            query = select(table.c.id, table.c.answered_at, table.c.is_running).where(
                table.c.asked_at <= due, or_(table.c.wanted_at >= since, table.c.asked_at == 0)
            )
            rows = [row for portion in raw_rows(connection, query) for row in portion]
        counts = {number: len(wanting.get(number, ())) for number, _, _ in rows}
        running = {number: int(is_running) for number, _, is_running in rows}
        order = sorted(positions(((number, answered) for number, answered, _ in rows), counts, running))
        return WantedReports(self._database, array("Q", shared_order(order, wanting)))

    @persistent
    def record(
        self,
        answers: Sequence[ComponentAnswer],
        *,
        unanswered: Sequence[Purl],
        own: Collection[Purl],
        assess: AutoAssess,
        now: dt.datetime,
        reassess_on_score_change: bool,
        lease: Lease | None,
    ) -> RecordResult:
        """Keep what the source said; whoever waited waits no more.

        Args:
            answers: by coordinates.
            unanswered: coordinates that the source left out.
            own: of these, those that answer for the component of the same purl, where the store has it.
            assess: today's ranges, for components of the store.
            now: when the answers arrived.
            reassess_on_score_change: see ``ComponentStore.record``.
            lease: of the run that asked; None for answers that no run asked for.

        Raises:
            LeaseLost: the lease is no longer in force; nothing was recorded.
            StoreError: nothing was recorded.
        """
        with self._database.change(lazily=True) as change:
            result = RecordResult(0, 0, sum(bool(answer.vulnerabilities) for answer in answers), change.revision)
            differ = write_answers(change, answers, unanswered, to_seconds(now))
            mine = [answer for answer in answers if answer.purl in own]
            known = known_rows(change.connection, [answer.purl for answer in mine], self._hints).ids
            if mine := [answer for answer in mine if answer.purl in known]:
                batch = Batch(mine, (), (), assess, now, reassess_on_score_change)
                result = record(change, batch, self._hints)
            change.unchanged = not (differ or mine)
            if lease is not None:
                require_run(change.connection, lease)
        return result

    @tried_twice
    def changed(self, after: int, to: int) -> list[str]:
        """Coordinates that were answered differently in some revisions, in order.

        Args:
            after: the revision before the first.
            to: the last.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return list(changed_reports(connection, after, to))

    @tried_twice
    def size(self) -> FleetQueueSize:
        """How much members wait for.

        Raises:
            StoreError: the database does not answer.
        """
        each = select(claims.c.member, func.count()).group_by(claims.c.member).order_by(claims.c.member)
        waiting = select(func.count()).select_from(table).where(table.c.asked_at == 0)
        with self._database.read() as connection:
            by_member = {member: int(count) for member, count in connection.execute(each)}
            return FleetQueueSize(int(connection.execute(waiting).scalar_one()), by_member)

    @tried_twice
    def answers(self, by_key: ByKey, most: int, most_bytes: int) -> tuple[Sequence[FleetReport], bool]:
        """What the source said of coordinates and of the hub's own components, and whether that is all.

        Args:
            by_key: which of some components are asked for by their key alone, so that one answer serves for both.
            most: how many.
            most_bytes: about how long they may be together.

        Raises:
            StoreError: the database does not answer.
        """
        found, size = list[FleetReport](), 0
        with self._database.read() as connection:
            for report in answers(connection, by_key):
                size += len(to_json(report.vulnerabilities)) + len(report.coordinates)
                if len(found) == most or size > most_bytes:
                    return found, False
                found.append(report)
        return found, True

    @tried_twice
    def count(self) -> int:
        """How many coordinates there are.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())

    @persistent
    def forget(self, before: dt.datetime, most: int) -> int:
        """Delete some coordinates that no member has asked for since a moment; how many were deleted.

        Raises:
            StoreError: nothing was deleted.
        """
        old = select(table.c.id).where(table.c.wanted_at < to_seconds(before)).order_by(table.c.wanted_at).limit(most)
        with self._database.write() as connection:
            numbers = list(connection.execute(old).scalars())
            if numbers:
                connection.execute(delete(claims).where(among(connection, claims.c.report_id, numbers)))
                connection.execute(delete(table).where(among(connection, table.c.id, numbers)))
        return len(numbers)

    @persistent
    def forget_member(self, member: str) -> None:
        """Let a member wait no more; what nobody else waits for, and was never asked for, is deleted.

        Raises:
            StoreError: it waits still.
        """
        own = select(claims.c.report_id).where(claims.c.member == member)
        with self._database.write() as connection:
            numbers = sorted(number for portion in raw_rows(connection, own) for (number,) in portion)
            connection.execute(delete(claims).where(claims.c.member == member))
            connection.execute(delete(additions).where(additions.c.member == member))
            if numbers:
                waits = select(claims.c.report_id).where(claims.c.report_id == table.c.id).exists()
                those = among(connection, table.c.id, numbers)
                connection.execute(delete(table).where(those, table.c.asked_at == 0, ~waits))
