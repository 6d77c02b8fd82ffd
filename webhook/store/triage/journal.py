"""Recorded history, newest first and page by page: assessments, runs and the audit log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, insert, literal, or_, select, tuple_

from webhook.model.downloads import DownloadReport
from webhook.model.records import RunRecord
from webhook.model.triage import AssessmentLine, AssessmentScan, AuditLine, AuditNote, AuditScan, Key
from webhook.store.names import spellings
from webhook.store.queries import ASSESSMENT_COLUMNS, among, page_rows
from webhook.store.rows import read_assessment
from webhook.store.tables.decisions import BY_HAND, assessments, audit_log
from webhook.store.tables.runs import runs
from webhook.store.values import to_json, to_microseconds, to_moment

_A, _L = assessments.c, audit_log.c
_DETAIL = msgspec.json.Decoder(dict[str, str])
_REPORT = msgspec.json.Decoder(DownloadReport)


def assessment_lines(
    connection: Connection, scan: AssessmentScan, after: Key | None, most: int
) -> list[AssessmentLine]:
    """A page of records: newest first, or the soonest end first where the scan is about ends."""
    order = (_A.until, _A.sequence) if scan.by_end else (_A.sequence,)
    query = select(*ASSESSMENT_COLUMNS).limit(most)
    query = query.order_by(*(order if scan.by_end else (_A.sequence.desc(),)))
    if after is not None:
        here, there = tuple_(*order), tuple_(*(literal(part) for part in after))
        query = query.where(here > there if scan.by_end else here < there)
    if scan.names is not None:
        query = query.where(among(connection, _A.vulnerability, spellings(connection, scan.names)))
    rows = page_rows(connection, _chosen(query, scan))
    until, sequence = 10, 14
    return [
        AssessmentLine(read_assessment(row), (row[until], row[sequence]) if scan.by_end else (row[sequence],))
        for row in rows
    ]


def _chosen(query: Select[Any], scan: AssessmentScan) -> Select[Any]:
    equal = {"vulnerability": scan.vulnerability, "author": scan.author, "type": scan.type, "batch": scan.batch}
    for name, value in {**equal, "package": scan.package}.items():
        if value is not None:
            query = query.where(_A[name] == literal(value))
    if scan.by_hand:
        query = query.where(BY_HAND)
    if scan.ends_after is not None:
        query = query.where(_A.until > literal(to_microseconds(scan.ends_after)), _A.type.is_not(None))
    if scan.ends_before is not None:
        query = query.where(_A.until <= literal(to_microseconds(scan.ends_before)), _A.type.is_not(None))
    if scan.withdrawals is not None:
        query = query.where(_A.type.is_(None) if scan.withdrawals else _A.type.is_not(None))
    if scan.ended_at is not None:
        query = query.where(_A.until <= literal(to_microseconds(scan.ended_at)))
    if scan.going_on_at is not None:
        query = query.where(or_(_A.until.is_(None), _A.until > literal(to_microseconds(scan.going_on_at))))
    if scan.since is not None:
        query = query.where(_A.assessed_at >= literal(to_microseconds(scan.since)))
    return query


def run_lines(connection: Connection, after: Key | None, most: int) -> list[tuple[int, RunRecord]]:
    """A page of runs."""
    query = (
        select(runs.c.id, runs.c.started, runs.c.finished, runs.c.report, runs.c.fence)
        .order_by(runs.c.id.desc())
        .limit(most)
    )
    if after is not None:
        query = query.where(runs.c.id < after[0])
    rows = page_rows(connection, query)
    return [
        (number, RunRecord(to_moment(started), to_moment(finished), _REPORT.decode(report), fence))
        for number, started, finished, report, fence in rows
    ]


def audit_lines(connection: Connection, scan: AuditScan, after: Key | None, most: int) -> list[AuditLine]:
    """A page of the audit log."""
    query = select(_L.id, _L.at, _L.actor, _L.recorded_by, _L.action, _L.subject, _L.detail, _L.batch)
    query = query.order_by(_L.id.desc()).limit(most)
    for name, value in (("actor", scan.actor), ("action", scan.action), ("batch", scan.batch)):
        if value is not None:
            query = query.where(_L[name] == literal(value))
    if after is not None:
        query = query.where(_L.id < after[0])
    return [
        AuditLine(number, to_moment(at), AuditNote(actor, by, action, subject, _DETAIL.decode(detail)), batch or "")
        for number, at, actor, by, action, subject, detail, batch in page_rows(connection, query)
    ]


def write_note(connection: Connection, note: AuditNote, at: dt.datetime, batch: str = "") -> None:
    """Add a row to the audit log in the transaction of the change."""
    values: Mapping[str, object] = {
        "at": at,
        "actor": note.actor,
        "recorded_by": note.recorded_by,
        "action": note.action,
        "subject": note.subject,
        "detail": to_json(dict(note.detail)),
        "batch": batch or None,
    }
    connection.execute(insert(audit_log).values(values))
