from __future__ import annotations

from decimal import Decimal

import pytest

from tests.unit.policy.builders import kind
from webhook.errors import ConfigError, InvalidInput
from webhook.model.actions import Action
from webhook.policy.typetable import TypeTable, default_types


def test_the_default_types_are_the_recommended_set_up() -> None:
    shown = [
        (default_kind.name, default_kind.action.word, str(default_kind.auto_assess), default_kind.expires_after_days)
        for default_kind in default_types()
    ]
    assert shown == [
        ("Ignore", "allow", "0.1–3.9", 90),
        ("Caution", "warn", "7.0–8.9", 30),
        ("Blocked", "deny", "9.0–10.0", 30),
    ]


def test_a_type_is_found_in_any_case() -> None:
    found = default_types().get("bLOCKED")
    assert found is not None
    assert found.name == "Blocked"


def test_a_type_that_is_not_configured_is_an_error_that_names_the_others() -> None:
    with pytest.raises(InvalidInput) as caught:
        default_types().require("Blokced")
    assert "'Blokced'" in caught.value.message
    assert caught.value.remedy == "The configured types are: Ignore, Caution, Blocked."


def test_two_types_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="Ignore and IGNORE"):
        TypeTable([kind("Ignore", Action.ALLOW), kind("IGNORE", Action.DENY)])


def test_overlapping_ranges_are_refused() -> None:
    with pytest.raises(ConfigError, match="overlap"):
        TypeTable([kind("A", Action.ALLOW, ("0.1", "5.0")), kind("B", Action.DENY, ("5.0", "6.0"))])


@pytest.mark.parametrize("name", ["", " Blocked", "a\nb", "x" * 61, "‮dekcolB"])
def test_a_name_that_cannot_be_printed_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot name"):
        TypeTable([kind(name, Action.DENY)])


@pytest.mark.parametrize("days", [0, -1, 36_501])
def test_a_life_that_is_none_is_refused(days: int) -> None:
    with pytest.raises(ConfigError, match=f"after {days} days"):
        TypeTable([kind("Blocked", Action.DENY, days=days)])


def test_the_mildest_type_is_what_lets_something_pass() -> None:
    mildest = default_types().mildest
    assert mildest is not None
    assert mildest.name == "Ignore"
    assert TypeTable(()).mildest is None


def test_a_table_without_types_gives_nothing_to_any_score() -> None:
    assert TypeTable(()).for_score(Decimal("9.8")) is None
