"""Which changes of assessments and types loosen, so that they take two people where that is required."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tests.copies import replace
from tests.fakes import NOON
from webhook.model.actions import Action
from webhook.model.assessments import (
    Assessment,
    AssessmentSource,
    AssessmentType,
    CvssRange,
    OnExpiry,
    Scope,
    StoredType,
)
from webhook.policy.loosening import loosening, type_loosens
from webhook.policy.matching import AssessmentIndex
from webhook.policy.typetable import default_types

DAY = dt.timedelta(days=1)
_TYPES = default_types()


def given(kind: str | None, days: int | None = 30, source: AssessmentSource = AssessmentSource.MANUAL) -> Assessment:
    until = None if days is None else NOON + days * DAY
    return Assessment("CVE-1", kind, Scope("pkg:npm/a"), source, "ana", "why", NOON, until, sequence=1)


@pytest.mark.parametrize(
    ("before", "then", "loosens"),
    [
        (None, "Blocked", False),
        (None, "Caution", True),
        (None, "Ignore", True),
        ("Blocked", None, True),
        ("Caution", None, True),
        ("Ignore", None, False),
        ("Blocked", "Caution", True),
        ("Caution", "Ignore", True),
        ("Ignore", "Caution", False),
        ("Ignore", "Ignore", False),
        ("gone", None, True),
        ("gone", "Ignore", True),
    ],
)
def test_what_counts_is_what_the_same_scope_has_now(before: str | None, then: str | None, loosens: bool) -> None:
    there = [] if before is None else [given(before)]
    found = loosening([replace(given(then), sequence=2)], there, _TYPES, NOON)
    assert bool(found) is loosens


def test_an_end_that_comes_later_loosens_and_one_that_has_come_does_not_count() -> None:
    for days, loosens in ((10, False), (31, True), (None, True)):
        assert bool(loosening([given("Ignore", days)], [given("Ignore", 30)], _TYPES, NOON)) is loosens
    assert not loosening([given(None)], [given("Blocked", -1)], _TYPES, NOON), "it denies no more"
    assert loosening([given("Caution")], [given("Ignore", -1)], _TYPES, NOON)
    withdrawn = [given("Blocked"), replace(given(None), sequence=2)]
    assert not loosening([given(None)], withdrawn, _TYPES, NOON)


def test_an_undo_of_what_a_range_gave_loosens_and_another_scope_does_not_count() -> None:
    auto = given("Blocked", source=AssessmentSource.AUTO)
    assert loosening([replace(auto, type=None, sequence=2)], [auto], _TYPES, NOON)
    assert not loosening([given(None)], [auto], _TYPES, NOON), "a person never gave it"
    wide = replace(given("Ignore"), scope=Scope())
    assert loosening([given("Ignore")], [wide], _TYPES, NOON)


HIGH, WIDE = CvssRange(Decimal("9.0"), Decimal("10.0")), CvssRange(Decimal("7.0"), Decimal("10.0"))
LIKELY, LESS_LIKELY = Decimal("0.5"), Decimal("0.1")
BLOCK = AssessmentType("Mine", Action.DENY, HIGH, 30)
ALLOW = AssessmentType("Mine", Action.ALLOW, HIGH, 30)


@pytest.mark.parametrize(
    ("former", "wanted", "why"),
    [
        (None, BLOCK, ""),
        (None, ALLOW, "get it by themselves"),
        (None, replace(ALLOW, auto_assess=None), ""),
        (BLOCK, None, "no longer get it"),
        (replace(BLOCK, auto_assess=None), None, ""),
        (ALLOW, None, ""),
        (BLOCK, ALLOW, "deny would become allow"),
        (ALLOW, BLOCK, ""),
        (BLOCK, replace(BLOCK, auto_assess=WIDE), ""),
        (replace(BLOCK, auto_assess=WIDE), BLOCK, "no longer get it"),
        (ALLOW, replace(ALLOW, auto_assess=WIDE), "more vulnerabilities"),
        (replace(BLOCK, auto_kev=True), BLOCK, "no longer get it"),
        (BLOCK, replace(BLOCK, auto_kev=True), ""),
        (ALLOW, replace(ALLOW, auto_kev=True), "more vulnerabilities"),
        (None, replace(ALLOW, auto_assess=None, auto_kev=True), "get it by themselves"),
        (replace(BLOCK, auto_assess=None, auto_kev=True), None, "no longer get it"),
        (replace(BLOCK, auto_epss=LIKELY), replace(BLOCK, auto_epss=LESS_LIKELY), ""),
        (replace(BLOCK, auto_epss=LESS_LIKELY), replace(BLOCK, auto_epss=LIKELY), "no longer get it"),
        (ALLOW, replace(ALLOW, auto_epss=LIKELY), "more vulnerabilities"),
        (BLOCK, replace(BLOCK, expires_after_days=10), "end at another time"),
        (BLOCK, replace(BLOCK, expires_after_days=None), ""),
        (ALLOW, replace(ALLOW, expires_after_days=None), "end at another time"),
        (ALLOW, replace(ALLOW, expires_after_days=10), ""),
        (replace(BLOCK, on_expiry=OnExpiry.REASSESS), BLOCK, "follows the end"),
        (BLOCK, replace(BLOCK, on_expiry=OnExpiry.REASSESS), ""),
        (ALLOW, replace(ALLOW, on_expiry=OnExpiry.REASSESS), "follows the end"),
        (BLOCK, replace(BLOCK, color="blue", description="words"), ""),
    ],
)
def test_a_change_of_a_type(former: AssessmentType | None, wanted: AssessmentType | None, why: str) -> None:
    found = type_loosens(None if former is None else StoredType(former), wanted, is_carried=False)
    assert (why in found) if why else not found


def test_a_retired_type_that_comes_back_loosens_unless_it_denies() -> None:
    assert type_loosens(StoredType(ALLOW, retired=True), replace(ALLOW, auto_assess=None), is_carried=False)
    assert not type_loosens(StoredType(BLOCK, retired=True), BLOCK, is_carried=True)


@pytest.mark.parametrize("former", [None, StoredType(BLOCK, retired=True)], ids=["unknown", "retired"])
@pytest.mark.parametrize("action", Action)
def test_a_name_that_records_carry_is_taken_by_a_type_that_denies_alone(
    former: StoredType | None, action: Action
) -> None:
    wanted = AssessmentType("Mine", action)
    assert bool(type_loosens(former, wanted, is_carried=True)) is (action is not Action.DENY)
    again = replace(wanted, on_expiry=OnExpiry.REASSESS)
    assert type_loosens(former, again, is_carried=True), "what has expired would be assessed again, maybe milder"
    assert not type_loosens(None, wanted, is_carried=False)


def test_an_index_knows_the_names_that_records_carry() -> None:
    ended = replace(given("Former "), until=NOON)
    index = AssessmentIndex.of([ended, given("Ignore", 5), replace(given(None), sequence=9)])
    assert not index.carries("ignore"), "it was withdrawn"
    index = AssessmentIndex.of([ended])
    assert (index.carries("FORMER"), index.carries("Other")) == (True, False)
