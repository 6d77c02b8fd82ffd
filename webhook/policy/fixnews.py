"""What people are told of exceptions that ended because a fixed version is known."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from webhook.model.assessments import ENDED_BY_FIX, Assessment
from webhook.model.notifications import Announcement, Topic
from webhook.model.triage import AuditNote
from webhook.policy.audit import subject_of
from webhook.policy.phrases import moment
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
