"""Automatic assessments: what a CVSS range gives to a new vulnerability, and again where a type asks for it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from webhook.model.assessments import Assessment, AssessmentSource, AssessmentType, OnExpiry, Scope
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.expiry import end_of_life
from webhook.policy.scores import round_score
from webhook.policy.typetable import TypeTable

AUTHOR = "auto-assess"


def auto_assessment(
    types: TypeTable, vulnerability: Vulnerability, package: str, now: dt.datetime
) -> Assessment | None:
    """The assessment to store that a vulnerability in a package gets by itself; None when no range holds its score.

    Args:
        types: the table of types.
        vulnerability: with its score.
        package: canonical purl without version.
        now: UTC, aware; the life of the assessment is counted from it in whole seconds.
    """
    kind = types.for_score(vulnerability.cvss_score)
    return None if kind is None else _given(kind, vulnerability, Scope(package=package), now.replace(microsecond=0))


def reassessment(
    types: TypeTable, vulnerability: Vulnerability, expired: Assessment, now: dt.datetime
) -> Assessment | None:
    """What stands in for an expired assessment whose type says ``onExpiry: reassess``.

    The ranges are applied to the present score, with the moment of expiry as the time of the assessment. A type that is
    to be reassessed itself begins anew each time its life ends; one that is not lapses for good. Nothing is stored: the
    answer follows from the records and the time, so that every reader comes to the same one.

    Args:
        types: the table of types.
        vulnerability: with its present score.
        expired: the assessment that would be in force had it not expired.
        now: UTC, aware.

    Returns:
        The stand-in, or an expired one (for "was …"), or None when the type asks for none or no range holds the score.
    """
    was = types.get(expired.type or "") or types.retired(expired.type or "")
    if was is None or was.on_expiry is not OnExpiry.REASSESS or expired.until is None:
        return None
    kind = types.for_score(vulnerability.cvss_score)
    if kind is None:
        return None
    begin = expired.until
    if kind.expires_after_days is not None and kind.on_expiry is OnExpiry.REASSESS:
        life = dt.timedelta(days=kind.expires_after_days)
        begin += (now - begin) // life * life
    return _given(kind, vulnerability, expired.scope, begin, f"Given anew when {expired.type} expired.")


def moved(before: Decimal | None, after: Decimal | None) -> bool:
    """Whether a score differs from what it was when it was assessed, seen on one decimal."""
    if before is None or after is None:
        return before is not after
    return round_score(before) != round_score(after)


def _given(
    kind: AssessmentType, vulnerability: Vulnerability, scope: Scope, at: dt.datetime, comment: str = ""
) -> Assessment:
    return Assessment(
        vulnerability=vulnerability.id,
        type=kind.name,
        scope=scope,
        source=AssessmentSource.AUTO,
        author=AUTHOR,
        comment=comment,
        assessed_at=at,
        until=end_of_life(kind, at),
        rule=f"{kind.name} {kind.auto_assess}",
        score=vulnerability.cvss_score,
    )
