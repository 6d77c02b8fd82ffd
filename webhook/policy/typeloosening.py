"""Loosening of types: which changes of a type can admit what would be denied or warned of without them.

What the definitions say comes first: a milder action, or another life. Then the judge that admission has is asked with
the types before and after, about a vulnerability of each kind that they tell apart: when it is new, when attacks on it
get known while it has an assessment or once that has ended, and when an assessment of any type has ended. What a score
may do later is not counted on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec import structs

from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, AssessmentType, CvssRange, Scope, StoredType
from webhook.model.policies import Policy
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.answeredpairs import AnsweredPair
from webhook.policy.automatic import assessment_by_exploitation, auto_assessment
from webhook.policy.evaluation import Rules
from webhook.policy.judge import Judge
from webhook.policy.loosening import ApprovalNeeded
from webhook.policy.matching import AssessmentIndex
from webhook.policy.outlooks import told_apart
from webhook.policy.plaintext import plain
from webhook.policy.typetable import TypeTable

Stack = Sequence[Assessment]
"""Records about one finding, oldest first."""
_COMPONENT = Purl("pkg:generic/any@1")
_BEGIN = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_SOON, _LONG = dt.timedelta(hours=1), dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TypeChange:
    """A change of a type.

    Attributes:
        former: as it is stored; None when it is not.
        wanted: as it would be; None when it would be retired. What was given goes on to deny or to warn then.
        before: all types as they are.
        after: all types as they would be.
        policy: what is not assessed gets.
        is_carried: whether a record that can still matter carries its name. Without a type of that name such a record
            warns at least, and denies where ``policy.unassessed`` does.
    """

    former: StoredType | None
    wanted: AssessmentType | None
    before: TypeTable
    after: TypeTable
    policy: Policy
    is_carried: bool = False


def type_loosens(change: TypeChange) -> str:
    """Why a change of a type loosens, in words; empty when it does not."""
    former, wanted = change.former, change.wanted
    if former is not None and not former.retired and former.type == wanted:
        return ""
    return _stated(former, wanted, is_carried=change.is_carried) or _by_effect(change)


def _stated(former: StoredType | None, wanted: AssessmentType | None, *, is_carried: bool) -> str:
    """What the definitions themselves loosen."""
    before = None if former is None or former.retired else former.type
    if wanted is None:
        gives = before is not None and before.is_automatic and before.action is not Action.ALLOW
        return "vulnerabilities would no longer get it by themselves" if gives else ""
    if former is not None and former.retired and wanted.action is not Action.DENY:
        return "what was given when it was retired would no longer deny or warn"
    if before is None and is_carried and wanted.action is not Action.DENY:
        return "assessments that carry its name would no longer deny or warn"
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
    return ""


def _by_effect(change: TypeChange) -> str:
    """What the judge says of the types before and after."""
    rules = (Rules(change.before, change.policy), Rules(change.after, change.policy))
    for vulnerability in told_apart((change.before, change.after)):
        if any(_is_milder(rules, (record,) * 2, vulnerability) for record in _ended(change)):
            return "what follows the end of assessments would be milder"
        if any(_is_milder(rules, given, vulnerability) for given in _given(rules, vulnerability)):
            return "what vulnerabilities get by themselves would be milder, or end earlier"
    return ""


def _ended(change: TypeChange) -> Iterator[Stack]:
    """An assessment of each type that has just ended."""
    names = {kind.name: None for table in (change.before, change.after) for kind in (*table, *table.all_retired)}
    for name in names:
        is_known = change.before.get(name) is not None or change.before.retired(name) is not None
        if is_known or change.is_carried:
            yield (_record(name, _BEGIN),)


def _given(rules: tuple[Rules, Rules], one: Vulnerability) -> Iterator[tuple[Stack, Stack]]:
    """What a vulnerability gets by itself before and after a change: when it is new, and once attacks get known."""
    before, after = (each.types for each in rules)
    yield _auto(before, one), _auto(after, one)
    quiet = structs.replace(one, exploitation=None)
    for first in ((_auto(before, quiet), _auto(before, quiet)), (_auto(before, quiet), _auto(after, quiet))):
        ends = [record.until for stack in first for record in stack if record.until is not None]
        for at in dict.fromkeys([_BEGIN + _SOON, *(end - _SOON for end in ends), *(end + _SOON for end in ends)]):
            yield _attacked(before, first[0], one, at), _attacked(after, first[1], one, at)


def _auto(types: TypeTable, one: Vulnerability) -> Stack:
    given = auto_assessment(types, one, _COMPONENT.package, _BEGIN)
    return () if given is None else (structs.replace(given, sequence=1),)


def _attacked(types: TypeTable, there: Stack, one: Vulnerability, at: dt.datetime) -> Stack:
    """What is there once attacks on a vulnerability get known."""
    known: Mapping[str, Stack] = {one.id.casefold(): there}
    given = assessment_by_exploitation(types, AnsweredPair(one, _COMPONENT.package, False, one.cvss_score), known, at)
    return there if given is None else (*there, structs.replace(given, sequence=2))


def _record(name: str, until: dt.datetime) -> Assessment:
    return Assessment("", name, Scope(), AssessmentSource.MANUAL, "", "", until, until, sequence=1)


def _is_milder(rules: tuple[Rules, Rules], stacks: tuple[Stack, Stack], one: Vulnerability) -> bool:
    """Whether a finding ever gets something milder after a change."""
    records = [structs.replace(record, vulnerability=one.id) for record in (*stacks[0], *stacks[1])]
    begins = {record.assessed_at for record in records} | {record.until for record in records if record.until}
    days = {kind.expires_after_days for each in rules for kind in each.types}
    lives = [dt.timedelta(days=life) for life in days if life is not None]
    indexes = [
        AssessmentIndex.of(structs.replace(record, vulnerability=one.id) for record in stack) for stack in stacks
    ]
    since = max((stack[-1].assessed_at for stack in stacks if stack), default=_BEGIN)
    moments = {at for begin in begins for at in (begin, *(begin + life for life in lives)) if at >= since}
    for at in moments | {since}:
        was, then = (
            Judge(each, index, at).finding(_COMPONENT, one).action for each, index in zip(rules, indexes, strict=True)
        )
        if then < was:
            return True
    return False


def _takes_less(one: AssessmentType, other: AssessmentType) -> bool:
    """Whether all that gets a type by itself would get the other, too."""
    least, others = one.auto_epss, other.auto_epss
    is_likelier = least is None or (others is not None and others <= least)
    return is_likelier and one.auto_kev <= other.auto_kev and _within(one.auto_assess, other.auto_assess)


def _within(one: CvssRange | None, other: CvssRange | None) -> bool:
    return one is None or (other is not None and other.low <= one.low and one.high <= other.high)


def check_type(change: TypeChange, name: str) -> None:
    """Refuse a change of a type that loosens, see :func:`type_loosens`.

    Raises:
        ApprovalNeeded: it does.
    """
    why = type_loosens(change)
    if why:
        raise ApprovalNeeded(
            f"The type {plain(name, 60)} would loosen: {why} (requests.required).",
            remedy="Types are loosened in the settings file alone then: define it in assessmentTypes.",
        )
