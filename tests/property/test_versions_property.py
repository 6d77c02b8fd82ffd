from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from webhook.errors import InvalidInput
from webhook.policy.ranges import parse_range
from webhook.policy.versions import compare_versions, version_key

TYPES = st.sampled_from(["npm", "maven", "pypi", "golang", "rpm", "gem", "nuget", ""])
NUMBER = st.integers(0, 30)
WORDS = st.sampled_from(["alpha", "beta", "rc", "post", "dev", "sp", "jre", "x", "SNAPSHOT", "Final", "a", "v"])
LIKELY = st.lists(st.one_of(NUMBER.map(str), WORDS, st.sampled_from([".", "-", "_", "+", "~", ":"])), max_size=8).map(
    "".join
)
VERSIONS = st.one_of(LIKELY, st.text(max_size=12))

PEP440 = st.builds(
    lambda epoch, release, pre, post, dev: (
        f"{f'{epoch}!' if epoch else ''}{'.'.join(map(str, release))}{pre}"
        f"{'' if post is None else f'.post{post}'}{'' if dev is None else f'.dev{dev}'}"
    ),
    st.integers(0, 2),
    st.lists(NUMBER, min_size=1, max_size=4),
    st.one_of(st.just(""), st.builds("{}{}".format, st.sampled_from(["a", "b", "rc"]), NUMBER)),
    st.none() | NUMBER,
    st.none() | NUMBER,
)
IDENTIFIER = st.one_of(NUMBER.map(str), st.from_regex(r"[0-9A-Za-z-]*[A-Za-z-][0-9A-Za-z-]*", fullmatch=True))
SEMVER = st.builds(
    lambda numbers, pre: ".".join(map(str, numbers)) + (f"-{'.'.join(pre)}" if pre else ""),
    st.tuples(NUMBER, NUMBER, NUMBER),
    st.lists(IDENTIFIER, max_size=3),
)


def semantic(version: str) -> tuple[object, ...]:
    """Section 11 of Semantic Versioning, word by word."""
    core, dash, pre = version.partition("-")
    identifiers = [(0, int(one), "") if re.fullmatch("[0-9]+", one) else (1, 0, one) for one in pre.split(".")]
    return (*map(int, core.split(".")), not dash, tuple(identifiers) if dash else ())


@given(VERSIONS, VERSIONS, VERSIONS, TYPES)
@settings(max_examples=300)
def test_the_order_is_total_whatever_versions_are_called(one: str, two: str, three: str, purl_type: str) -> None:
    assert compare_versions(one, one, purl_type) == 0
    assert compare_versions(one, two, purl_type) == -compare_versions(two, one, purl_type)
    ordered = sorted((one, two, three), key=lambda version: version_key(version, purl_type))
    assert all(compare_versions(low, high, purl_type) <= 0 for low, high in pairwise(ordered))
    assert compare_versions(ordered[0], ordered[2], purl_type) <= 0


@given(SEMVER, SEMVER)
@settings(max_examples=300)
def test_npm_versions_come_in_the_order_of_semantic_versioning(one: str, two: str) -> None:
    left, right = semantic(one), semantic(two)
    assert compare_versions(one, two, "npm") == (left > right) - (left < right)


@given(PEP440, PEP440)
@settings(max_examples=300)
def test_python_versions_come_in_the_order_of_pep_440(one: str, two: str) -> None:
    left, right = Version(one), Version(two)
    assert compare_versions(one, two, "pypi") == (left > right) - (left < right)


@given(SEMVER, SEMVER, SEMVER)
def test_a_range_holds_what_lies_between_its_ends(one: str, two: str, three: str) -> None:
    low, middle, high = sorted((one, two, three), key=semantic)
    found = parse_range(f">={low},<={high}")
    assert found.contains(middle, "npm")
    assert parse_range(f"<{low}||>{high}").contains(middle, "npm") is False
    assert parse_range(f"vers:npm/>={low}|<={high}").contains(middle, "npm") or semantic(low) == semantic(high)


@given(st.text(max_size=40) | st.text("<>=!,|* 0123456789.vx-", max_size=20))
@settings(max_examples=300)
def test_any_text_is_a_range_or_bad_input(text: str) -> None:
    try:
        found = parse_range(text)
    except InvalidInput as problem:
        assert problem.remedy
    else:
        assert parse_range(str(found)) == found
        assert found.contains("1.0", "npm") in (True, False)
