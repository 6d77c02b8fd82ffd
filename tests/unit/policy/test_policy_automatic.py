from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import permutations

import pytest

from tests.copies import replace
from tests.unit.policy.builders import DAY, LOG4J, NOW, vulnerability
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, AssessmentType, Scope
from webhook.model.exploitation import Exploitation
from webhook.policy.answeredpairs import AnsweredPair
from webhook.policy.automatic import assessments_by_exploitation, auto_assessment
from webhook.policy.typetable import TypeTable, default_types


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


@pytest.mark.parametrize("age", [None, 60, 5])
def test_a_condition_that_newly_holds_counts_beside_an_older_one_in_any_order_of_types(age: int | None) -> None:
    day = dt.date(2026, 11, 24)
    listed = replace(vulnerability(score="9.8"), exploitation=Exploitation(day, day))
    former = None if age is None else auto_assessment(default_types(), vulnerability(score="9.8"), LOG4J.package, NOW)
    records = [] if former is None else [replace(former, until=NOW + (30 - (age or 0)) * DAY, sequence=1)]
    kinds = [
        *default_types(),
        AssessmentType("Brief", Action.DENY, expires_after_days=1, auto_kev=True),
        AssessmentType("Exploited", Action.DENY, auto_kev=True),
    ]
    for types in permutations(kinds):
        pair = AnsweredPair(listed, LOG4J.package, False, listed.cvss_score)
        (made,) = assessments_by_exploitation(TypeTable(types), [pair], records, NOW)
        assert (made.rule, made.until) == ("Exploited KEV", None)
        assert assessments_by_exploitation(TypeTable(types), [pair], [replace(made, sequence=2)], NOW) == []
