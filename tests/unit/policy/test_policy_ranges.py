from __future__ import annotations

import pytest

from webhook.errors import InvalidInput
from webhook.policy.ranges import parse_range


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">=2.0,<2.17.1", "2.0 2.14.1 2.17.0 2.17.1-rc1", "1.9 2.17.1 2.17.2 3"),
        ("=1.2.3", "1.2.3 v1.2.3 1.2.3.0", "1.2.4 1.2.3-rc1"),
        ("1.2.3", "1.2.3", "1.2.4"),
        ("*", "0 1.2.3 master", ""),
        (">1,<=2,!=1.5", "1.4 2 2.0", "1 1.5 2.1"),
        ("<1.4 || >=2.0, < 2.3", "1.3 2.2", "1.4 1.9 2.3"),
        (">= 1 < 2", "1 1.9", "0.9 2"),
        ("vers:npm/>=1|<2", "1.0.0 1.9.9", "0.9.9 2.0.0"),
        ("vers:npm/<1.0|>=2.0|<3.0|!=2.5|4.0", "0.9 2.4 4", "1 2.5 3.5"),
        ("vers:npm/!=1", "2", "1"),
        ("vers:npm/*", "1", ""),
        ("vers:npm/>=1", "1 9", "0.9"),
        (">=1.0.0-a.x", "1.0.0-a.x 1.0.0-b", "1.0.0-a"),
    ],
)
def test_a_range_holds_these_versions_and_not_those(text: str, inside: str, outside: str) -> None:
    found = parse_range(text)
    assert [one for one in inside.split() if not found.contains(one, "npm")] == []
    assert [one for one in outside.split() if found.contains(one, "npm")] == []


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
        *("vers:npm", "vers:npm/", "vers:npm/>1|>2", "vers:npm/<1|<2", "x" * 1001, "<" + "9" * 300),
    ],
)
def test_what_is_no_range_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match="not a range of versions") as caught:
        parse_range(text)
    assert ">=2.0,<2.17.1" in caught.value.remedy
