from __future__ import annotations

import pytest

from webhook.errors import InvalidInput
from webhook.policy.rangetexts import parse_range, read_range


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">=2.0,<2.17.1", "2.0 2.14.1 2.17.0 2.17.1-rc1", "1.9 2.17.1 2.17.2 3"),
        ("=1.2.3", "1.2.3 v1.2.3 =1.2.3 1.2.3+build", "1.2.4 1.2.3-rc1 1.2.3.0"),
        ("1.2.3", "1.2.3", "1.2.4"),
        ("*", "0 1.2.3 master", ""),
        (">1,<=2,!=1.5", "1.4 2 2.0", "1 1.5 2.1"),
        ("<1.4 || >=2.0, < 2.3", "1.3 2.2", "1.4 1.9 2.3"),
        (">= 1 < 2", "1 1.9", "0.9 2"),
        ("vers:npm/>=1|<2", "1.0.0 1.9.9", "0.9.9 2.0.0"),
        ("vers:npm/<1.0|>=2.0|<3.0|!=2.5|4.0", "0.9 2.4 4", "1 2.5 3.5"),
        ("vers:npm/!=1", "2", "1"),
        ("vers:npm/*", "1", ""),
        ("vers:all/*", "1", ""),
        (">=1.5,<=1.5", "1.5", "1.6"),
        (">1.0,<=1.0.0 || =3", "3.0.0", "1.1"),
        ("=1.2.3,=1.2.3", "1.2.3", "1.2.4"),
        ("vers:npm/>=1", "1 9", "0.9"),
        (">=1.0.0-a.x", "1.0.0-a.x 1.0.0-b", "1.0.0-a"),
    ],
)
def test_a_range_holds_these_versions_and_not_those(text: str, inside: str, outside: str) -> None:
    found = parse_range(text)
    assert [part for part in inside.split() if not found.contains(part, "npm")] == []
    assert [part for part in outside.split() if found.contains(part, "npm")] == []


def test_the_purl_type_decides_the_order() -> None:
    found = parse_range("<1.0")
    assert found.contains("1.0-x", "npm")
    assert not found.contains("1.0-x", "maven")


def test_a_component_without_a_version_is_in_no_range_but_the_whole() -> None:
    assert not parse_range("<99").contains("", "npm")
    assert parse_range("*").contains("", "npm")


@pytest.mark.parametrize("text", [" >= 1 ,  < 2 ", ">=1,<2", "vers:npm/<2|>=1"])
def test_a_range_has_one_form_in_which_it_is_stored(text: str) -> None:
    assert str(parse_range(text)) == ">=1,<2"
    assert parse_range(str(parse_range(text))) == parse_range(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", ",", "<", ">=1,", ">=1,,<2", "^1.0", "~1.2", "1.*", "1.x", "a|b", "<1||", "!=", "<>1"),
        *(
            "[2.0,2.17.1)",
            "(2.0,2.17.1)",
            "[1.0]",
            "2.13.0, 2.14.1",
            "=1.0,=1.1",
            "from 2.0 to 2.17",
            "\u22652.0",
            "<2.17.1;",
        ),
        *(
            "'<2.0'",
            ">=2.17,<2.0",
            ">2,<2",
            ">=2.0,<2.0",
            "=1.0,<0.5",
            "=3.0,>3.0",
            "<1 || >2,<1",
            "vers:none/*",
            "vers:none/<1",
        ),
        *("vers:npm/>=2|<2", "vers:maven/<1.0|=(2)"),
        *("vers:npm", "vers:npm/", "vers:npm/>1|>2", "vers:npm/<1|<2", "x" * 1001, "<" + "9" * 300),
    ],
)
def test_what_is_no_range_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match="not a range of versions") as caught:
        parse_range(text)
    assert ">=2.0,<2.17.1" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "version", "purl_type", "answer"),
    [
        ("<2.0", "master", "npm", None),
        (">=1", "dev-main", "composer", None),
        ("<2.0", "1.0-foo!", "rpm", None),
        ("<1.0 || =master", "master", "npm", True),
        ("<1.0 || =master", "main", "npm", None),
        ("=1.0", "master", "npm", False),
        ("!=1.0", "master", "npm", True),
        ("!=master", "master", "npm", False),
        ("<x", "1.0.0", "npm", None),
        (">=1,<x", "0.9.0", "npm", False),
        (">=1,<x", "1.1.0", "npm", None),
        ("<9||<x", "1.1.0", "npm", True),
        ("<2.0", "1.0.0", "github", True),
        ("<2.0", "1.0.0-4", "github", None),
    ],
)
def test_where_one_of_the_two_cannot_be_ordered_only_equal_texts_decide(
    text: str, version: str, purl_type: str, answer: bool | None
) -> None:
    assert parse_range(text).contains(version, purl_type) is answer


@pytest.mark.parametrize(
    ("text", "version", "answer"),
    [
        ("=2.0.1", "2.0.1+cu117", True),
        ("<=2.0.1", "2.0.1+cu117", True),
        (">2.0.1", "2.0.1+cu117", False),
        ("=2.0.1+cpu", "2.0.1+cu117", False),
        ("=2.0.1+cu117", "2.0.1+CU117", True),
        ("<2.0.1+cu118", "2.0.1+cu117", True),
        ("=2.0.1+cu117", "2.0.1", False),
    ],
)
def test_a_local_part_counts_only_where_the_bound_has_one(text: str, version: str, answer: bool) -> None:
    assert parse_range(text).contains(version, "pypi") is answer


@pytest.mark.parametrize(
    ("text", "version", "answer"),
    [
        (">=1.1.1k-6.el8_5", "1.1.1-8.el8", False),
        ("<1.1.1k-5", "1.1.1-8.el8", True),
        ("<1:1.1.1k-12.el8_6", "1:1.1.1k-14.el8_6", False),
        ("<1:1.1.1k-12.el8_6", "1.1.1k-14.el8_6", None),
        (">=1.1.1k-6.el8_5", "1:1.1.1-8.el8", None),
        ("<0:1.1.1k-12", "1.1.1k-11", True),
        ("=1:1.1.1k-6.el8", "1.1.1k-6.el8", None),
        ("!=1.1.1k-6.el8", "1:1.1.1k-6.el8", None),
        ("=1:1.1.1k-6.el8", "1.1.1k-7.el8", False),
        ("!=1:1.1.1k-6.el8", "1.1.1k-7.el8", True),
        ("=0:1.1.1k-6.el8", "1.1.1k-6.el8", True),
        ("<2:1.0", "1:9.0", True),
    ],
)
def test_a_package_is_not_compared_with_a_bound_when_only_one_of_them_has_an_epoch(
    text: str, version: str, answer: bool | None
) -> None:
    assert parse_range(text).contains(version, "rpm") is answer
    assert parse_range(text.replace("_", ".")).contains(version.replace("_", "."), "deb") is answer


def test_a_vers_range_with_bounds_that_have_no_order_is_refused() -> None:
    with pytest.raises(InvalidInput, match="have no order in npm"):
        parse_range("vers:npm/>=main|<2.0.0")


def test_a_bound_that_is_no_version_has_no_epoch_to_differ_by() -> None:
    assert parse_range(">=.0").contains("1:2-3", "rpm") is None


@pytest.mark.parametrize("text", ["=[2.0,=2.17.1)", "=2.13.0,=2.14.1", ">=2.17,<2.0", "!=2.0;"])
def test_what_an_earlier_build_kept_is_still_read_and_holds_what_it_held(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_range(text)
    assert read_range(text).contains("2.14.1", "maven") is text.startswith("!")
