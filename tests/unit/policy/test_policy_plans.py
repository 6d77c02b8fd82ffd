from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import permutations

import pytest

from tests.copies import replace
from tests.fakes import NOON
from tests.unit.policy.builders import DAY, LOG4J, NOW, vulnerability
from tests.worlds import LOG4SHELL
from webhook.errors import InvalidInput
from webhook.model.actions import Action
from webhook.model.assessments import PROVISIONER, Assessment, AssessmentSource, AssessmentType, Scope
from webhook.model.exploitation import Exploitation
from webhook.model.resources import StatedAssessment
from webhook.policy.automatic import auto_assessment
from webhook.policy.matching import AssessmentIndex
from webhook.policy.plans import plan_existing, rehearsed
from webhook.policy.precedence import ANYWHERE
from webhook.policy.typetable import TypeTable, default_types

PURL = LOG4J
TYPES = default_types()


def test_the_ranges_are_applied_to_what_was_never_assessed_and_nothing_else() -> None:
    new = replace(vulnerability(score="9.8"), id="CVE-2026-1", aliases=())
    assessed, expired = replace(new, id="CVE-2026-2"), replace(new, id="CVE-2026-3")
    unmatched = replace(new, id="CVE-2026-4", cvss_score=None)
    before = auto_assessment(TYPES, assessed, LOG4J.package, NOW)
    long_ago = auto_assessment(TYPES, expired, LOG4J.package, NOW - 400 * DAY)
    assert before is not None
    assert long_ago is not None
    pairs = [(item, LOG4J.package) for item in (new, assessed, expired, unmatched)]
    plan = plan_existing(pairs, AssessmentIndex.of([before, long_ago]), TYPES, NOW)
    assert plan.assessments == (auto_assessment(TYPES, new, LOG4J.package, NOW),)
    assert (plan.assessed, plan.expired, plan.unmatched) == (1, 1, 1)


def test_what_is_exploited_is_assessed_again_where_that_is_stricter_and_nobody_decided() -> None:
    types = TypeTable([*TYPES, AssessmentType("Stop", Action.DENY, auto_kev=True)])
    day = dt.date(2026, 11, 29)
    listed = replace(vulnerability(score="7.5"), id="CVE-2026-1", aliases=(), exploitation=Exploitation(day, day))
    by_score = [auto_assessment(TYPES, listed, LOG4J.package, NOW)]
    assert by_score[0] is not None
    by_hand = replace(by_score[0], source=AssessmentSource.MANUAL, sequence=2)
    pairs = [(listed, LOG4J.package)]
    plan = plan_existing(pairs, AssessmentIndex.of([by_score[0]]), types, NOW)
    assert [(made.type, made.rule) for made in plan.assessments] == [("Stop", "Stop KEV")]
    for there in ([by_score[0], by_hand], [replace(by_score[0], type="Blocked", until=None)], plan.assessments):
        assert plan_existing(pairs, AssessmentIndex.of(there), types, NOW).assessments == ()


def test_of_types_whose_condition_about_attacks_holds_the_strictest_counts_beside_a_range() -> None:
    kinds = [*TYPES, AssessmentType("Stop", Action.DENY, expires_after_days=10, auto_kev=True)]
    day = dt.date(2026, 11, 29)
    listed = replace(vulnerability(score="9.8"), id="CVE-2026-1", aliases=(), exploitation=Exploitation(day, day))
    milder = auto_assessment(TYPES, replace(listed, cvss_score=Decimal("7.5"), exploitation=None), LOG4J.package, NOW)
    assert milder is not None and milder.type == "Caution"
    index = AssessmentIndex.of([milder])
    for types in permutations(kinds):
        plan = plan_existing([(listed, LOG4J.package)], index, TypeTable(types), NOW)
        assert [made.rule for made in plan.assessments] == ["Stop KEV"], "Blocked has the score, which moved later"


def stated(kind: str, scope: Scope | None = None) -> StatedAssessment:
    return StatedAssessment("CVE-2021-44228", kind, scope or Scope(), "because", None)


def kept(
    kind: str, source: AssessmentSource = AssessmentSource.PROVISIONED, author: str = PROVISIONER, number: int = 5
) -> Assessment:
    return Assessment("CVE-2021-44228", kind, Scope(), source, author, "because", NOON, None, sequence=number)


def in_force(there: list[Assessment], *definitions: StatedAssessment) -> str | None:
    index = AssessmentIndex.of(there)
    index.add(rehearsed(index, definitions, default_types(), NOON))
    found = index.effective(LOG4SHELL, PURL, ANYWHERE, NOON).assessment
    return found.type if found else None


def test_what_the_file_states_comes_into_force() -> None:
    assert in_force([], stated("Ignore")) == "Ignore"
    assert in_force([kept("Blocked")], stated("Ignore")) == "Ignore"
    assert in_force([kept("Blocked", AssessmentSource.AUTO, "auto-assess")], stated("Ignore")) == "Ignore"


def test_what_an_earlier_file_stated_is_withdrawn_and_only_that() -> None:
    auto = kept("Caution", AssessmentSource.AUTO, "auto-assess", 3)
    assert in_force([auto, kept("Blocked")]) == "Caution"
    assert in_force([kept("Blocked", AssessmentSource.MANUAL, "ada")]) == "Blocked"
    assert in_force([kept("Blocked", author="somebody else")]) == "Blocked"


def test_what_stays_as_it_is_keeps_its_end() -> None:
    before = kept("Ignore")
    until = NOON + dt.timedelta(days=2)
    there = AssessmentIndex.of([Assessment(**{**_fields(before), "until": until})])
    (made,) = rehearsed(there, [stated("Ignore")], default_types(), NOON + dt.timedelta(days=1))
    assert made.until == until


def _fields(one: Assessment) -> dict[str, object]:
    return {name: getattr(one, name) for name in Assessment.__slots__}


def test_a_type_that_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidInput):
        in_force([], stated("Unheard"))
