"""Builds of a version, whatever the version and the build."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webhook.model.advisories import AffectedVersions, Interval
from webhook.policy.affected import VersionOrder
from webhook.policy.builds import releases_of

NUMBERS = st.lists(st.integers(0, 20), min_size=3, max_size=3).map(lambda parts: ".".join(map(str, parts)))
BUILDS = st.sampled_from(
    [
        ("pypi", "+cpu"),
        ("pypi", "+cu118"),
        ("pub", "+1"),
        ("conan", "+2"),
        ("bitnami", "-3"),
        ("maven", ".redhat-00001"),
        ("maven", "-jre"),
        ("deb", "-1"),
        ("deb", "-1ubuntu2+b1"),
        ("rpm", "-1.el9"),
        ("apk", "-r2"),
    ]
)
TYPES = st.sampled_from(["apk", "bitnami", "conan", "conda", "deb", "maven", "npm", "pub", "pypi", "rpm"])


@given(NUMBERS, NUMBERS, BUILDS)
def test_a_build_is_affected_exactly_when_its_release_is(release: str, last: str, build: tuple[str, str]) -> None:
    purl_type, suffix = build
    order = VersionOrder(purl_type)
    for said in (AffectedVersions(0, (Interval("0", last=last),)), AffectedVersions(0, versions=(last,))):
        of_release, of_build = order.match(release, said), order.match(f"{release}{suffix}", said)
        assert of_build.is_affected == of_release.is_affected


@given(NUMBERS, NUMBERS, BUILDS)
def test_a_build_of_what_is_fixed_is_fixed(release: str, fixed: str, build: tuple[str, str]) -> None:
    purl_type, suffix = build
    order, said = VersionOrder(purl_type), AffectedVersions(0, (Interval("0", fixed=fixed),))
    assert order.match(f"{release}{suffix}", said).is_affected == order.match(release, said).is_affected


@given(st.text(max_size=30), TYPES)
def test_what_any_text_is_a_build_of_is_shorter_and_found_in_few_steps(version: str, purl_type: str) -> None:
    found = [base for base, _ in releases_of(version, purl_type)]
    assert len(found) <= len(version)
    assert all(version.startswith(base) and base != version for base in found)
