"""What people are told, and what the audit log keeps, of requests, ended exceptions and failed runs."""

from __future__ import annotations

import datetime as dt
import hashlib
from urllib.parse import quote

from webhook.model.assessments import ENDED_BY_FIX, Assessment
from webhook.model.downloads import DownloadReport
from webhook.model.leases import Lease
from webhook.model.notifications import Announcement, Topic
from webhook.model.requests import ExceptionRequest
from webhook.model.triage import AuditNote
from webhook.policy.audit import subject_of
from webhook.policy.phrases import UNTIL_FIXED, moment
from webhook.policy.scopes import described


def exception_ended(record: Assessment) -> Announcement:
    """That an exception ended, told once.

    Args:
        record: as it was stated again, with the fixed version.
    """
    facts = {
        "fixed in": record.fixed_in,
        "for": described(record.scope),
        "type": record.type or "",
        "by": record.author,
        "decided on": moment(record.assessed_at),
    }
    about = (record.vulnerability.casefold(), described(record.scope, 0), record.batch, moment(record.assessed_at))
    key = hashlib.sha256("\0".join(about).encode()).hexdigest()[:32]
    path = f"/vulnerabilities/{quote(record.vulnerability, safe='')}"
    return Announcement(f"fixed/{key}", Topic.EXCEPTION_ENDED, record.vulnerability, facts, path)


def noted_end(record: Assessment) -> AuditNote:
    """The audit log entry for an exception that ended."""
    detail = {"type": record.type or "", "comment": f"Fixed in {record.fixed_in}.", "decided by": record.author}
    return AuditNote(ENDED_BY_FIX, "", "end-by-fix", subject_of([record]), detail)


_SHOWN = 5


def request_made(request: ExceptionRequest) -> Announcement:
    """That somebody asks; a change of what is asked for is told again, somebody who joins is not."""
    return _told(request, Topic.REQUEST, "request")


def request_waits(request: ExceptionRequest) -> Announcement:
    """That nobody has answered for long."""
    return _told(request, Topic.REQUEST_WAITS, "request-waits")


def _told(request: ExceptionRequest, topic: Topic, word: str) -> Announcement:
    names = request.vulnerabilities
    rest = len(names) - _SHOWN
    first = request.askers[0]
    facts = {
        "cluster": request.cluster,
        "for": described(request.scope),
        "by": first.person.name,
        "why": first.reason,
        "object": request.origin,
        "until": "" if request.until is None else moment(request.until),
        "or until": UNTIL_FIXED if request.until_fixed else "",
        "waits since": moment(request.created),
    }
    return Announcement(
        f"{word}/{request.number}/{request.version}",
        topic,
        f"request {request.number}: {', '.join(names[:_SHOWN])}{f' and {rest} more' if rest > 0 else ''}",
        {name: text for name, text in facts.items() if text},
        f"/requests/{request.number}",
    )


_PATH = "/runs"


def run_failed(report: DownloadReport, started: dt.datetime) -> Announcement:
    """That a run did not complete.

    Args:
        report: what it did.
        started: when it began, UTC.
    """
    facts = {
        "why": report.stopped_by or "components failed",
        "asked": str(report.asked),
        "answered": str(report.answered),
        "failed": str(report.failed),
    }
    day = started.astimezone(dt.UTC)
    # Runs follow each other every few minutes while something new is unknown: the same trouble is told once a day.
    key = f"run/{report.stopped_code or 'incomplete'}/{day:%Y-%m-%d}"
    return Announcement(key, Topic.RUN_FAILED, f"run of {moment(day)}", facts, _PATH)


def run_vanished(lease: Lease) -> Announcement:
    """That a run ended without a word: its process was killed, or lost the database for good. Told once a day.

    Args:
        lease: of the run, which ended without being given back.
    """
    last = lease.until.astimezone(dt.UTC)
    facts = {"why": "its process ended without saying so", "where": lease.holder, "last sign of life": moment(last)}
    return Announcement(f"run/vanished/{last:%Y-%m-%d}", Topic.RUN_FAILED, f"run at {lease.holder}", facts, _PATH)
