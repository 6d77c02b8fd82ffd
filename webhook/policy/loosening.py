"""Loosening: which changes of assessments and of types can admit what would be denied or warned of without them.

With ``requests.required`` they take two people, through whatever door they come. What is in doubt counts as loosening.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from webhook.errors import InvalidInput
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentType, CvssRange, OnExpiry, StoredType
from webhook.policy.plaintext import plain
from webhook.policy.precedence import Same, age, same_scope
from webhook.policy.scopes import described
from webhook.policy.typetable import TypeTable


class ApprovalNeeded(InvalidInput):
    """What somebody wants to record loosens, and no other person has approved it."""

    code = "approval-needed"
    default_remedy = (
        "Ask for an exception in the console or with bomgate requests create, or state it as an Assessment object; "
        "another person approves it."
    )


def loosening(
    records: Iterable[Assessment], there: Iterable[Assessment], types: TypeTable, now: dt.datetime
) -> Sequence[Assessment]:
    """Those of some records of people that loosen.

    A record that gives a type loosens unless the type denies, or the one in force for the same scope is as mild and
    lasts as long. A withdrawal loosens if what it withdraws denies or warns.

    Args:
        records: to be recorded by people, such as those of an undo; what CVSS ranges give is no decision of people.
        there: all assessments that can still matter.
        types: the table of types.
        now: UTC, aware.
    """
    wanted = list(records)
    scopes = {same_scope(record) for record in wanted}
    in_force: dict[Same, list[Assessment]] = {}
    for assessment in sorted(there, key=age):
        same = same_scope(assessment)
        if same not in scopes:
            continue
        if assessment.type is None:
            in_force.pop(same, None)
        elif not assessment.expired(now):
            in_force.setdefault(same, []).append(assessment)
    return [record for record in wanted if _loosens(record, in_force.get(same_scope(record), ()), types)]


def _loosens(record: Assessment, former: Sequence[Assessment], types: TypeTable) -> bool:
    if record.type is None:
        return any(_action(there.type or "", types) is not Action.ALLOW for there in former)
    action = _action(record.type, types)
    if action is Action.DENY:
        return False
    if not former:
        return True
    before = former[-1]
    return _action(before.type or "", types) > action or _is_longer(record.until, before.until)


def _action(name: str, types: TypeTable) -> Action:
    """What a type asks for; the strictest for one that nobody knows."""
    kind = types.get(name.strip()) or types.retired(name.strip())
    return Action.DENY if kind is None else kind.action


def _is_longer(until: dt.datetime | None, other: dt.datetime | None) -> bool:
    return other is not None and (until is None or until > other)


def check_assessments(
    records: Iterable[Assessment], there: Iterable[Assessment], types: TypeTable, now: dt.datetime
) -> None:
    """Refuse records that loosen, see :func:`loosening`.

    Raises:
        ApprovalNeeded: one does.
    """
    found = loosening(records, there, types, now)
    if not found:
        return
    one = found[0]
    what = "ends what denies or warns" if one.type is None else f"{one.type} does not deny"
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    raise ApprovalNeeded(
        f"Another person has to approve this (requests.required): {what}: {plain(one.vulnerability, 80)} for "
        f"{described(one.scope)}{more}."
    )


def type_loosens(former: StoredType | None, wanted: AssessmentType | None, *, is_carried: bool) -> str:
    """Why a change of a type loosens, in words; empty when it does not.

    Args:
        former: as it is stored; None when it is not.
        wanted: as it would be; None when it would be retired. What was given goes on to deny or to warn then.
        is_carried: whether a record that can still matter carries its name. Without a type of that name such a record
            warns at least, and denies where ``policy.unassessed`` does.
    """
    before = None if former is None or former.retired else former.type
    if wanted is None:
        gives = before is not None and before.is_automatic and before.action is not Action.ALLOW
        return "vulnerabilities would no longer get it by themselves" if gives else ""
    if former is not None and former.retired and wanted.action is not Action.DENY:
        return "what was given when it was retired would no longer deny or warn"
    if before is None and is_carried and wanted.action is not Action.DENY:
        return "assessments that carry its name would no longer deny or warn"
    if before is None and is_carried and wanted.on_expiry is OnExpiry.REASSESS:
        return "what follows the end of assessments that carry its name would change"
    if before is None:
        is_given = wanted.is_automatic and wanted.action is not Action.DENY
        return "vulnerabilities would get it by themselves" if is_given else ""
    return _change_loosens(before, wanted)


def _change_loosens(before: AssessmentType, wanted: AssessmentType) -> str:
    if wanted.action < before.action:
        return f"{before.action.word} would become {wanted.action.word}"
    if wanted.action is not Action.DENY and not _takes_less(wanted, before):
        return "more vulnerabilities would get it by themselves"
    if before.action is not Action.ALLOW and not _takes_less(before, wanted):
        return "some vulnerabilities would no longer get it by themselves"
    days, more_days = before.expires_after_days, wanted.expires_after_days
    is_shorter = more_days is not None and (days is None or more_days < days)
    is_longer = days is not None and (more_days is None or more_days > days)
    if (before.action is not Action.ALLOW and is_shorter) or (wanted.action is not Action.DENY and is_longer):
        return "its assessments would end at another time"
    milder = OnExpiry.REASSESS if before.action is Action.ALLOW else OnExpiry.UNASSESSED
    if wanted.on_expiry is milder and before.on_expiry is not milder:
        return "what follows the end of its assessments would change"
    return ""


def _takes_less(one: AssessmentType, other: AssessmentType) -> bool:
    """Whether all that gets a type by itself would get the other, too."""
    least, others = one.auto_epss, other.auto_epss
    is_likelier = least is None or (others is not None and others <= least)
    return is_likelier and one.auto_kev <= other.auto_kev and _within(one.auto_assess, other.auto_assess)


def _within(one: CvssRange | None, other: CvssRange | None) -> bool:
    return one is None or (other is not None and other.low <= one.low and one.high <= other.high)


def check_type(former: StoredType | None, wanted: AssessmentType | None, name: str, *, is_carried: bool) -> None:
    """Refuse a change of a type that loosens, see :func:`type_loosens`.

    Raises:
        ApprovalNeeded: it does.
    """
    why = type_loosens(former, wanted, is_carried=is_carried)
    if why:
        raise ApprovalNeeded(
            f"The type {plain(name, 60)} would loosen: {why} (requests.required).",
            remedy="Types are loosened in the settings file alone then: define it in assessmentTypes.",
        )
