from __future__ import annotations

from itertools import combinations

import pytest

from webhook.policy.versions import ORDERS, compare_versions, version_key

IN_ORDER = {
    # the list of semver.org, section 11, and numbers that only a numeric comparison puts right
    "npm": "1.0.0-1 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0"
    " 1.0.1-x 1.0.1 1.2.0 1.10.0",
    "golang": "v0.0.0-20210101000000-abcdef123456 v0.0.0-20220101000000-000000000000 v0.1.0 v1.0.0-rc1 v1.0.0 v2.0.0",
    # the reference of NuGet, package versioning
    "nuget": "1.0.0-1 1.0.0-Alpha 1.0.0-alpha.1 1.0.0-beta 1.0.0-BETA.2 1.0.0-beta.10 1.0.0-zzz 1.0.0 1.0.0.1-rc"
    " 1.0.0.1 1.0.1 1.0.1.23 1.0.10",
    # the examples of pub_semver: a build comes after the version without it
    "pub": "1.0.0-alpha 1.0.0-alpha.1 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0-rc.1+build.1 1.0.0 1.0.0+0.3.7"
    " 1.3.7+build 1.3.7+build.2.b8f12d7 1.3.7+build.11.e0f985a 2.0.0",
    # Bitnami's go-version: a number behind a hyphen is a revision of the package
    "bitnami": "1.0.0-beta 1.0.0-rc.1 1.0.0 1.0.0-0 1.0.0-1 1.0.0-10 1.0.1 1.0.1-3 1.1.0",
    "swift": "1.0.0-alpha 1.0.0-alpha.1 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 v1.0.1 1.10.0",
    # Maven's own description of its order
    "maven": "1-alpha-1 1-alpha2 1-beta 1-milestone 1-rc 1-snapshot 1 1-sp 1-abc 1-xyz 1-1 1-2 1.1 1.1-jre 1.2",
    # the example of PEP 440
    "pypi": "1.dev0 1.0.dev456 1.0a1 1.0a2.dev456 1.0a12.dev456 1.0a12 1.0b1.dev456 1.0b2 1.0b2.post345.dev456"
    " 1.0b2.post345 1.0rc1.dev456 1.0rc1 1.0 1.0.post456.dev34 1.0.post456 1.0.15 1.1.dev1 1!0.1",
    "rpm": "1.0~rc1 1.0 1.0-1.el8 1.0-1.el9 1.0-2.el8 1.1 1:0.1",
    "conan": "1.1.0 1.1.1 1.1.1a 1.1.1k 1.1.2-rc1 1.1.2",
    # conda leaves an underscore at the end with the last part, where rattler takes it apart
    "conda": "2dev 2_rc 2_rc1 2_rc_ 2 2.10rc1b 2.10rc1b_ 2post 1!0.1",
    "gem": "1.0.0.beta1 1.0.0.rc1 1.0.0 1.0.1",
    "composer": "1.0.0-dev 1.0.0-alpha1 1.0.0-beta2 1.0.0-RC1 1.0.0 1.0.0-patch1 1.0.1",
}


@pytest.mark.parametrize("purl_type", IN_ORDER)
def test_versions_come_in_the_order_of_their_ecosystem(purl_type: str) -> None:
    versions = IN_ORDER[purl_type].split()
    wrong = [pair for pair in combinations(versions, 2) if compare_versions(*pair, purl_type) != -1]
    assert wrong == []


@pytest.mark.parametrize(
    ("left", "right", "purl_type"),
    [
        ("1", "1.0.0", ""),
        ("1.0.0", "1.0.0.0", "nuget"),
        ("01.0.0+x", "v1", "nuget"),
        ("1.0.0+1", "1.0.0+2", "swift"),
        ("v1.2", "1.2", "golang"),
        ("v2.0.0+incompatible", "v2.0.0", "golang"),
        ("1.0.0+build.5", "1.0.0", "npm"),
        ("1.0-ga", "1.0.Final", "maven"),
        ("1.0a", "1.0a0", "pypi"),
        ("1.0-RC1", "1.0-rc1", "maven"),
        ("1.0-alpha1", "1.0-alpha-1", "maven"),
    ],
)
def test_two_spellings_are_one_version(left: str, right: str, purl_type: str) -> None:
    assert compare_versions(left, right, purl_type) == 0


@pytest.mark.parametrize("purl_type", ["", *sorted(ORDERS)])
@pytest.mark.parametrize(
    "version", ["", " ", "master", "²", "-", "...", "~", "a" * 300, "${version}", "1.0 2.0", "1/2", "1\n2"]
)
def test_what_is_no_version_has_no_place_in_the_order(version: str, purl_type: str) -> None:
    assert version_key(version, purl_type) is None
    assert compare_versions(version, "1.0.0", purl_type) is None


@pytest.mark.parametrize("purl_type", ["", *sorted(ORDERS)])
def test_an_endless_number_is_no_trouble(purl_type: str) -> None:
    assert version_key("1." + "9" * 5000, purl_type) is None
    assert compare_versions("1." + "9" * 190, "1.0.0", purl_type) == 1


def test_a_type_without_a_known_order_has_one_for_numbers_only() -> None:
    assert compare_versions("v1.10", "1.9", "github") == 1
    assert compare_versions("1.0.0", "1", "generic") == 0
    assert version_key("1.0.0-4", "github") is None


def test_jitpack_names_builds_by_commits_which_have_no_order() -> None:
    assert version_key("a1b2c3d4e5", "maven") is None
    assert version_key("0123456789abcdef0123456789abcdef01234567", "maven") is None
    assert version_key("20040616", "maven") is not None


@pytest.mark.parametrize("version", ["1.2.3.4", "1.10.0.2", "1.10.10.2", "10.0.0.2-rc.1", "v=1.2.31.4"])
def test_four_numbers_of_npm_have_no_order_instead_of_that_of_a_pre_release(version: str) -> None:
    assert version_key(version, "npm") is None
    assert version_key("1.10.10rc.2", "npm") is not None


def test_conda_refuses_an_underscore_at_the_end_of_the_local_part_only() -> None:
    assert version_key("2.10rc1b_+1", "conda") is not None
    assert version_key("2.10rc1b+1_", "conda") is None
