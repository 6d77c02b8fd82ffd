from __future__ import annotations

from decimal import Decimal

import pytest

from tests.unit.policy.builders import kind
from webhook.errors import ConfigError
from webhook.model.actions import Action
from webhook.policy.scores import check_ranges, gaps, is_scored, make_range, round_score, severity, type_for_score
from webhook.policy.typetable import default_types


@pytest.mark.parametrize(
    ("score", "rounded"), [("6.95", "7.0"), ("6.949", "6.9"), ("0.05", "0.1"), ("0.04", "0.0"), ("10", "10.0")]
)
def test_a_score_is_rounded_half_up_to_one_decimal(score: str, rounded: str) -> None:
    assert str(round_score(Decimal(score))) == rounded


@pytest.mark.parametrize(
    ("score", "name"),
    [
        ("0.1", "Ignore"),
        ("3.9", "Ignore"),
        ("3.94", "Ignore"),
        ("6.95", "Caution"),
        ("7.0", "Caution"),
        ("8.9", "Caution"),
        ("8.95", "Blocked"),
        ("9.0", "Blocked"),
        ("10.0", "Blocked"),
    ],
)
def test_ranges_are_closed_at_both_ends(score: str, name: str) -> None:
    found = type_for_score(default_types(), Decimal(score))
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("score", ["0.0", "0.04", "4.0", "6.94", "10.1", "-1", "NaN", "Infinity", None])
def test_no_range_holds_a_medium_score_or_none(score: str | None) -> None:
    assert type_for_score(default_types(), None if score is None else Decimal(score)) is None


def test_zero_matches_no_range_even_if_a_range_begins_there() -> None:
    everything = [kind("All", Action.DENY, ("0.0", "10.0"))]
    assert type_for_score(everything, Decimal("0.0")) is None
    assert not is_scored(Decimal("0.0"))
    assert type_for_score(everything, Decimal("0.1")) is everything[0]


def test_ranges_that_share_a_score_are_refused_by_both_names() -> None:
    types = [kind("Caution", Action.WARN, ("7.0", "9.0")), kind("Blocked", Action.DENY, ("9.0", "10.0"))]
    with pytest.raises(ConfigError, match=r"Caution \(7\.0–9\.0\) and Blocked \(9\.0–10\.0\)"):
        check_ranges(types)


def test_a_range_inside_another_is_refused() -> None:
    types = [kind("Wide", Action.WARN, ("1.0", "10.0")), kind("Inner", Action.DENY, ("4.0", "5.0"))]
    with pytest.raises(ConfigError, match=r"Wide .* and Inner"):
        check_ranges(types)


@pytest.mark.parametrize(("low", "high"), [("7.05", "8.9"), ("-0.1", "3"), ("9", "10.1"), ("x", "3"), ("NaN", "3")])
def test_a_bound_that_is_no_score_is_refused(low: str, high: str) -> None:
    with pytest.raises(ConfigError, match="not a bound"):
        make_range(low, high)


def test_a_range_that_is_upside_down_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"Odd: The CVSS range 8\.9–7\.0 has its bounds reversed"):
        check_ranges([kind("Odd", Action.WARN, ("8.9", "7.0"))])


def test_a_range_is_made_of_numbers_as_yaml_reads_them() -> None:
    assert str(make_range(7, 8.9)) == "7.0–8.9"


def test_gaps_are_what_no_type_takes() -> None:
    assert [str(gap) for gap in gaps(default_types())] == ["4.0–6.9"]
    assert [str(gap) for gap in gaps([kind("Middle", Action.WARN, ("2.0", "3.0"))])] == ["0.1–1.9", "3.1–10.0"]


@pytest.mark.parametrize(
    ("score", "word"), [("3.9", "Low"), ("4.0", "Medium"), ("6.95", "High"), ("9.0", "Critical"), ("0.0", "unscored")]
)
def test_the_severity_is_that_of_the_rounded_score(score: str, word: str) -> None:
    assert severity(Decimal(score)) == word
    assert severity(None) == "unscored"
