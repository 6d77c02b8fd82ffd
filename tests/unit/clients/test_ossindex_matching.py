from __future__ import annotations

import pytest

from webhook.clients.ossindex.matching import match
from webhook.model.purls import Purl, parse_written


def entry(coordinates: object) -> dict[str, object]:
    return {"coordinates": coordinates, "vulnerabilities": []}


def owners(asked: list[str], answered: list[object]) -> dict[str, int]:
    """How many entries each component got."""
    found = match([parse_written(text) for text in asked], [entry(text) for text in answered]).found
    return {str(purl): len(entries) for purl, entries in found.items()}


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("pkg:maven/g/a@1", "pkg:maven/g/a@1"),
        ("pkg:maven/g/a@1", "maven:g/a@1"),
        ("pkg:maven/g/a@1", "pkg:maven/g/a@1?type=jar#sub"),
        ("pkg:maven/g/a@1", "pkg://maven/g/a@1"),
        ("pkg:golang/x/y@v2.0.0%2Bincompatible", "pkg:golang/x/y@v2.0.0+incompatible"),
        ("pkg:golang/x/y@v2.0.0%2Bincompatible", "pkg:golang/x/y@v2.0.0%20incompatible"),
        ("pkg:golang/x/y@v2.0.0%2Bincompatible", "pkg:golang/x/y@v2.0.0%2Bincompatible"),
        ("pkg:npm/%40scope/a@1", "pkg:npm/@scope/a@1"),
        ("pkg:npm/%40scope/a@1", "npm:%40scope/a@1"),
        ("pkg:npm/plain@1", "npm:plain@1"),
        ("pkg:nuget/Newtonsoft.Json@1", "pkg:nuget/newtonsoft.json@1"),
        ("pkg:golang/github.com/Masterminds/x@v1", "pkg:golang/github.com/masterminds/x@v1"),
        ("pkg:maven/g/a@1.0-RC1", "PKG:MAVEN/G/A@1.0-rc1"),
        ("pkg:pypi/zope.interface@5", "pkg:pypi/zope-interface@5"),
        ("pkg:pypi/a-b@1", "pkg:pypi/A_B@1"),
    ],
)
def test_an_entry_finds_its_component_however_it_is_spelt(asked: str, answered: str) -> None:
    assert owners([asked], [answered]) == {asked: 1}


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("pkg:maven/g/a@1", "pkg:maven/g/a@2"),
        ("pkg:maven/g/a@1", "pkg:maven/g/a"),
        ("pkg:maven/g/a@1", "pkg:npm/g/a@1"),
        ("pkg:npm/a.b@1", "pkg:npm/a-b@1"),
        ("pkg:golang/x/y@v1.0.0", "pkg:golang/x/y@1.0.0"),
    ],
)
def test_an_entry_for_something_else_is_foreign(asked: str, answered: str) -> None:
    result = match([parse_written(asked)], [entry(answered)])
    assert result.found == {}
    assert result.foreign == [answered]


def test_case_decides_when_both_spellings_were_asked_for() -> None:
    asked = ["pkg:nuget/Foo@1", "pkg:nuget/foo@1"]
    assert owners(asked, ["pkg:nuget/foo@1", "pkg:nuget/Foo@1"]) == {asked[0]: 1, asked[1]: 1}


def test_an_entry_that_could_mean_two_components_means_none() -> None:
    result = match([Purl("pkg:nuget/Foo@1"), Purl("pkg:nuget/foo@1")], [entry("pkg:nuget/FOO@1")])
    assert result.found == {}
    assert result.foreign == ["pkg:nuget/FOO@1"]


def test_a_plus_sign_is_matched_although_case_is_ambiguous() -> None:
    asked = ["pkg:nuget/Foo@1%2Bx", "pkg:nuget/foo@1%2Bx"]
    assert owners(asked, ["pkg:nuget/Foo@1%20x"]) == {asked[0]: 1}


def test_a_component_that_was_answered_exactly_takes_no_looser_entry() -> None:
    result = match([Purl("pkg:nuget/foo@1")], [entry("pkg:nuget/FOO@1"), entry("pkg:nuget/foo@1")])
    assert len(result.found[Purl("pkg:nuget/foo@1")]) == 1
    assert result.foreign == ["pkg:nuget/FOO@1"]


def test_two_entries_for_one_component_both_count() -> None:
    assert owners(["pkg:maven/g/a@1"], ["pkg:maven/g/a@1", "pkg:maven/g/a@1"]) == {"pkg:maven/g/a@1": 2}


def test_the_order_and_number_of_entries_do_not_matter() -> None:
    asked = [f"pkg:maven/g/a{number}@1" for number in range(5)]
    assert owners(asked, ["pkg:maven/g/a3@1", "pkg:maven/g/a0@1"]) == {asked[0]: 1, asked[3]: 1}


@pytest.mark.parametrize("coordinates", [None, 5, "", "pkg:", "nonsense", ["pkg:maven/g/a@1"], "x" * 5000, "pkg:maven"])
def test_an_entry_whose_coordinates_cannot_be_read_is_counted(coordinates: object) -> None:
    assert match([Purl("pkg:maven/g/a@1")], [entry(coordinates)]).nameless == 1


@pytest.mark.parametrize("thing", [None, 5, "text", [], {}])
def test_a_thing_that_is_no_entry_is_counted(thing: object) -> None:
    assert match([Purl("pkg:maven/g/a@1")], [thing]).nameless == 1


def test_an_entry_in_another_spelling_counts_beside_one_with_the_coordinates_as_they_were_sent() -> None:
    purl = Purl("pkg:npm/a@1")
    spellings = [str(purl), "npm:a@1", "PKG:npm/a@1"]
    entries = [{"coordinates": text, "vulnerabilities": [number]} for number, text in enumerate(spellings)]
    assert match([purl], entries).found == {purl: [[0], [1], [2]]}
