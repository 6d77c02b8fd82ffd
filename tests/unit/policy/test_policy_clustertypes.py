"""Types of the cluster beside those of the settings file."""

from __future__ import annotations

from decimal import Decimal

import pytest

from webhook.model.actions import Action
from webhook.model.assessments import AssessmentType, CvssRange, StoredType
from webhook.policy.clustertypes import Candidate, OverlappingTypes, Settled, ShadowedType, settle, with_stored
from webhook.policy.typetable import TypeTable, default_types

OWN = TypeTable([AssessmentType("Blocked", Action.DENY, CvssRange(Decimal("9.0"), Decimal("10.0")))])


def kind(name: str, low: str = "", high: str = "", action: Action = Action.DENY) -> AssessmentType:
    return AssessmentType(name, action, CvssRange(Decimal(low), Decimal(high)) if low else None)


def choose(own: TypeTable = OWN, /, **candidates: Candidate) -> Settled:
    return settle(own, candidates)


def test_types_that_go_together_are_loaded_in_their_order() -> None:
    settled = choose(b=Candidate(kind("b", "1.0", "2.0")), a=Candidate(kind("a")))
    assert (list(settled.loaded), dict(settled.refused)) == (["b", "a"], {})


def test_a_name_of_the_settings_file_is_taken_in_any_case() -> None:
    settled = choose(blocked=Candidate(kind("blocked", action=Action.ALLOW)))
    assert (dict(settled.loaded), type(settled.refused["blocked"])) == ({}, ShadowedType)


def test_a_range_of_the_settings_file_is_taken() -> None:
    settled = choose(a=Candidate(kind("a", "8.0", "9.0")), b=Candidate(kind("b", "8.0", "8.9")))
    assert list(settled.loaded) == ["b"]
    assert type(settled.refused["a"]) is OverlappingTypes
    assert "Blocked (9.0–10.0)" in settled.refused["a"].message


def test_of_two_new_ones_that_overlap_the_older_one_counts_and_the_sentence_names_both() -> None:
    settled = choose(old=Candidate(kind("old", "1.0", "2.0")), new=Candidate(kind("new", "2.0", "3.0")))
    assert list(settled.loaded) == ["old"]
    assert "old (1.0–2.0) and new (2.0–3.0) overlap" in settled.refused["new"].message


def test_what_counts_is_not_pushed_out_by_an_older_object_that_grows_into_it() -> None:
    first, second = kind("first", "1.0", "2.0"), kind("second", "3.0", "4.0")
    settled = choose(first=Candidate(kind("first", "1.0", "3.0"), first), second=Candidate(second, second))
    assert dict(settled.loaded) == {"first": first, "second": second}
    assert list(settled.refused) == ["first"]


def test_what_counts_is_not_pushed_out_by_a_new_object_while_its_own_change_is_refused() -> None:
    first, second = kind("first", "1.0", "2.0"), kind("second", "3.0", "4.0")
    settled = choose(
        new=Candidate(kind("new", "1.5", "2.5")),
        first=Candidate(kind("first", "1.0", "3.0"), first),
        second=Candidate(second, second),
    )
    assert dict(settled.loaded) == {"first": first, "second": second}
    assert set(settled.refused) == {"new", "first"}


def test_two_that_swap_their_ranges_are_taken_together() -> None:
    low, high = kind("a", "1.0", "2.0"), kind("b", "3.0", "4.0")
    swapped = kind("a", "3.0", "4.0"), kind("b", "1.0", "2.0")
    settled = choose(a=Candidate(swapped[0], low), b=Candidate(swapped[1], high))
    assert (dict(settled.loaded), dict(settled.refused)) == ({"a": swapped[0], "b": swapped[1]}, {})


def test_a_range_that_moves_away_makes_room_for_a_new_type_in_the_same_pass() -> None:
    settled = choose(
        new=Candidate(kind("new", "1.0", "2.0")),
        bad=Candidate(kind("bad", "9.0", "9.0")),
        moved=Candidate(kind("moved", "3.0", "4.0"), kind("moved", "1.0", "2.0")),
    )
    assert list(settled.loaded) == ["new", "moved"]
    assert list(settled.refused) == ["bad"]


def test_one_that_cannot_be_read_keeps_its_former_definition() -> None:
    former = kind("a", "1.0", "2.0")
    assert dict(choose(a=Candidate(None, former)).loaded) == {"a": former}
    assert dict(choose(a=Candidate(None)).loaded) == {}


def test_a_former_definition_that_the_settings_file_pushed_out_is_not_loaded() -> None:
    former = kind("a", "9.0", "9.5")
    assert dict(choose(a=Candidate(former, former)).loaded) == {}


def test_the_table_has_the_types_of_the_settings_file_first() -> None:
    table = with_stored(default_types(), [StoredType(kind("a")), StoredType(kind("b"), retired=True)])
    assert table.names == ("Ignore", "Caution", "Blocked", "a")
    assert table.get("A") == kind("a")
    assert (table.get("b"), table.retired("B"), table.retired("a")) == (None, kind("b"), None)


@pytest.mark.parametrize("stranger", [kind("BLOCKED"), kind("a", "8.9", "9.5")])
def test_one_of_the_store_that_does_not_go_with_this_settings_file_counts_as_retired(stranger: AssessmentType) -> None:
    table = with_stored(OWN, [StoredType(stranger), StoredType(kind("b"))])
    assert table.names == ("Blocked", "b")
    assert table.get("Blocked") == next(iter(OWN))
    assert (table.retired(stranger.name) is None) == (stranger.name == "BLOCKED")
