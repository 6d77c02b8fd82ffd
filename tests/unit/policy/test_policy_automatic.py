from __future__ import annotations

from decimal import Decimal

from tests.unit.policy.builders import DAY, LOG4J, NOW, vulnerability
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.policy.automatic import auto_assessment
from webhook.policy.typetable import default_types


def test_a_new_vulnerability_gets_the_type_of_its_score_with_everything_recorded() -> None:
    made = auto_assessment(default_types(), vulnerability(score="9.8"), LOG4J.package, NOW.replace(microsecond=5))
    assert made == Assessment(
        vulnerability="CVE-2021-44228",
        type="Blocked",
        scope=Scope(package=LOG4J.package),
        source=AssessmentSource.AUTO,
        author="auto-assess",
        comment="",
        assessed_at=NOW,
        until=NOW + 30 * DAY,
        rule="Blocked 9.0–10.0",
        score=Decimal("9.8"),
    )


def test_without_a_range_for_its_score_it_gets_none() -> None:
    for score in ("4.0", "0.0", None):
        assert auto_assessment(default_types(), vulnerability(score=score), LOG4J.package, NOW) is None
