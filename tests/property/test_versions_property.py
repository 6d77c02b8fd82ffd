from __future__ import annotations

import re
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from webhook.errors import InvalidInput
from webhook.policy.rangetexts import parse_range
from webhook.policy.versions import ORDERS, compare_versions, version_key

TYPES = st.sampled_from([*sorted(ORDERS.keys() - {"conan"}), ""])  # Conan's own order goes round in circles
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
    identifiers = [(0, int(part), "") if re.fullmatch("[0-9]+", part) else (1, 0, part) for part in pre.split(".")]
    return (*map(int, core.split(".")), not dash, tuple(identifiers) if dash else ())


CHARACTERS = st.text("0123456789abrcx.-_+~^:!", min_size=1, max_size=9)


@given(st.lists(st.one_of(LIKELY, CHARACTERS), min_size=3, max_size=8), TYPES)
@settings(max_examples=300)
def test_versions_that_can_be_ordered_have_one_order(versions: list[str], purl_type: str) -> None:
    ordered = [version for version in versions if version_key(version, purl_type) is not None]
    pairs = product(ordered, repeat=2)
    answers = {(text, other): compare_versions(text, other, purl_type) for text, other in pairs}
    for (text, other), answer in answers.items():
        assert answer in (-1, 0, 1)
        assert answers[other, text] == -answer
        assert text != other or answer == 0
    for text, two, three in product(ordered, repeat=3):
        if answers[text, two] in (-1, 0) and answers[two, three] in (-1, 0):
            assert answers[text, three] in (-1, 0)


@given(VERSIONS, st.sampled_from(sorted(ORDERS)))
@settings(max_examples=300)
def test_any_text_has_a_key_or_none(version: str, purl_type: str) -> None:
    if version_key(version, purl_type) is None:
        assert compare_versions(version, "1.0.0", purl_type) is None
    else:
        assert compare_versions(version, version, purl_type) == 0


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
        assert found.contains("1.0", "npm") in (True, False, None)
