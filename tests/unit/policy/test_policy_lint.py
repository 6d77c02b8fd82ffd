from __future__ import annotations

import datetime as dt

import pytest

from tests.unit.policy.builders import DAY, NOW, assessment, kind, rules
from webhook.model.actions import Action
from webhook.model.assessments import AssessmentSource, AssessmentType, OnExpiry, StoredType
from webhook.model.policies import Policy
from webhook.policy.evaluation import Rules
from webhook.policy.lint import Level, left_out, lint, never_given
from webhook.policy.typetable import TypeTable

GONE = StoredType(kind("Gone", Action.DENY), retired=True)
SAFE = kind("Blocked", Action.DENY, ("0.1", "10.0"))


def codes(use: Rules, *records: object, level: Level | None = None) -> list[str]:
    found = lint(use, records, now=NOW)
    return [trap.code for trap in found if level is None or trap.level is level]


def test_the_default_types_open_by_themselves_and_leave_medium_to_people() -> None:
    found = lint(rules())
    assert [(trap.code, trap.level) for trap in found] == [
        ("opens-by-itself", Level.WARNING),
        ("range-gap", Level.NOTE),
    ]
    assert "What Blocked denies ends silently: it expires after 30 days" in found[0].sentence
    assert "onExpiry: reassess" in found[0].remedy
    assert "4.0–6.9" in found[1].sentence


@pytest.mark.parametrize(
    "use",
    [
        rules(policy=Policy(unassessed=Action.DENY)),
        rules(kind("Blocked", Action.DENY, ("9.0", "10.0"), 30, OnExpiry.REASSESS)),
        rules(kind("Blocked", Action.DENY, ("9.0", "10.0"))),
        rules(kind("Caution", Action.WARN, ("9.0", "10.0"), 30)),
    ],
)
def test_a_denial_that_cannot_lapse_into_something_milder_is_no_trap(use: Rules) -> None:
    assert "opens-by-itself" not in codes(use)


def test_a_set_up_without_traps_has_none() -> None:
    assert codes(rules(SAFE)) == []


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        (Policy(on_error=Action.ALLOW), "on-error-allow"),
        (Policy(missing_sbom=Action.ALLOW), "missing-sbom-allow"),
        (Policy(unknown=Action.ALLOW), "unknown-allow"),
        (Policy(unassessed=Action.ALLOW), "unassessed-allow"),
        (Policy(max_report_age=dt.timedelta(hours=47)), "short-report-age"),
    ],
)
def test_a_policy_that_lets_things_pass_in_silence_is_a_trap(policy: Policy, code: str) -> None:
    assert codes(rules(SAFE, policy=policy)) == [code]


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (AssessmentType("Review", action_stated=False), "no-action"),
        (kind("Accepted", Action.ALLOW), "allows-for-ever"),
        (kind("Review", Action.WARN, days=9, on_expiry=OnExpiry.REASSESS), "reassess-without-range"),
    ],
)
def test_a_type_that_does_not_do_what_it_seems_to_is_a_trap(one: AssessmentType, code: str) -> None:
    assert code in codes(Rules(TypeTable([one]), Policy()))


def test_a_range_that_allows_severe_vulnerabilities_is_a_trap() -> None:
    assert "allows-severe" in codes(rules(kind("Fine", Action.ALLOW, ("0.1", "7.0"), 30)))
    assert "allows-severe" not in codes(rules(kind("Fine", Action.ALLOW, ("0.1", "6.9"), 30)))


def test_a_range_from_zero_does_not_hold_zero() -> None:
    assert codes(rules(kind("All", Action.WARN, ("0.0", "10.0")))) == ["range-from-zero"]


def test_a_range_that_holds_no_score_never_gives_its_type() -> None:
    assert codes(rules(SAFE, kind("None", Action.WARN, ("0.0", "0.0"))), level=Level.WARNING) == ["range-never-matches"]


def test_types_that_do_not_count_and_those_that_nothing_has_are_told() -> None:
    types = TypeTable([SAFE, kind("Review", Action.WARN)])
    stored = [StoredType(kind("Review", Action.WARN)), StoredType(kind(SAFE.name, Action.ALLOW)), GONE]
    assert [trap.sentence.split()[3] for trap in left_out(types, stored)] == [SAFE.name]
    assert [trap.code for trap in never_given(types, {"other"})] == ["never-given"]
    assert never_given(types, {"review"}) == ()


def test_a_gap_inside_a_severity_looks_like_a_slip() -> None:
    slip = rules(kind("Low", Action.WARN, ("0.1", "6.8")), kind("High", Action.DENY, ("7.0", "10.0")))
    assert codes(slip, level=Level.WARNING) == ["range-gap"]
    whole = rules(kind("Low", Action.WARN, ("0.1", "3.9")), kind("High", Action.DENY, ("7.0", "10.0")))
    assert codes(whole, level=Level.WARNING) == []


def test_records_that_name_a_type_that_is_gone_are_counted_by_its_name() -> None:
    gone = [assessment("Gone"), assessment("Gone"), assessment("Blocked"), assessment(None)]
    (trap,) = lint(rules(SAFE), gone)
    assert trap.code == "unknown-type"
    assert "Gone is not configured, but given 2 times" in trap.sentence


def test_a_configured_assessment_in_the_past_has_no_effect_and_is_noted() -> None:
    past = assessment("Blocked", by=AssessmentSource.PROVISIONED, until=NOW - DAY)
    by_hand = assessment("Blocked", until=NOW - DAY)
    assert codes(rules(SAFE), past, by_hand) == ["expired-provisioned"]
    assert lint(rules(SAFE), [past]) == ()


def test_warnings_come_before_notes() -> None:
    found = lint(rules(policy=Policy(on_error=Action.ALLOW)))
    assert [trap.level for trap in found] == sorted((trap.level for trap in found), reverse=True)
    assert all(trap.sentence.endswith(".") and trap.remedy.endswith(".") for trap in found)
