"""The lists of recorded history: assessments, runs, and the audit log."""

from __future__ import annotations

from typing import Any

from webhook.console.face import ConsoleFace
from webhook.console.lists.base import MAYBE_TEXT, MOMENT, NUMBER, Column, Filter, ListView, Values, moment
from webhook.console.lists.findings import vulnerability_path
from webhook.engines.triage.assessments import AssessmentFilter, AssessmentRow, Standing
from webhook.model.records import RunRecord
from webhook.model.triage import AssessmentScan, AuditLine, AuditScan, Key, Page
from webhook.policy.scopes import described

_STANDINGS = tuple(
    (item.value.replace(" ", "-"), item.value.capitalize()) for item in Standing if item is not Standing.REPLACED
)
"""No index finds the few that were replaced among all; the page of their vulnerability has them."""
_ACTIONS = (
    "assess",
    "undo",
    "withdraw",
    "request",
    "join-request",
    "change-request",
    "approve-request",
    "deny-request",
    "withdraw-request",
    "end-by-fix",
    "create-type",
    "edit-type",
    "retire-type",
    "start-run",
    "cancel-run",
    "add-vex",
    "remove-vex",
    "forget-member",
)
_DECIMAL = {"type": ["number", "null"]}


def _batch(name: str) -> str | None:
    return f"/batches/{name}" if name else None


_ASSESSMENT_COLUMNS: tuple[Column[AssessmentRow], ...] = (
    Column(
        "vulnerability",
        "Vulnerability",
        lambda row: row.assessment.vulnerability,
        "key",
        lambda row: vulnerability_path(row.assessment.vulnerability),
    ),
    Column("type", "Type", lambda row: row.assessment.type, "type", schema=MAYBE_TEXT),
    Column("standing", "Counts", lambda row: row.standing.value, "standing"),
    Column("scope", "For", lambda row: described(row.assessment.scope), "code"),
    Column("author", "Author", lambda row: row.assessment.author),
    Column("comment", "Comment", lambda row: row.assessment.comment, "prose"),
    Column("assessed_at", "When", lambda row: moment(row.assessment.assessed_at), "moment", schema=MOMENT),
    Column("until", "Until", lambda row: moment(row.assessment.until), "end", schema=MOMENT),
    Column("until_fixed", "", lambda row: row.assessment.until_fixed, schema={"type": "boolean"}),
    Column("fixed_in", "", lambda row: row.assessment.fixed_in),
    Column("batch", "Batch", lambda row: row.assessment.batch, "code", lambda row: _batch(row.assessment.batch)),
    Column("source", "", lambda row: row.assessment.source.value),
    Column("recorded_by", "", lambda row: row.assessment.recorded_by),
    Column("rule", "", lambda row: row.assessment.rule),
    Column("sequence", "", lambda row: row.assessment.sequence, schema=NUMBER),
)


def assessment_list(face: ConsoleFace) -> ListView[AssessmentRow]:
    """Records of assessments, each with whether it counts."""

    def fetch(values: Values, after: Key | None, most: int) -> Page[AssessmentRow]:
        standing = values.get("standing")
        scan = AssessmentScan(
            vulnerability=values.get("vulnerability"),
            author=values.get("author"),
            type=values.get("type"),
            batch=values.get("batch"),
            by_hand=bool(values.get("by_hand")),
            since=values.get("since"),
            package=values.get("package"),
        )
        wanted = AssessmentFilter(
            Standing(standing.replace("-", " ")) if standing else None, values.get("ends_within"), scan
        )
        return face.assessments.page(wanted, after, most)

    return ListView(
        "assessments",
        "Assessments",
        "What was decided, by whom, and whether it counts now; nothing is ever removed.",
        _assessment_filters(face),
        _ASSESSMENT_COLUMNS,
        fetch,
        lambda values: (int, int) if values.get("ends_within") else (int,),
        "No assessment matches. Tick vulnerabilities in their list to make one.",
        "assessments",
    )


def _assessment_filters(face: ConsoleFace) -> tuple[Filter, ...]:
    return (
        Filter("vulnerability", "Vulnerability", placeholder="CVE-2021-44228", help="As it was recorded."),
        Filter("standing", "Counts", "choice", lambda: _STANDINGS),
        Filter("type", "Type", "choice", lambda: [(row.type.name, row.type.name) for row in face.types.rows()]),
        Filter("author", "Author"),
        Filter("package", "Package", placeholder="pkg:npm/lodash"),
        Filter("since", "Recorded since", "date", placeholder="7d or 2026-11-29"),
        Filter("ends_within", "Ends within days", "days", placeholder="7"),
        Filter("batch", "Batch"),
        Filter("by_hand", "By people only", "flag"),
    )


def run_list(face: ConsoleFace) -> ListView[tuple[int, RunRecord]]:
    """Runs of the downloader."""

    def fetch(_: Values, after: Key | None, most: int) -> Page[tuple[int, RunRecord]]:
        found = face.store.runs(after, most + 1)
        return Page(tuple(found[:most]), (found[most - 1][0],) if len(found) > most else None)

    def number(name: str, label: str) -> Column[tuple[int, RunRecord]]:
        return Column(name, label, lambda row: getattr(row[1].report, name), "count", schema=NUMBER)

    return ListView(
        "runs",
        "Runs",
        "What the downloader asked and learnt, the newest run first.",
        (),
        (
            Column(
                "started",
                "Started",
                lambda row: moment(row[1].started),
                "instant",
                _run_path,
                schema=MOMENT,
            ),
            Column("finished", "Ended", lambda row: moment(row[1].finished), "instant", schema=MOMENT),
            Column("complete", "Complete", lambda row: row[1].report.complete, "yes", schema={"type": "boolean"}),
            number("asked", "Asked"),
            number("answered", "Answered"),
            number("vulnerable", "Vulnerable"),
            number("failed", "Failed"),
            number("new_vulnerabilities", "New"),
            number("auto_assessed", "Assessed"),
            Column("credits_used", "Credits", lambda row: row[1].report.credits_used, schema=_DECIMAL),
            Column("credits_remaining", "Left", lambda row: row[1].report.credits_remaining, schema=_DECIMAL),
            Column("stopped_by", "Why it ended early", lambda row: row[1].report.stopped_by, "prose"),
            Column("stopped_code", "", lambda row: row[1].report.stopped_code),
            Column("skipped", "", lambda row: dict(row[1].report.skipped), schema={"type": "object"}),
            Column("number", "", lambda row: row[0], schema=NUMBER),
        ),
        fetch,
        lambda _: (int,),
        "The downloader never ran. `bomgate download` starts it; in a cluster it runs every night.",
        "runs",
        template="runs.html",
    )


def _run_path(row: tuple[int, RunRecord]) -> str:
    return f"/runs/{row[0]}"


def audit_list(face: ConsoleFace) -> ListView[AuditLine]:
    """Who changed what."""

    def fetch(values: Values, after: Key | None, most: int) -> Page[AuditLine]:
        scan = AuditScan(values.get("actor"), values.get("action"), values.get("batch"))
        found = face.store.audit(scan, after, most + 1)
        return Page(tuple(found[:most]), (found[most - 1].number,) if len(found) > most else None)

    return ListView(
        "audit",
        "Audit log",
        "Who changed what, from where, the newest change first.",
        (
            Filter("actor", "Person"),
            Filter("action", "Action", "choice", lambda: [(item, item) for item in _ACTIONS]),
            Filter("batch", "Batch"),
        ),
        (
            Column("at", "When", lambda line: moment(line.at), "moment", schema=MOMENT),
            Column("actor", "Person", lambda line: line.note.actor),
            Column("action", "Action", lambda line: line.note.action),
            Column("subject", "What", lambda line: line.note.subject, "prose"),
            Column("detail", "Details", _detail, "facts", schema={"type": "object"}),
            Column("batch", "Batch", lambda line: line.batch, "code", _batch_of),
            Column("recorded_by", "From", lambda line: line.note.recorded_by),
            Column("number", "", lambda line: line.number, schema=NUMBER),
        ),
        fetch,
        lambda _: (int,),
        "Nobody has changed anything since the log began.",
        "audit",
    )


def _batch_of(line: AuditLine) -> str | None:
    """The page of the batch of a row; what a hub has decided for one member is there."""
    cluster = line.note.detail.get("cluster")
    return f"/clusters/{cluster}/batches/{line.batch}" if cluster and line.batch else _batch(line.batch)


def _detail(line: AuditLine) -> dict[str, Any]:
    return dict(line.note.detail)
