"""Audit: log entries for changes."""

from __future__ import annotations

from collections.abc import Sequence

from webhook.model.assessments import Assessment
from webhook.model.triage import AuditNote
from webhook.policy.scopes import described

_SHOWN = 5


def noted(records: Sequence[Assessment], action: str = "") -> AuditNote:
    """The audit log entry for the records of one command.

    Args:
        records: at least one.
        action: a word; ``assess`` when left out, or ``withdraw`` where the first record withdraws.
    """
    first = records[0]
    detail = {"records": str(len(records)), "type": first.type or "", "comment": first.comment}
    word = action or ("withdraw" if first.type is None else "assess")
    return AuditNote(first.author, first.recorded_by, word, subject_of(records), detail)


def subject_of(records: Sequence[Assessment]) -> str:
    """The subject of some records in words: a few identifiers and the first scope."""
    names = list(dict.fromkeys(record.vulnerability for record in records))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more} for {described(records[0].scope)}" if records else ""
