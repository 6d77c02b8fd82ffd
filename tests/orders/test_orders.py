"""Every order, pair by pair, against the answers of its ecosystem's program; and the program against its answers."""

from __future__ import annotations

from itertools import pairwise, product

import pytest

from tests.orders.programs import PROGRAMS, Pair, chosen, read_table
from tests.parts import unavailable
from webhook.policy.versions import ORDERS, compare_versions, version_key

SIGNS = {None: "?", -1: "<", 0: "=", 1: ">"}
OF_A_SNAPSHOT = {"maven": {"1.0-20210101.120000-1"}}
"""What a program compares as text, though its ranges see the snapshot that it is one of."""
WITHOUT_A_PLACE = {"conan": {"system", "master"}, "rpm": {"a"}}
"""What a program compares as text although no order is meant by it."""
WITHOUT_A_PROGRAM = {"bitnami", "nuget", "pub", "swift"}
"""Their orders are tested in tests/unit/policy/test_policy_versions.py, word by word after their references."""


@pytest.mark.parametrize("purl_type", sorted(PROGRAMS))
def test_two_versions_compare_as_in_the_program_of_their_ecosystem(purl_type: str) -> None:
    _, answers = read_table(purl_type)
    left_out = WITHOUT_A_PLACE.get(purl_type, set()) | OF_A_SNAPSHOT.get(purl_type, set())
    wrong = [
        (*pair, f"{answer} in the program", f"{ours} here")
        for pair, answer in answers.items()
        if not left_out & {*pair} and not _are_of_two_kinds(pair)
        if (ours := SIGNS[compare_versions(*pair, purl_type)]) != answer
    ]
    assert len(answers) > 300
    assert wrong == []


def _are_of_two_kinds(pair: Pair) -> bool:
    """Go has one program for modules and one for toolchains, and none for one of each."""
    return len({text.startswith("go") for text in pair}) == 2


def test_a_snapshot_with_its_time_is_one_of_the_snapshot_before_the_release() -> None:
    order = [
        "1.0-rc1",
        "1.0-SNAPSHOT",
        "1.0-20210101.120000-1",
        "1.0-20210101.120000-2",
        "1.0-20240131.235959-1",
        "1.0",
    ]
    keys = [version_key(text, "maven") for text in order]
    assert all(before < after for before, after in pairwise(keys))
    assert [compare_versions(text, "1.0", "maven") for text in ("1.0-20210101-1", "1.0-1")] == [1, 1]


@pytest.mark.parametrize("purl_type", sorted(WITHOUT_A_PLACE))
def test_a_word_that_names_no_version_cannot_be_ordered(purl_type: str) -> None:
    assert {version_key(text, purl_type) for text in WITHOUT_A_PLACE[purl_type]} == {None}


def test_every_order_has_a_program_or_is_tested_by_its_reference() -> None:
    assert PROGRAMS.keys() | WITHOUT_A_PROGRAM == ORDERS.keys()
    assert PROGRAMS.keys() == chosen().keys()


@pytest.mark.parametrize("purl_type", sorted(PROGRAMS.keys() - {"conan"}))
def test_an_order_goes_round_in_no_circle(purl_type: str) -> None:
    versions = [text for text in read_table(purl_type)[0] if version_key(text, purl_type) is not None]
    below = {(a, b) for a, b in product(versions, repeat=2) if compare_versions(a, b, purl_type) in (-1, 0)}
    circles = [(a, b, c) for a, b in below for c in versions if (b, c) in below and (a, c) not in below]
    assert circles == []


def test_conan_itself_goes_round_in_a_circle() -> None:
    assert compare_versions("9", "10", "conan") == -1
    assert compare_versions("10", "1a", "conan") == -1
    assert compare_versions("1a", "9", "conan") == -1


@pytest.mark.parametrize("purl_type", sorted(name for name, program in PROGRAMS.items() if not program.only_made))
def test_the_program_still_gives_the_answers_of_its_table(purl_type: str) -> None:
    program, (versions, answers) = PROGRAMS[purl_type], read_table(purl_type)
    place = program.find()
    if place is None and program.always:
        unavailable(f"{program.name} is not installed: its order of versions is tested by its earlier answers only")
    if place is None:
        pytest.skip(f"NOT TESTED: {program.name} is not here to confirm its earlier answers")
    pairs = list(answers)[:: program.stride]
    assert versions == chosen()[purl_type]
    assert dict(zip(pairs, program.ask(place, pairs), strict=True)) == {pair: answers[pair] for pair in pairs}
