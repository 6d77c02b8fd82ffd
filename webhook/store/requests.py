"""Requests for exceptions: read page by page, and changed by a rule inside one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec
from msgspec import structs
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, literal, or_, select, update

from webhook.model.records import AssessmentQuery
from webhook.model.requests import (
    ExceptionRequest,
    MemberRequest,
    Phase,
    RequestChange,
    RequestCounts,
    RequestScan,
)
from webhook.policy.announcements import request_made
from webhook.policy.requests import RequestView
from webhook.policy.undo import BatchHistory
from webhook.store.assessmentrows import append, find
from webhook.store.database import Database
from webhook.store.fleet.decisions import append_for, decisions_of
from webhook.store.interruptions import persistent, tried_twice
from webhook.store.names import same_vulnerabilities
from webhook.store.outbox import announce
from webhook.store.tables.decisions import requests as table
from webhook.store.triage.journal import write_note
from webhook.store.triage.limits import ESCAPE, containing, limited
from webhook.store.values import to_json

_R = table.c
_CONTENT = msgspec.json.Decoder(ExceptionRequest)
_MOST_NUMBER = 2**31
"""Numbers are below; a driver refuses what its column cannot hold."""


class RequestRepository:
    """The requests of the database; implements ``RequestStore``.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @persistent
    def change(
        self,
        rule: Callable[[RequestView], RequestChange],
        *,
        now: dt.datetime,
        namespace: str = "",
        number: int | None = None,
        member: MemberRequest | None = None,
    ) -> ExceptionRequest:
        """Do what a rule makes of a request, with its assessments and its rows in the audit log, all or nothing.

        What it records about a request of a member is decided for that member alone.

        Args:
            rule: gets the request as it is in the transaction; what it raises ends the transaction.
            now: UTC, aware; written to the audit log.
            namespace: of a new request; that of one which is there already counts otherwise.
            number: of the request; None for a new one, and for one that ``member`` names.
            member: where it comes from; the request is the one of this number, where there is one.

        Raises:
            StoreError: nothing was changed.
        """
        with self._database.change(lazily=True) as change:
            connection = change.connection  # its lock makes all who change requests wait for each other
            request = None if number is None else _one(connection, number)
            if request is None and member is not None:
                request = next(iter(_all(connection, _is_of(member))), None)
            where = namespace if request is None else request.scope.namespace or ""
            cluster = (member.cluster if member is not None else "") if request is None else request.cluster
            here = and_(_R.namespace == where, _R.phase == Phase.WAITING.value, _R.cluster == literal(cluster))
            waiting = _all(connection, here)
            covered = [] if request is None else _all(connection, _R.covered_by == request.number)
            made = rule(RequestView(request, waiting, covered, lambda batch: _history(connection, batch, cluster)))
            written = [_write(connection, item) for item in made.requests]
            records = made.records
            if request is None:  # only now there is a number to name the batch by
                records = tuple(structs.replace(record, batch=written[0].batch) for record in records)
            if cluster:
                append_for(change, cluster, records)
            else:
                append(change, records)
            announce(connection, [request_made(item) for item in written if item.phase is Phase.WAITING], now)
            for place, note in made.notes:
                write_note(connection, note, now, written[place].batch)
            change.unchanged = not records
        return written[0]

    @tried_twice
    def find(self, number: int) -> ExceptionRequest | None:
        """One request.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return _one(connection, number)

    @tried_twice
    def page(self, scan: RequestScan, after: int | None, most: int, *, now: dt.datetime) -> Sequence[ExceptionRequest]:
        """Requests, newest first, behind a number.

        Raises:
            TooBroad: it takes too long.
            StoreError: the database does not answer.
        """
        query = select(_R.content).order_by(_R.id.desc()).limit(most)
        if after is not None:
            query = query.where(_R.id < after)
        with limited(self._database) as connection:
            return _read(connection, _chosen(query, scan, now))

    @tried_twice
    def waiting(self, since: dt.datetime, most: int, *, now: dt.datetime) -> Sequence[ExceptionRequest]:
        """Requests that wait and were made at a time or before, the oldest first.

        Raises:
            TooBroad: it takes too long.
            StoreError: the database does not answer.
        """
        query = select(_R.content).where(_R.created <= since).order_by(_R.created, _R.id).limit(most)
        with limited(self._database) as connection:
            return _read(connection, _chosen(query, RequestScan(phase=Phase.WAITING), now))

    @tried_twice
    def namespaces(self) -> Sequence[str]:
        """Namespaces that somebody has asked for, sorted.

        Raises:
            StoreError: the database does not answer.
        """
        own = and_(_R.namespace != "", _R.cluster == literal(""))
        query = select(_R.namespace).where(own).distinct().order_by(_R.namespace)
        with self._database.read() as connection:
            return connection.execute(query).scalars().all()

    @tried_twice
    def with_origin(self, kind: str) -> Sequence[ExceptionRequest]:
        """Those that stand for objects of a kind, in order of their numbers.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return _all(connection, _R.origin.like(f"{kind} %"))

    @tried_twice
    def of_member(self, cluster: str, numbers: Collection[int], *, now: dt.datetime) -> Sequence[ExceptionRequest]:
        """Requests of a member that are open, and those of some of its numbers, in order of these.

        Raises:
            StoreError: the database does not answer.
        """
        is_open = and_(_R.phase.in_([Phase.WAITING.value, Phase.APPROVED.value]), ~_is_past(now))
        query = select(_R.content).where(
            _R.cluster == literal(cluster), or_(is_open, _R.member_number.in_(sorted(numbers)))
        )
        with self._database.read() as connection:
            return _read(connection, query.order_by(_R.member_number))

    @tried_twice
    def counts(self, now: dt.datetime) -> RequestCounts:
        """How many there are of each phase.

        Raises:
            StoreError: the database does not answer.
        """
        lapsed = _lapsed(now)
        with self._database.read() as connection:
            numbers = {
                Phase(phase): count
                for phase, count in connection.execute(select(_R.phase, func.count()).group_by(_R.phase))
            }
            gone = connection.execute(select(func.count()).where(lapsed)).scalar_one()
            oldest = connection.execute(
                select(func.min(_R.created)).where(_R.phase == Phase.WAITING.value, ~_is_past(now))
            ).scalar_one_or_none()
        waiting = numbers.get(Phase.WAITING, 0) - gone
        every = {phase: numbers.get(phase, 0) for phase in Phase}
        return RequestCounts({**every, Phase.WAITING: waiting, Phase.LAPSED: gone}, oldest)


def note_fixed(connection: Connection, batch: str, version: str) -> None:
    """Note at the request whose approval recorded a batch that a fixed version has ended its exception."""
    digits = batch.removeprefix("hub-").removeprefix("request-")
    request = _one(connection, int(digits)) if digits != batch and digits.isdecimal() else None
    if request is not None and request.batch == batch and request.phase is Phase.APPROVED:
        _write(connection, replace(request, fixed_in=version))


def _history(connection: Connection, batch: str, cluster: str) -> BatchHistory:
    if cluster:
        every = decisions_of(connection, cluster, 0)
        records = [record for record in every if record.batch == batch]
        known = same_vulnerabilities(connection, frozenset(record.vulnerability for record in records))
        return BatchHistory(records, every, known)
    records = find(connection, AssessmentQuery(batch=batch))
    names = frozenset(record.vulnerability for record in records)
    every = find(connection, AssessmentQuery(about=names)) if records else []
    return BatchHistory(records, every, same_vulnerabilities(connection, names))


def _write(connection: Connection, request: ExceptionRequest) -> ExceptionRequest:
    """Add a request, or put it in the place of what it was; with its number."""
    if not request.number:
        result = connection.execute(insert(table).values(_columns(request)).returning(_R.id))
        request = replace(request, number=int(result.scalar_one()))
    connection.execute(update(table).where(_R.id == request.number).values(_columns(request)))
    return request


def _columns(request: ExceptionRequest) -> dict[str, object]:
    return {
        "phase": request.phase.value,
        "namespace": request.scope.namespace or "",
        "user": request.askers[0].person.username,
        "vulnerabilities": to_json(request.vulnerabilities),
        "until": request.until,
        "created": request.created,
        "covered_by": request.answer.covered_by or None if request.answer is not None else None,
        "origin": request.origin or None,
        "content": to_json(request),
        "cluster": request.cluster,
        "member_number": None if request.member is None else request.member.number,
    }


def _one(connection: Connection, number: int) -> ExceptionRequest | None:
    found = _all(connection, _R.id == number) if number < _MOST_NUMBER else []
    return found[0] if found else None


def _is_of(member: MemberRequest) -> ColumnElement[bool]:
    return and_(_R.cluster == literal(member.cluster), _R.member_number == literal(member.number))


def _all(connection: Connection, condition: ColumnElement[bool]) -> list[ExceptionRequest]:
    return _read(connection, select(_R.content).where(condition).order_by(_R.id))


def _read(connection: Connection, query: Select[Any]) -> list[ExceptionRequest]:
    return [_CONTENT.decode(content) for content in connection.execute(query).scalars()]


def _chosen(query: Select[Any], scan: RequestScan, now: dt.datetime) -> Select[Any]:
    if scan.phase is Phase.LAPSED:
        query = query.where(_lapsed(now))
    elif scan.phase is not None:
        query = query.where(_R.phase == literal(scan.phase.value))
        if scan.phase is Phase.WAITING:
            query = query.where(~_is_past(now))
    if scan.namespace is not None:
        query = query.where(_R.namespace == literal(scan.namespace))
    if scan.within is not None:
        query = query.where(_R.namespace.in_(scan.within))
    if scan.cluster is not None:
        query = query.where(_R.cluster == literal(scan.cluster))
    if scan.user is not None:
        query = query.where(_R.user == literal(scan.user))
    if scan.vulnerability is not None:
        quoted = to_json(scan.vulnerability)
        query = query.where(func.lower(_R.vulnerabilities).like(containing(quoted), escape=ESCAPE))
    return query


def _is_past(now: dt.datetime) -> ColumnElement[bool]:
    return and_(_R.until.is_not(None), _R.until <= now)


def _lapsed(now: dt.datetime) -> ColumnElement[bool]:
    return and_(_R.phase == Phase.WAITING.value, _is_past(now))
