"""Questions of members: what is known of coordinates, and what is queued, within the ceiling of a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Dialect, Select, func, select, update

from webhook.model.fleetreports import FleetQuestion, FleetReport
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.fleetshares import room_for_new
from webhook.store.database import upserting
from webhook.store.queries import among, among_values, rows_among
from webhook.store.tables.fleet import fleet_additions as additions
from webhook.store.tables.fleet import fleet_reports as table
from webhook.store.tables.fleet import fleet_wanted as claims
from webhook.store.values import to_seconds

_TOUCHED = 86_400
"""Seconds after which it is noted again that coordinates are asked for: a write for each question would be too many."""
DESCRIBED = msgspec.json.Decoder(tuple[Vulnerability, ...])


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A row of ``fleet_reports``.

    Attributes:
        id, answered_at, asked_at, wanted_at, is_running: its columns.
        coordinates: as they were asked for.
        vulnerabilities: as they are stored.
    """

    id: int
    coordinates: Purl
    answered_at: int
    asked_at: int
    wanted_at: int
    is_running: bool
    vulnerabilities: str

    @property
    def report(self) -> FleetReport | None:
        """What members are told; None when the source was never asked."""
        if self.answered_at:
            said = DESCRIBED.decode(self.vulnerabilities)
            return FleetReport(self.coordinates, dt.datetime.fromtimestamp(self.answered_at, dt.UTC), said)
        if self.asked_at:
            return FleetReport(self.coordinates, dt.datetime.fromtimestamp(self.asked_at, dt.UTC), None)
        return None

    def is_forgotten(self, now: dt.datetime, is_running: bool) -> bool:
        """Whether it has to be noted that it is asked for, or that it runs."""
        return self.wanted_at <= to_seconds(now) - _TOUCHED or (is_running and not self.is_running)


def reports_of(connection: Connection, coordinates: Sequence[Purl]) -> dict[Purl, ReportRow]:
    """The rows of coordinates, for those that have one."""
    given = {str(purl): purl for purl in coordinates}
    rows = rows_among(connection, _rows, list(given))
    return {
        given[text]: ReportRow(number, given[text], answered, asked, wanted, bool(running), said)
        for portion in rows
        for number, text, answered, asked, wanted, running, said in portion
    }


def _rows(dialect: Dialect) -> Select[Any]:
    of = table.c
    columns = (of.id, of.coordinates, of.answered_at, of.asked_at, of.wanted_at, of.is_running, of.vulnerabilities)
    return select(*columns).where(among_values(dialect, of.coordinates))


def note_question(
    connection: Connection,
    question: FleetQuestion,
    noted: Sequence[Purl],
    known: Mapping[Purl, ReportRow],
    *,
    now: dt.datetime,
    due: int,
    ceiling: int,
) -> tuple[int, int]:
    """Queue coordinates for a member; how many it waits for, and how many are too many for today.

    Args:
        connection: of a transaction that writes.
        question: of the member.
        noted: those of its coordinates that there is something to note of.
        known: the rows of those that have one.
        now: the time.
        due: answers of that second and earlier ones are to be asked for again.
        ceiling: how many new coordinates a member may bring in a day.
    """
    new = [purl for purl in noted if purl not in known]
    room = take_room(connection, question.member, len(new), now, ceiling) if new else 0
    refused, new = len(new) - room, sorted(new[:room])
    at = to_seconds(now)
    if new:
        row: dict[str, object] = {"state": 0, "answered_at": 0, "asked_at": 0, "wanted_at": at, "vulnerabilities": "[]"}
        adding = upserting(connection.dialect, table).on_conflict_do_nothing(index_elements=["coordinates"])
        rows = [{**row, "coordinates": str(purl), "is_running": question.is_running} for purl in new]
        connection.execute(adding, rows)
    touched = sorted(known[purl].id for purl in noted if purl in known)
    if touched:
        values: dict[str, object] = {"wanted_at": at}
        if question.is_running:
            values["is_running"] = True
        connection.execute(update(table).where(among(connection, table.c.id, touched)).values(**values))
    waiting = [*new, *(purl for purl in noted if purl in known and known[purl].asked_at <= due)]
    numbers = sorted(row.id for row in reports_of(connection, waiting).values() if row.asked_at <= due)
    if numbers:
        claiming = upserting(connection.dialect, claims).on_conflict_do_nothing(index_elements=["report_id", "member"])
        connection.execute(claiming, [{"report_id": number, "member": question.member} for number in numbers])
    return len(numbers), refused


def take_room(
    connection: Connection, member: str, wanted: int, now: dt.datetime, ceiling: int, *, whole: bool = False
) -> int:
    """How many new coordinates or components of a member are taken; they count for its day.

    Args:
        connection: of a transaction that writes.
        member: whose they are.
        wanted: how many there are.
        now: the time.
        ceiling: how many a member may bring in a day.
        whole: take all or none.
    """
    day = now.toordinal()
    # The row is made first, so that its lock makes two questions of one member wait for each other.
    first = upserting(connection.dialect, additions).values(member=member, day=day, added=0)
    held = first.on_conflict_do_update(index_elements=["member"], set_={"member": member})
    connection.execute(held)
    mine = additions.c.member == member
    found = connection.execute(select(additions.c.day, additions.c.added).where(mine)).one()
    added = found.added if found.day == day else 0
    room = room_for_new(added, ceiling, wanted)
    if whole and room < wanted:
        return 0
    connection.execute(update(additions).where(mine).values(day=day, added=added + room))
    return room


def added_today(connection: Connection, now: dt.datetime) -> dict[str, int]:
    """How many new coordinates each member has brought today."""
    query = select(additions.c.member, func.sum(additions.c.added)).where(additions.c.day == now.toordinal())
    return {member: int(added) for member, added in connection.execute(query.group_by(additions.c.member))}
