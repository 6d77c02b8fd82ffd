"""Short ways to make the values that the tests of the rules need."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal

from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, AssessmentType, CvssRange, OnExpiry, Scope
from webhook.model.changes import ImageFacts, VulnerableComponent
from webhook.model.images import Digest, parse_image
from webhook.model.policies import Policy
from webhook.model.purls import Purl
from webhook.model.verdicts import Verdict
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.evaluation import Rules, Subject, evaluate
from webhook.policy.matching import AssessmentIndex
from webhook.policy.typetable import TypeTable, default_types

NOW = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
LOG4J = Purl("pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1")
DIGEST = Digest("sha256:" + "ab" * 32)
WEB = parse_image("registry.corp/shop/web:1.4")


def vulnerability(identifier: str = "CVE-2021-44228", score: str | None = "10.0", *aliases: str) -> Vulnerability:
    return Vulnerability(identifier, cvss_score=None if score is None else Decimal(score), aliases=aliases)


def kind(
    name: str,
    action: Action,
    band: tuple[str, str] | None = None,
    days: int | None = None,
    on_expiry: OnExpiry = OnExpiry.UNASSESSED,
) -> AssessmentType:
    auto = None if band is None else CvssRange(Decimal(band[0]), Decimal(band[1]))
    return AssessmentType(name, action, auto, days, on_expiry=on_expiry)


def assessment(
    type_name: str | None,
    *,
    by: AssessmentSource = AssessmentSource.MANUAL,
    scope: Scope | None = None,
    until: dt.datetime | None = None,
    sequence: int = 1,
    vulnerability: str = "CVE-2021-44228",
    score: str | None = None,
    comment: str = "because",
) -> Assessment:
    return Assessment(
        vulnerability=vulnerability,
        type=type_name,
        scope=Scope(package=LOG4J.package) if scope is None else scope,
        source=by,
        author="auto-assess" if by is AssessmentSource.AUTO else "alice",
        comment=comment,
        assessed_at=NOW - 10 * DAY,
        until=until,
        score=None if score is None else Decimal(score),
        sequence=sequence,
    )


def rules(*types: AssessmentType, policy: Policy | None = None) -> Rules:
    return Rules(TypeTable(types) if types else default_types(), policy or Policy())


def facts(
    vulnerable: Sequence[tuple[Purl, Sequence[Vulnerability]]] = (),
    *,
    clean: int = 0,
    unknown: int = 0,
    not_covered: int = 0,
    unusable: int = 0,
    answered_at: dt.datetime | None = None,
) -> ImageFacts:
    return ImageFacts(
        total=len(vulnerable) + clean + unknown + not_covered + unusable,
        clean=clean,
        unknown=unknown,
        not_covered=not_covered,
        unusable=unusable,
        vulnerable=tuple(VulnerableComponent(purl, tuple(found)) for purl, found in vulnerable),
        answered_at=answered_at,
    )


def judge_one(
    found: Vulnerability,
    assessments: Iterable[Assessment] = (),
    use: Rules | None = None,
    now: dt.datetime = NOW,
) -> Verdict:
    """The verdict about an image with log4j-core and one vulnerability in it."""
    subject = Subject(WEB, DIGEST, "shop", 7)
    return evaluate(facts([(LOG4J, [found])]), subject, use or rules(), AssessmentIndex.of(assessments), now)
