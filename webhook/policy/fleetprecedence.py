"""Precedence in a fleet: what counts at a member, where its hub and people of the cluster have decided.

A stricter assessment that was made here always counts. A milder one counts only where ``fleet.localLoosening`` allows
it; else what holds without it stands: what the hub has decided, what VEX states, what a type gives by itself, or
nothing. Where both may count, the usual precedence decides (:mod:`webhook.policy.matching`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from msgspec.structs import replace

from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource
from webhook.model.policies import LocalRule
from webhook.model.verdicts import Finding
from webhook.policy.plaintext import plain

Passes = Callable[[Assessment], bool]
"""Which records are looked at."""
_LONGEST = 100


def is_not_local(record: Assessment) -> bool:
    """Whether a record is the hub's, or nobody's, and so not one of people of this cluster."""
    return not is_local(record)


def is_local(record: Assessment) -> bool:
    """Whether people of this cluster made a record, at whatever place."""
    return record.by_hand and record.source is not AssessmentSource.FLEET


def is_not_fleet(record: Assessment) -> bool:
    """Whether a record is none of the hub."""
    return record.source is not AssessmentSource.FLEET


def strictest(rule: LocalRule, whole: Action, without_local: Action, local: Action | None) -> Action:
    """What a finding gets at a member.

    Args:
        rule: how local assessments count.
        whole: what the usual precedence gives.
        without_local: what holds without local assessments.
        local: what a local assessment gives that would be in force without the hub's; None where there is none.
    """
    if rule is LocalRule.ORDINARY:
        return whole
    base = whole if rule is LocalRule.LOOSENS else max(whole, without_local)
    return base if local is None else max(base, local)


def settled(rule: LocalRule, whole: Finding, view: Callable[[Passes], Finding]) -> Finding:
    """The finding that counts at a member.

    Args:
        rule: how local assessments count; not ``ORDINARY``.
        whole: what the usual precedence gives.
        view: what it gives by some records alone.
    """
    others, own = view(is_not_local), view(is_not_fleet)
    local = own if own.assessment is not None and is_local(own.assessment) else None
    action = strictest(rule, whole.action, others.action, None if local is None else local.action)
    if whole.action == action:
        chosen = whole
    elif others.action == action or local is None:
        chosen = _with_note(others, _refused(whole.assessment))
    else:
        chosen = _with_note(local, "stricter here than what the fleet decided")
    return replace(chosen, changes_at=_first(whole.changes_at, others.changes_at, own.changes_at))


def _refused(milder: Assessment | None) -> str:
    if milder is None:
        return ""
    by = plain(milder.author, _LONGEST)
    return f"{plain(milder.type or '', _LONGEST)} by {by} does not count: it is milder, and fleet.localLoosening is off"


def _with_note(finding: Finding, note: str) -> Finding:
    return replace(finding, note="; ".join(filter(None, (finding.note, note))))


def _first(*moments: dt.datetime | None) -> dt.datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
