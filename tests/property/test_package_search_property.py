"""A search among packages finds what each glob matches when it is held against every package."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webhook.engines.triage.packageindex import PackageIndex, package_matcher
from webhook.model.purls import Purl
from webhook.policy.imagenames import matches_wildcards

NAMES = st.lists(st.text("ab1-", min_size=1, max_size=5), max_size=30, unique=True)
GLOBS = st.text("ab1-*", min_size=1, max_size=6)


@given(NAMES, GLOBS, st.sampled_from(["", "pkg:npm/", "pkg:*/"]))
def test_a_search_finds_what_a_glob_matches(names: list[str], glob: str, start: str) -> None:
    purls = [Purl(f"pkg:npm/{name}@1.{number}.0") for number, name in enumerate(names)]
    index = PackageIndex.of([(number, purl, ("CVE-2026-1",)) for number, purl in enumerate(purls)])
    pattern = f"{start}{glob}"

    def is_found(purl: Purl) -> bool:
        texts = [purl.package, purl.coordinates] if start else [purl.package.rpartition("/")[2]]
        return any(matches_wildcards(pattern, text) for text in texts)

    assert index.matching(pattern) == {number for number, purl in enumerate(purls) if is_found(purl)}


PURLS = st.lists(st.from_regex(r"pkg:(npm|pypi|deb/a)/[aAb1-]{1,4}(@[1a.]{1,3})?", fullmatch=True), max_size=30)


@given(PURLS, st.text("abA1-_.*@", min_size=1, max_size=6), st.sampled_from(["", "pkg:", "pkg:*/", "pkg:pypi/"]))
def test_one_look_at_a_purl_tells_what_a_search_finds(texts: list[str], glob: str, start: str) -> None:
    purls, pattern = [Purl(text) for text in dict.fromkeys(texts)], f"{start}{glob}"
    index = PackageIndex.of([(number, purl, ("CVE-2026-1",)) for number, purl in enumerate(purls)])

    is_meant, found = package_matcher(pattern), index.matching(pattern)

    assert found == {number for number, purl in enumerate(purls) if is_meant(purl)}
    assert index.matching(pattern, 2) in (found, None)
    assert index.matching(pattern, len(found)) == found
