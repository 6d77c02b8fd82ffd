"""Automatic assessments: what types give to a vulnerability by themselves, and again where a type asks for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec import structs

from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, AssessmentType, OnExpiry, Scope
from webhook.model.exploitation import Exploitation
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.answeredpairs import AnsweredPair, by_name, history_of, moved, score_move, stands_by_hand
from webhook.policy.conditions import EPSS, KEV, Automatic, exploited, match, names_condition, strictest_of
from webhook.policy.expiry import end_of_life
from webhook.policy.typetable import TypeTable

AUTHOR = "auto-assess"

Rule = Callable[[Vulnerability, str], Assessment | None]
"""What a vulnerability in a package (canonical purl without version) gets by its score, such as
:func:`auto_assessment`."""


def assessments_by_score(
    rule: Rule, pairs: Iterable[AnsweredPair], records: Iterable[Assessment], *, reassess: bool = False
) -> list[Assessment]:
    """The automatic assessments to store after an answer.

    A pair is assessed when it is new, or when its score has moved into a range for the first time: the former score lay
    in none of today's ranges, and no automatic assessment was ever given to it.

    Args:
        rule: applies today's ranges.
        pairs: what the answer names.
        records: at least all assessments of those vulnerabilities under any of their identifiers, in any case.
        reassess: also assess pairs again that only a range has assessed so far, for a score that is no longer theirs.
    """
    known = by_name(records)
    made = [
        rule(pair.vulnerability, pair.package)
        if pair.is_new
        else _again(rule, pair, history_of(pair, known), reassess=reassess)
        for pair in pairs
    ]
    return [assessment for assessment in made if assessment is not None]


def _again(rule: Rule, pair: AnsweredPair, history: Sequence[Assessment], *, reassess: bool) -> Assessment | None:
    vulnerability, package = pair.vulnerability, pair.package
    automatic = [assessment for assessment in history if not assessment.by_hand]
    if automatic:
        again = reassess and not stands_by_hand(history) and moved(automatic[-1].score, vulnerability.cvss_score)
        return rule(vulnerability, package) if again else None
    if not pair.is_rescored or rule(_as_scored(vulnerability, pair.former), package) is not None:
        return None
    made = rule(vulnerability, package)
    return (
        None
        if made is None
        else structs.replace(made, comment=f"The {score_move(pair.former, vulnerability.cvss_score)}.")
    )


def _as_scored(one: Vulnerability, score: Decimal | None) -> Vulnerability:
    return structs.replace(one, cvss_score=score, exploitation=None)


def assessments_by_exploitation(
    types: TypeTable, pairs: Iterable[AnsweredPair], records: Iterable[Assessment], now: dt.datetime
) -> list[Assessment]:
    """The automatic assessments to store when more is known of attacks, see :func:`assessment_by_exploitation`.

    Args:
        types: the table of types.
        pairs: known ones, with what was known before.
        records: at least all assessments of those vulnerabilities under any of their identifiers, in any case.
        now: UTC, aware.
    """
    known = by_name(records)
    made = [assessment_by_exploitation(types, pair, known, now) for pair in pairs]
    return [assessment for assessment in made if assessment is not None]


def assessment_by_exploitation(
    types: TypeTable, pair: AnsweredPair, known: Mapping[str, Sequence[Assessment]], now: dt.datetime
) -> Assessment | None:
    """The automatic assessment that a pair gets by what is known of attacks; None when it keeps what it has.

    A pair is assessed when a condition holds now that did not before: once for each type and kind of condition. Of
    several types that have such a condition the strictest counts. What was given automatically, and has not ended,
    stands if it is stricter, or as strict and lives as long; what allows is not prolonged.

    Args:
        types: the table of types.
        pair: with what was known before; where nothing was, all conditions that hold count as new.
        known: records by the name of the vulnerability, see :func:`by_name`.
        now: UTC, aware.
    """
    automatic = [record for record in history_of(pair, known) if not record.by_hand]
    found = strictest_of(
        held
        for kind in types
        if _has_new_condition(kind, pair, automatic) and (held := match(kind, pair.vulnerability)) is not None
    )
    if found is None:
        return None
    given = _given(found, pair.vulnerability, Scope(package=pair.package), now.replace(microsecond=0))
    last = automatic[-1] if automatic and not automatic[-1].expired(now) else None
    is_needed = last is None or _is_stricter(types, found, last) or _prolongs(types, found, given, last)
    return given if is_needed else None


def rises(formerly: Exploitation | None, today: Exploitation | None) -> bool:
    """Whether more is known of attacks, so that a condition may hold that did not."""
    if today is None:
        return False
    was = formerly or Exploitation()
    return (today.kev is not None and was.kev is None) or (today.epss or 0) > (was.epss or 0)


def _has_new_condition(kind: AssessmentType, pair: AnsweredPair, automatic: Sequence[Assessment]) -> bool:
    """Whether a condition about attacks newly holds, and has never given the type to the pair."""
    former = exploited(kind, pair.formerly)
    return any(
        not any(names_condition(record.rule, kind.name, held) for record in automatic)
        for held in exploited(kind, pair.vulnerability.exploitation)
        if held not in former
    )


def _prolongs(types: TypeTable, found: Automatic, given: Assessment, last: Assessment) -> bool:
    """Whether a type asks for the same as what was given last, and does so for longer."""
    was, action = types.get(last.type or "") or types.retired(last.type or ""), found.type.action
    if was is None or action is Action.ALLOW or action is not was.action or last.until is None:
        return False
    return given.until is None or given.until > last.until


def _is_stricter(types: TypeTable, found: Automatic, last: Assessment) -> bool:
    """Whether a type asks for more than what was given last; one that is gone asks for nothing."""
    was = types.get(last.type or "") or types.retired(last.type or "")
    return was is None or found.type.action > was.action


def auto_assessment(
    types: TypeTable, vulnerability: Vulnerability, package: str, now: dt.datetime
) -> Assessment | None:
    """The assessment to store that a vulnerability in a package gets by itself; None when no condition of a type holds.

    Args:
        types: the table of types.
        vulnerability: with its score, and what is known of attacks.
        package: canonical purl without version.
        now: UTC, aware; the life of the assessment is counted from it in whole seconds.
    """
    found = types.automatic(vulnerability)
    return None if found is None else _given(found, vulnerability, Scope(package=package), now.replace(microsecond=0))


def reassessment(
    types: TypeTable, vulnerability: Vulnerability, expired: Assessment, now: dt.datetime
) -> Assessment | None:
    """What stands in for an expired assessment whose type says ``onExpiry: reassess``.

    The conditions are applied as they hold now, with the moment of expiry as the time of the assessment. A type that is
    to be reassessed itself starts over each time its life ends; one that is not lapses for good. Nothing is stored: the
    answer follows from the records and the time, so that every reader comes to the same one.

    Args:
        types: the table of types.
        vulnerability: with its present score, and what is known of attacks.
        expired: the assessment that would be in force had it not expired.
        now: UTC, aware.

    Returns:
        The stand-in, or an expired one (for "was …"), or None when the type asks for none or no condition holds.
    """
    was = types.get(expired.type or "") or types.retired(expired.type or "")
    if was is None or was.on_expiry is not OnExpiry.REASSESS or expired.until is None:
        return None
    found = types.automatic(vulnerability)
    if found is None:
        return None
    kind = found.type
    begin = expired.until
    if kind.expires_after_days is not None and kind.on_expiry is OnExpiry.REASSESS:
        life = dt.timedelta(days=kind.expires_after_days)
        begin += (now - begin) // life * life
    return _given(found, vulnerability, expired.scope, begin, f"Reassessed when {expired.type} expired.")


def _given(
    found: Automatic, vulnerability: Vulnerability, scope: Scope, at: dt.datetime, comment: str = ""
) -> Assessment:
    return Assessment(
        vulnerability=vulnerability.id,
        type=found.type.name,
        scope=scope,
        source=AssessmentSource.AUTO,
        author=AUTHOR,
        comment=comment or _reason(found, vulnerability.exploitation),
        assessed_at=at,
        until=end_of_life(found.type, at),
        rule=found.rule,
        score=vulnerability.cvss_score,
    )


def _reason(found: Automatic, known: Exploitation | None) -> str:
    """Why, where it is not the score alone, with the age of the data."""
    if known is None:
        return ""
    held = exploited(found.type, known)
    said = []
    if KEV in held:
        said.append(f"Known to be exploited since {known.kev} (KEV of {known.kev_as_of}).")
    if any(condition.startswith(EPSS) for condition in held):
        said.append(f"EPSS {known.epss} on {known.epss_as_of}.")
    return " ".join(said)
