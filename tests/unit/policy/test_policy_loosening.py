"""Which changes of assessments and types loosen, so that they take two people where that is required."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tests.calls import calls
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
from webhook.model.policies import Policy
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.evaluation import Rules
from webhook.policy.loosening import loosening, without_loosening
from webhook.policy.matching import AssessmentIndex
from webhook.policy.typeloosening import TypeChange, type_loosens
from webhook.policy.typetable import TypeTable, default_types
from webhook.policy.undo import undone

DAY = dt.timedelta(days=1)
_RULES = Rules(default_types(), Policy())
_KNOWN = Vulnerability("CVE-1", "title", Decimal("7.5"), None, "")


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
    found = loosening([replace(given(then), sequence=2)], there, _RULES, NOON)
    assert bool(found) is loosens


def test_an_end_that_comes_later_loosens_and_one_that_has_come_does_not_count() -> None:
    for days, loosens in ((10, False), (31, True), (None, True)):
        assert bool(loosening([given("Ignore", days)], [given("Ignore", 30)], _RULES, NOON)) is loosens
    assert not loosening([given(None)], [given("Blocked", -1)], _RULES, NOON), "it denies no more"
    assert loosening([given("Caution")], [given("Ignore", -1)], _RULES, NOON)
    withdrawn = [given("Blocked"), replace(given(None), sequence=2)]
    assert not loosening([given(None)], withdrawn, _RULES, NOON)


def test_an_undo_of_what_a_range_gave_loosens_and_another_scope_does_not_count() -> None:
    auto = given("Blocked", source=AssessmentSource.AUTO)
    assert loosening([replace(auto, type=None, sequence=2)], [auto], _RULES, NOON)
    assert not loosening([given(None)], [auto], _RULES, NOON), "a person never gave it"
    wide = replace(given("Ignore"), scope=Scope())
    assert loosening([given("Ignore")], [wide], _RULES, NOON)


HIGH, WIDE = CvssRange(Decimal("9.0"), Decimal("10.0")), CvssRange(Decimal("7.0"), Decimal("10.0"))
LIKELY, LESS_LIKELY = Decimal("0.5"), Decimal("0.1")
BLOCK = AssessmentType("Mine", Action.DENY, HIGH, 30)
ALLOW = AssessmentType("Mine", Action.ALLOW, HIGH, 30)


def changed(
    former: StoredType | None,
    wanted: AssessmentType | None,
    *,
    is_carried: bool = False,
    others: tuple[AssessmentType, ...] = (),
    unassessed: Action = Action.WARN,
) -> str:
    is_there = former is not None and not former.retired
    kept = [former.type] if former is not None else []
    before = TypeTable([*others, *(kept if is_there else [])], [] if is_there else kept)
    after = TypeTable(others, kept) if wanted is None else TypeTable([*others, wanted])
    return type_loosens(TypeChange(former, wanted, before, after, Policy(unassessed=unassessed), is_carried))


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
    found = changed(None if former is None else StoredType(former), wanted, is_carried=False)
    assert (why in found) if why else not found


def test_a_retired_type_that_comes_back_loosens_unless_it_denies() -> None:
    assert changed(StoredType(ALLOW, retired=True), replace(ALLOW, auto_assess=None), is_carried=False)
    assert not changed(StoredType(BLOCK, retired=True), BLOCK, is_carried=True)


@pytest.mark.parametrize("former", [None, StoredType(BLOCK, retired=True)], ids=["unknown", "retired"])
@pytest.mark.parametrize("action", Action)
def test_a_name_that_records_carry_is_taken_by_a_type_that_denies_alone(
    former: StoredType | None, action: Action
) -> None:
    wanted = AssessmentType("Mine", action)
    assert bool(changed(former, wanted, is_carried=True)) is (action is not Action.DENY)
    again = replace(wanted, on_expiry=OnExpiry.REASSESS)
    others = tuple(default_types())[:1]
    assert changed(former, again, is_carried=True, others=others), "what has expired would be assessed again"
    assert not changed(None, wanted, is_carried=False)


LOW = CvssRange(Decimal("0.1"), Decimal("6.0"))
AGAIN = AssessmentType("Blocked", Action.DENY, HIGH, 30, on_expiry=OnExpiry.REASSESS)
IGNORE = AssessmentType("Ignore", Action.ALLOW, LOW, 90)
PLAIN = AssessmentType("Mine", Action.DENY, None, 30)


def test_a_type_that_denies_loosens_where_the_ranges_give_something_milder_at_its_end() -> None:
    again = replace(PLAIN, on_expiry=OnExpiry.REASSESS)
    assert changed(StoredType(PLAIN), again, others=(IGNORE, AGAIN), unassessed=Action.DENY)
    assert not changed(StoredType(PLAIN), again, others=(AGAIN,))
    assert not changed(StoredType(PLAIN), again, others=(IGNORE, AGAIN), unassessed=Action.ALLOW)


def test_a_type_that_denies_loosens_where_what_it_displaces_would_deny_for_longer() -> None:
    exploited = replace(PLAIN, expires_after_days=31, auto_kev=True)
    assert changed(None, exploited, others=(AGAIN,)), "it stands in for what is assessed again, and lapses"
    assert changed(None, replace(exploited, expires_after_days=2), others=(AGAIN,))
    assert not changed(None, exploited, others=(IGNORE,))
    assert not changed(None, replace(exploited, expires_after_days=None), others=(AGAIN,))
    assert not changed(None, replace(exploited, on_expiry=OnExpiry.REASSESS), others=(AGAIN,))
    assert not changed(None, exploited, others=(AGAIN,), unassessed=Action.DENY)


def test_a_type_that_allows_and_is_assessed_again_loosens_once_it_denies_and_lapses() -> None:
    allows = AssessmentType("Mine", Action.ALLOW, None, 90, on_expiry=OnExpiry.REASSESS)
    denies = replace(allows, action=Action.DENY)
    assert changed(StoredType(allows), replace(denies, on_expiry=OnExpiry.UNASSESSED), others=(AGAIN,))
    assert not changed(StoredType(allows), denies, others=(AGAIN,))


OLD = given("Blocked", -5)


def alone(
    wanted: list[Assessment], there: list[Assessment], *types: AssessmentType, unassessed: Action, score: str = "9.8"
) -> bool:
    known = {"cve-1": [Vulnerability("CVE-1", cvss_score=Decimal(score))]}
    return not loosening(wanted, there, Rules(TypeTable(types), Policy(unassessed=unassessed)), NOON, known)


def test_what_another_record_outranks_by_age_alone_counts() -> None:
    for block in (
        replace(given("Blocked", None, AssessmentSource.PROVISIONED), author="configuration"),
        replace(given("Blocked", None), scope=Scope("pkg:npm/a")),
    ):
        old, newer = replace(given("Ignore", 60), scope=block.scope), replace(block, sequence=2)
        if newer.source is AssessmentSource.MANUAL:
            old, newer = (
                replace(old, scope=Scope("pkg:npm/a", "<3")),
                replace(newer, scope=Scope("pkg:npm/a", "<2")),
            )
        assert loosening([replace(old, until=NOON + DAY)], [old, newer], _RULES, NOON)
        assert not loosening([replace(old, until=NOON + DAY)], [old], _RULES, NOON)


def test_a_block_with_an_end_is_recorded_alone_where_nothing_milder_follows() -> None:
    block, forbidden = given("Blocked", 1), given("Forbidden", 1)
    forbid = AssessmentType("Forbidden", Action.DENY, None, 30)
    assert not alone([block], [], IGNORE, AGAIN, unassessed=Action.DENY, score="5.0"), "the ranges give Ignore then"
    assert alone([block], [], IGNORE, AGAIN, unassessed=Action.DENY), "and here Blocked"
    assert alone([block], [], IGNORE, AGAIN, unassessed=Action.ALLOW, score="5.0")
    assert not alone([forbidden], [OLD], forbid, AGAIN, unassessed=Action.WARN), "it lapses over one assessed again"
    assert alone([forbidden], [], forbid, unassessed=Action.WARN)
    lasting = replace(forbidden, until=None)
    assert alone([lasting], [OLD], forbid, IGNORE, AGAIN, unassessed=Action.WARN)
    assert alone([forbidden], [replace(given("Forbidden", None))], forbid, AGAIN, unassessed=Action.WARN), "it stays"


def test_the_end_of_what_is_assessed_again_loosens() -> None:
    withdrawal = replace(given(None), sequence=0)
    assert not alone([withdrawal], [OLD], AGAIN, unassessed=Action.WARN)
    assert alone([withdrawal], [OLD], replace(AGAIN, on_expiry=OnExpiry.UNASSESSED), unassessed=Action.WARN)


def test_nothing_is_prepared_for_a_vulnerability_that_is_not_known() -> None:
    rules = Rules(TypeTable([IGNORE, AGAIN]), Policy())
    assert loosening([given("Ignore", 5)], [], rules, NOON)
    assert loosening([given("Blocked", 5)], [], rules, NOON), "it may get Ignore when that ends"
    assert not loosening([given("Blocked", None)], [], rules, NOON)


def test_an_index_knows_the_names_that_records_carry() -> None:
    ended = replace(given("Former "), until=NOON)
    index = AssessmentIndex.of([ended, given("Ignore", 5), replace(given(None), sequence=9)])
    assert not index.carries("ignore"), "it was withdrawn"
    index = AssessmentIndex.of([ended])
    assert (index.carries("FORMER"), index.carries("Other")) == (True, False)


def test_who_leaves_out_the_end_by_a_fix_loosens() -> None:
    waits = replace(given("Ignore"), until_fixed=True)
    for record, there, loosens in (
        (given("Ignore"), waits, True),
        (given("Ignore", 20), waits, True),
        (replace(waits, sequence=2), given("Ignore"), False),
        (replace(waits, sequence=2), waits, False),
        (given("Caution"), waits, True),
        (given("Blocked"), waits, False),
        (given(None), waits, False),
    ):
        assert bool(loosening([replace(record, sequence=2)], [there], _RULES, NOON)) is loosens
    wide = replace(waits, scope=Scope(), sequence=2)
    narrow = replace(given("Caution", 30), sequence=3)
    assert loosening([narrow], [wide, given("Blocked", None)], _RULES, NOON)


def undo_costs(namespaces: int) -> int:
    """Calls that an undo of cautions for some namespaces costs, each of which replaced an exception."""
    former = [replace(given("Ignore"), scope=Scope("pkg:npm/a", namespace=f"ns-{n}")) for n in range(namespaces)]
    batch = [replace(record, type="Caution", batch="b", sequence=2) for record in former]
    every, known = [*former, *batch], {"cve-1": (_KNOWN,)}
    undo = undone(batch, every, "ana", NOON).records
    kept: list[Assessment] = []
    counted = calls(lambda: kept.extend(without_loosening(undo, every, _RULES, NOON, known)))
    assert [record.type for record in kept] == [None] * namespaces, "the exceptions end, as nobody else approves them"
    return counted


def test_an_undo_without_what_loosens_costs_as_much_more_as_it_has_more_records() -> None:
    undo_costs(20)  # patterns are compiled once
    assert undo_costs(160) < 6 * undo_costs(40)
