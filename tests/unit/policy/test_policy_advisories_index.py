"""What advisories say of a component: keys, versions, scores, and what nobody can say."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.osv import affected, openssl, record
from webhook.clients.osv.records import SetBuilder
from webhook.model.components import ComponentState
from webhook.model.purls import Purl
from webhook.policy.advisoryindex import AdvisoryIndex
from webhook.policy.advisorykeys import ECOSYSTEMS, advisory_keys, ecosystem_of, key_of
from webhook.policy.advisorymarks import words_fingerprint
from webhook.policy.phrases import score_origin
from webhook.policy.severitywords import severity_words, words_problems

CLEAN, VULNERABLE, UNKNOWN, NOT_COVERED = (
    ComponentState.CLEAN,
    ComponentState.VULNERABLE,
    ComponentState.UNKNOWN,
    ComponentState.NOT_COVERED,
)
LIBSSL = "pkg:deb/debian/libssl3@3.0.7-1?distro=debian-12&upstream=openssl"


def index(**records: list[dict[str, Any]]) -> AdvisoryIndex:
    sets = {}
    for ecosystem, listed in records.items():
        builder = SetBuilder(ecosystem)
        for one_record in listed:
            builder.add(json.dumps(one_record).encode())
        sets["osv", ecosystem] = builder.finish()
    return AdvisoryIndex(sets)


@pytest.mark.parametrize(
    ("purl", "state"),
    [
        (LIBSSL, VULNERABLE),
        ("pkg:deb/debian/openssl@3.0.7-1?distro=debian-12", VULNERABLE),
        ("pkg:deb/debian/libssl3@3.0.8-1?distro=debian-12&upstream=openssl", CLEAN),
        ("pkg:deb/debian/libssl3@9?distro=debian-12&upstream=openssl%403.0.7-1", VULNERABLE),
        ("pkg:deb/debian/libssl3@3.0.7-1?distro=debian-12", CLEAN),
        ("pkg:deb/debian/libssl3@3.0.7-1?distro=debian-12&upstream=-", NOT_COVERED),
        ("pkg:deb/debian/openssl@3.0.7-1?distro=debian-12&upstream=-", VULNERABLE),
        ("pkg:deb/debian/openssl@3.0.8-1?distro=debian-12&upstream=-", NOT_COVERED),
        ("pkg:deb/debian/libssl3@3.0.7-1?distro=debian-11&upstream=openssl", NOT_COVERED),
        ("pkg:deb/debian/libssl3@3.0.7-1?upstream=openssl", NOT_COVERED),
        ("pkg:deb/ubuntu/libssl3@3.0.7-1?distro=ubuntu-22.04&upstream=openssl", NOT_COVERED),
        ("pkg:deb/debian/openssl@not%20a%20version?distro=debian-12", UNKNOWN),
        ("pkg:npm/openssl@3.0.7", NOT_COVERED),
    ],
)
def test_a_distribution_is_matched_by_release_source_package_and_its_version(purl: str, state: ComponentState) -> None:
    assert index(Debian=[openssl()]).match(Purl(purl)).state is state
    assert index(Debian=[openssl()]).covers(Purl(purl)) is (state is not NOT_COVERED)


def test_a_finding_names_its_fix_its_source_and_the_score_of_its_vector() -> None:
    answer = index(Debian=[openssl()]).match(Purl(LIBSSL))
    (found,) = answer.vulnerabilities
    assert (found.id, found.aliases, found.source) == ("DEBIAN-CVE-2023-0286", ("CVE-2023-0286",), "osv")
    assert (found.cvss_score, found.scored_from_vector) == (Decimal("9.8"), True)
    assert answer.fixed == {found.id: "3.0.8-1"}


def test_without_a_vector_another_advisory_of_the_same_vulnerability_gives_the_score() -> None:
    unscored = record("ALSA-2026:1", affected("AlmaLinux:8", "a", {"introduced": "0"}), related=["CVE-2023-0286"])
    purl = Purl("pkg:rpm/alma/a@1-1?distro=alma-8")
    (found,) = index(AlmaLinux=[unscored], Debian=[openssl()]).match(purl).vulnerabilities
    assert found.cvss_score == Decimal("9.8")
    assert (found.score_origin, score_origin(found)) == ("CVE-2023-0286", "scored as CVE-2023-0286")
    (alone,) = index(AlmaLinux=[unscored]).match(purl).vulnerabilities
    assert (alone.cvss_score, alone.aliases) == (None, ())


def test_an_id_that_is_a_cve_leaves_that_name_to_other_sources() -> None:
    (found,) = (
        index(npm=[record("CVE-2026-1", affected("npm", "a", {"introduced": "0"}))])
        .match(Purl("pkg:npm/a@1.0.0"))
        .vulnerabilities
    )
    assert (found.id, found.aliases) == ("osv:CVE-2026-1", ("CVE-2026-1",))


@pytest.mark.parametrize(
    ("purl", "keys"),
    [
        ("pkg:npm/%40a/b@1.0.0", ["pkg:npm/%40a/b"]),
        ("pkg:maven/org.x/core@1.0", ["pkg:maven/org.x/core"]),
        ("pkg:apk/alpine/musl-utils@1.2.3-r1?distro=alpine-3.16&upstream=musl", ["alpine-3.16/musl"]),
        ("pkg:apk/wolfi/curl@8-r0", ["wolfi/curl"]),
        ("pkg:apk/minimos/curl@8-r0", ["minimos/curl"]),
        ("pkg:deb/echo/libcurl4@8-1%2Be1?upstream=curl", ["echo/curl"]),
        (
            "pkg:rpm/mariner/openssl-libs@1-1.cm2?distro=mariner-2&upstream=openssl",
            ["azurelinux-2/openssl-libs", "azurelinux-2/openssl"],
        ),
        ("pkg:rpm/azurelinux/openssl@1-1.azl3?distro=azurelinux-3", ["azurelinux-3/openssl"]),
        ("pkg:rpm/alma/openssl-libs@1-1?distro=alma-8&upstream=openssl", ["alma-8/openssl-libs"]),
        ("pkg:rpm/rocky/openssl-libs@1-1?distro=rocky-8&upstream=openssl", ["rocky-8/openssl-libs", "rocky-8/openssl"]),
        ("pkg:rpm/alma/openssl-libs@1-1", []),
        (
            "pkg:rpm/mageia/openssl-libs@3-1.mga9?distro=mageia-9&upstream=openssl",
            ["mageia-9/openssl-libs", "mageia-9/openssl"],
        ),
        ("pkg:apk/alpaquita/musl-utils@1-r1?distro=alpaquita-stream&upstream=musl", ["alpaquita-stream/musl"]),
        ("pkg:apk/alpaquita/musl@1-r1", []),
        ("pkg:apk/bellsoft/musl@1-r1?distro=bellsoft-23", ["bellsoft-23/musl"]),
        ("pkg:hackage/aeson@1.4", ["pkg:hackage/aeson"]),
        ("pkg:julia/OpenSSL_jll@3.0.8%2B0", ["pkg:julia/OpenSSL_jll"]),
    ],
)
def test_keys_of_a_component(purl: str, keys: list[str]) -> None:
    assert [key.name for key in advisory_keys(Purl(purl)) if not key.is_beside] == keys
    assert ecosystem_of(Purl(purl)) in ECOSYSTEMS


@pytest.mark.parametrize(
    ("purl", "keys"),
    [
        ("pkg:apk/wolfi/curl@8-r0", []),
        ("pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12&upstream=openssl", ["debian/openssl"]),
        (
            "pkg:rpm/suse/php74@7.4-1?distro=suse-12.5&upstream=php7",
            ["suse/php74", "suse/php7", "suse-module-12/php74", "suse-module-12/php7"],
        ),
        ("pkg:rpm/suse/openssl@3-1?distro=suse-15.4", ["suse/openssl"]),
    ],
)
def test_keys_that_are_about_more_than_a_release(purl: str, keys: list[str]) -> None:
    assert [key.name for key in advisory_keys(Purl(purl)) if key.is_beside] == keys


@pytest.mark.parametrize(
    ("version", "said", "state"),
    [
        ("7.4-1", ["SUSE:Linux Enterprise Module for Web and Scripting 12"], VULNERABLE),
        ("7.5-1", ["SUSE:Linux Enterprise Module for Web and Scripting 12"], CLEAN),
        ("7.4-1", ["SUSE"], VULNERABLE),
        ("7.4-1", ["SUSE:Linux Enterprise Server 15 SP4"], CLEAN),
        # What is said of the release counts in the place of what is said of all.
        ("7.4-1", ["SUSE", "SUSE:Linux Enterprise Server 12 SP5"], CLEAN),
    ],
)
def test_an_advisory_without_a_release_is_about_all_of_them(version: str, said: list[str], state: Any) -> None:
    other = record("X-2", affected("SUSE:Linux Enterprise Server 12 SP5", "other", {"introduced": "0"}))
    ends = {"SUSE:Linux Enterprise Server 12 SP5": "7.3-1"}
    packages = [affected(name, "php74", {"introduced": "0"}, {"fixed": ends.get(name, "7.4-2")}) for name in said]
    purl = Purl(f"pkg:rpm/suse/php74@{version}?distro=suse-12.5")
    assert index(SUSE=[record("X-1", *packages), other]).match(purl).state is state
    assert index(SUSE=[record("X-1", *packages)]).covers(Purl("pkg:rpm/suse/php74@7?distro=suse-11.4")) is False


@pytest.mark.parametrize(
    ("ecosystem", "name", "key"),
    [
        ("npm", "@a/b", "pkg:npm/%40a/b"),
        ("PyPI", "Ruamel.Yaml", "pkg:pypi/ruamel-yaml"),
        ("Maven", "org.x:core", "pkg:maven/org.x/core"),
        ("Go", "github.com/Azure/go-autorest", "pkg:golang/github.com/Azure/go-autorest"),
        ("NuGet", "Newtonsoft.Json", "pkg:nuget/newtonsoft.json"),
        ("Debian:12", "openssl", "debian-12/openssl"),
        ("Ubuntu:22.04:LTS", "openssl", "ubuntu-22.04/openssl"),
        ("Ubuntu:Pro:18.04:LTS", "openssl", "ubuntu-pro-18.04/openssl"),
        ("Ubuntu:Pro:FIPS:18.04:LTS", "openssl", None),
        ("Ubuntu:24.10", "openssl", "ubuntu-24.10/openssl"),
        ("Photon OS:4.0", "openssl", "photon-4.0/openssl"),
        ("Alpine:v3.19", "musl", "alpine-3.19/musl"),
        ("Alpine:v3.19", "R", "alpine-3.19/r"),
        ("SUSE:Linux Enterprise Server 15 SP4", "NetworkManager", "suse-15.4/NetworkManager"),
        ("Alpine:edge", "musl", "alpine-edge/musl"),
        ("AlmaLinux:9", "openssl", "alma-9/openssl"),
        ("Rocky Linux:8", "openssl", "rocky-8/openssl"),
        ("Red Hat:enterprise_linux:8::baseos", "openssl", "redhat-8/openssl"),
        ("Red Hat:rhel_eus:8.4::baseos", "openssl", "redhat-long-8/openssl"),
        ("Red Hat:rhel_els:7", "openssl", "redhat-long-7/openssl"),
        ("Red Hat:rhel_software_collections:3::el7", "openssl", None),
        ("SUSE:Linux Enterprise Server 15 SP4", "openssl", "suse-15.4/openssl"),
        ("SUSE:Linux Enterprise Module for Basesystem 15 SP4", "openssl", "suse-15.4/openssl"),
        ("SUSE:Linux Enterprise Server 12 SP5-LTSS", "openssl", "suse-12.5/openssl"),
        ("SUSE:Linux Enterprise Micro 5.3", "openssl", "suse-5.3/openssl"),
        ("SUSE:Linux Enterprise Server 16.0", "openssl", "suse-16.0/openssl"),
        ("openSUSE:Leap 15.4", "openssl", "opensuse-15.4/openssl"),
        ("openSUSE:Tumbleweed", "openssl", "opensuse-tumbleweed/openssl"),
        ("Wolfi", "curl", "wolfi/curl"),
        ("Chainguard", "curl", "chainguard/curl"),
        ("Bitnami", "nginx", "pkg:bitnami/nginx"),
        ("Debian", "openssl", "debian/openssl"),
        ("Debian:trixie/x", "openssl", None),
        ("Red Hat:enterprise_linux:10", "openssl", "redhat-10/openssl"),
        ("Red Hat:enterprise_linux:10.0", "openssl", "redhat-10/openssl"),
        ("Red Hat:enterprise_linux:10.1::baseos", "openssl", "redhat-10/openssl"),
        ("Red Hat:enterprise_linux_eus:10.0", "openssl", "redhat-long-10/openssl"),
        ("Red Hat:enterprise_linux_nvidia:10::el10", "openssl", None),
        ("SUSE:Linux Enterprise Module for Web and Scripting 12", "php74", "suse-module-12/php74"),
        ("SUSE:Linux Enterprise Server 12", "openssl", "suse-12/openssl"),
        ("SUSE:Linux Enterprise Server LTSS Extended Security 12 SP5", "openssl", "suse-12.5/openssl"),
        ("SUSE:Linux Enterprise Server 12 SP5-LTSS Extended Security", "openssl", "suse-12.5/openssl"),
        ("SUSE:Linux Enterprise Server 11 SP4 LTSS EXTREME CORE", "openssl", "suse-11.4/openssl"),
        ("SUSE:Linux Enterprise Server 11 SP4-CLIENT-TOOLS", "openssl", "suse-11.4/openssl"),
        ("SUSE:Linux Enterprise Server 11 SP4-", "openssl", None),
        ("openSUSE:Leap 15.5 NonFree", "opera", "opensuse-15.5/opera"),
        ("Azure Linux:3", "openssl", "azurelinux-3/openssl"),
        ("MinimOS", "nginx", "minimos/nginx"),
        ("Echo", "openssl", "echo/openssl"),
        ("Echo:PyPI", "requests", None),
        ("Mageia:9", "openssl", "mageia-9/openssl"),
        ("Alpaquita:23", "musl", "alpaquita-23/musl"),
        ("Alpaquita:stream", "musl", "alpaquita-stream/musl"),
        ("BellSoft Hardened Containers:stream", "musl", "bellsoft-stream/musl"),
        ("Hackage", "aeson", "pkg:hackage/aeson"),
        ("Bioconductor", "IRanges", "pkg:bioconductor/IRanges"),
        ("Julia", "OpenSSL_jll", "pkg:julia/OpenSSL_jll"),
        ("opam", "cohttp-eio", "pkg:opam/cohttp-eio"),
        ("openEuler:22.03-LTS-SP1", "openssl", None),
        ("Docker Hardened Images:Debian:trixie", "openssl", None),
        ("TuxCare:Alpine:v3.16", "openssl", None),
    ],
)
def test_ecosystems_of_records(ecosystem: str, name: str, key: str | None) -> None:
    found = key_of(ecosystem, name)
    assert (None if found is None else found[1]) == key


def nodejs(stream: str, fixed: str) -> dict[str, Any]:
    package = affected("AlmaLinux:8", "nodejs", {"introduced": "0"}, {"fixed": fixed})
    return record(f"ALSA-{stream}", package, summary=f"Important: nodejs:{stream} security update")


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("14.20.0-1.module_el8.6.0%2B1%2Ba", ["ALSA-14"]),
        ("14.21.1-2.module_el8.6.0%2B3%2Ba", []),
        ("16.16.0-1.module_el8.6.0%2B1%2Ba", ["ALSA-16"]),
        ("16.17.1-1.module_el8.6.0%2B3%2Ba", []),
        ("10.24.0-1.el8", []),
        ("18.1.0-1.module_el8.6.0%2B1%2Ba", []),
    ],
)
def test_a_modular_rpm_is_matched_with_its_own_stream(version: str, found: list[str]) -> None:
    advisories = index(
        AlmaLinux=[
            nodejs("14", "1:14.21.1-2.module_el8.6.0+2+b"),
            nodejs("16", "1:16.17.1-1.module_el8.6.0+2+b"),
        ]
    )
    answer = advisories.match(Purl(f"pkg:rpm/alma/nodejs@{version}?distro=alma-8&epoch=1"))
    assert [vulnerability.id for vulnerability in answer.vulnerabilities] == found


def test_a_package_of_a_module_whose_version_shows_no_stream_is_matched_with_all() -> None:
    package = affected("AlmaLinux:8", "npm", {"introduced": "0"}, {"fixed": "1:8.15.0-1.module_el8.6.0+2+b"})
    advisories = index(AlmaLinux=[record("ALSA-1", package, summary="Important: nodejs:16 security update")])
    old = Purl("pkg:rpm/alma/npm@6.14.0-1.module_el8.6.0%2B1%2Ba?distro=alma-8&epoch=1")
    assert advisories.match(old).state is VULNERABLE
    plain = Purl("pkg:rpm/alma/npm@6.14.0-1.el8?distro=alma-8&epoch=1")
    assert advisories.match(plain).state is CLEAN


def since(year: int, stream: str, cve: str) -> dict[str, Any]:
    package = affected(
        "Red Hat:enterprise_linux:8", "nodejs", {"introduced": "0"}, {"fixed": f"1:{stream}.9-1.module+1"}
    )
    summary = f"Important: nodejs:{stream} security update"
    return record(f"RHSA-{year}:1", package, summary=summary, related=[cve])


@pytest.mark.parametrize(
    ("advisories", "version", "state"),
    [
        ([("2024", "16", "CVE-1-1")], "14.9-1.module%2B1", UNKNOWN),
        ([("2024", "16", "CVE-1-1"), ("2023", "14", "CVE-1-2")], "14.9-1.module%2B1", UNKNOWN),
        ([("2024", "16", "CVE-1-1"), ("2023", "14", "CVE-1-1")], "14.9-1.module%2B1", CLEAN),
        ([("2024", "16", "CVE-1-1"), ("2025", "14", "CVE-1-2")], "14.9-1.module%2B1", CLEAN),
        ([("2024", "16", "CVE-1-1"), ("2025", "14", "CVE-1-2")], "14.8-1.module%2B1", VULNERABLE),
        ([("2024", "16", "CVE-1-1")], "18.1-1.module%2B1", CLEAN),
        ([("2024", "16", "CVE-1-1")], "14.9-1.el8", CLEAN),
    ],
)
def test_nobody_knows_what_a_stream_has_that_advisories_name_no_more(
    advisories: list[tuple[str, str, str]], version: str, state: ComponentState
) -> None:
    known = index(**{"Red Hat": [since(int(year), stream, cve) for year, stream, cve in advisories]})
    assert known.match(Purl(f"pkg:rpm/redhat/nodejs@{version}?distro=redhat-8&epoch=1")).state is state


@pytest.mark.parametrize(("version", "state"), [("16.8.0", VULNERABLE), ("16.9.0", CLEAN), ("14.8.0", UNKNOWN)])
def test_a_version_without_a_release_may_be_of_a_module(version: str, state: ComponentState) -> None:
    known = index(**{"Red Hat": [since(2024, "16", "CVE-1-1")]})
    assert known.match(Purl(f"pkg:rpm/redhat/nodejs@{version}?distro=redhat-8&epoch=1")).state is state


@pytest.mark.parametrize(
    ("version", "state", "fixed"),
    [
        ("1.1-1ubuntu2", VULNERABLE, None),
        ("1.1-1ubuntu2%2Besm1", VULNERABLE, "1.1-1ubuntu2+esm3"),
        ("1.1-1ubuntu2%2Besm3", CLEAN, None),
    ],
)
def test_a_package_of_ubuntu_pro_is_matched_with_what_pro_fixes(
    version: str, state: ComponentState, fixed: Any
) -> None:
    everybody = affected("Ubuntu:18.04:LTS", "a", {"introduced": "0"})
    subscribers = affected("Ubuntu:Pro:18.04:LTS", "a", {"introduced": "0"}, {"fixed": "1.1-1ubuntu2+esm3"})
    answer = index(Ubuntu=[record("UBUNTU-CVE-2026-1", everybody, subscribers)]).match(
        Purl(f"pkg:deb/ubuntu/a@{version}?distro=ubuntu-18.04")
    )
    assert (answer.state, answer.fixed.get("UBUNTU-CVE-2026-1")) == (state, fixed)


@pytest.mark.parametrize(
    ("plain", "state"), [((), VULNERABLE), (({"introduced": "0"}, {"fixed": "7.4.3-4ubuntu2.20"}), CLEAN)]
)
def test_an_advisory_about_pro_alone_counts_for_everybody_and_what_it_says_of_the_release_counts_first(
    plain: Any, state: ComponentState
) -> None:
    subscribers = affected("Ubuntu:Pro:20.04:LTS", "php7.4", {"introduced": "0"})
    everybody = [affected("Ubuntu:20.04:LTS", "php7.4", *plain)] if plain else []
    advisories = index(Ubuntu=[record("UBUNTU-CVE-2025-6491", subscribers, *everybody)])
    php = Purl("pkg:deb/ubuntu/php7.4-cli@7.4.3-4ubuntu2.29?distro=ubuntu-20.04&upstream=php7.4")
    assert advisories.match(php).state is state


@pytest.mark.parametrize("distribution", ["centos", "redhat"])
@pytest.mark.parametrize("stream", ["rhel_els:7::server", "rhel_aus:7.7::server"])
def test_what_red_hat_fixes_in_a_stream_of_long_support_alone_is_vulnerable_for_everybody(
    distribution: str, stream: str
) -> None:
    package = affected(f"Red Hat:{stream}", "a", {"introduced": "0"}, {"fixed": "0:1-3.el7_9"})
    advisories = index(**{"Red Hat": [record("RHSA-2026:1", package)]})
    for version, state in ("1-2.el7_9", VULNERABLE), ("1-3.el7_9", CLEAN):
        assert advisories.match(Purl(f"pkg:rpm/{distribution}/a@{version}?distro={distribution}-7")).state is state


def test_what_pro_does_not_mention_counts_for_its_packages_too() -> None:
    everybody = affected("Ubuntu:18.04:LTS", "a", {"introduced": "0"}, {"fixed": "2"})
    purl = Purl("pkg:deb/ubuntu/a@1%2Besm1?distro=ubuntu-18.04")
    assert index(Ubuntu=[record("UBUNTU-CVE-2026-1", everybody)]).match(purl).state is VULNERABLE


@pytest.mark.parametrize(
    ("release", "state"), [("7", VULNERABLE), ("8", NOT_COVERED), ("9", NOT_COVERED), ("", NOT_COVERED)]
)
def test_centos_is_matched_with_the_advisories_of_red_hat_until_stream(release: str, state: ComponentState) -> None:
    package = affected("Red Hat:enterprise_linux:7::server", "a", {"introduced": "0"}, {"fixed": "0:1-2.el7_9"})
    distro = f"?distro=centos-{release}" if release else ""
    purl = Purl(f"pkg:rpm/centos/a@1-1.el7{distro}")
    found = index(**{"Red Hat": [record("RHSA-2026:1", package)]}).match(purl)
    assert found.state is state


def graded(**extra: Any) -> dict[str, Any]:
    package = affected("Debian:12", "a", {"introduced": "0"}, **extra.pop("package", {}))
    return record("DEBIAN-CVE-2026-1111", package, **extra)


A = Purl("pkg:deb/debian/a@1?distro=debian-12")
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"


@pytest.mark.parametrize(
    ("extra", "score", "origin"),
    [
        ({"severity": [{"type": "CVSS_V3", "score": VECTOR}, {"type": "Ubuntu", "score": "critical"}]}, "7.5", ""),
        ({"package": {"ecosystem_specific": {"urgency": "high"}}}, "8.9", "word:high"),
        ({"package": {"ecosystem_specific": {"urgency": "not yet assigned"}}}, None, ""),
        ({"package": {"ecosystem_specific": {"urgency": "end-of-life"}}}, None, ""),
        ({"severity": [{"type": "Ubuntu", "score": "negligible"}]}, "0.1", "word:negligible"),
        ({"database_specific": {"severity": "MODERATE"}}, "6.9", "word:moderate"),
        ({"database_specific": {"severity": 7}}, None, ""),
        ({"summary": "Important: a security update"}, "8.9", "word:important"),
        ({"summary": "Low: x", "database_specific": {"severity": "Critical"}}, "10.0", "word:critical"),
        ({}, None, ""),
    ],
)
def test_without_a_score_a_word_for_the_severity_gives_one(extra: Any, score: str | None, origin: str) -> None:
    (found,) = index(Debian=[graded(**extra)]).match(A).vulnerabilities
    assert found.cvss_score == (None if score is None else Decimal(score))
    assert (found.score_origin, found.scored_from_vector) == (origin, score == "7.5")


def test_a_score_of_others_counts_before_a_word_and_the_highest_of_them() -> None:
    builder = SetBuilder("Debian")
    builder.add(json.dumps(graded(database_specific={"severity": "critical"})).encode())
    sets = {("osv", "Debian"): builder.finish()}
    asked = {"CVE-2026-1111": Decimal("5.3")}
    (found,) = AdvisoryIndex(sets, asked=asked).match(A).vulnerabilities
    assert (found.cvss_score, found.score_origin) == (Decimal("5.3"), "ossindex:CVE-2026-1111")
    assert score_origin(found) == "scored as CVE-2026-1111 by OSS Index"
    scored = record(
        "X-1",
        affected("npm", "b", {"introduced": "0"}),
        aliases=["CVE-2026-1111"],
        severity=[{"type": "CVSS_V3", "score": VECTOR}],
    )
    other = SetBuilder("npm")
    other.add(json.dumps(scored).encode())
    (found,) = AdvisoryIndex({**sets, ("osv", "npm"): other.finish()}, asked=asked).match(A).vulnerabilities
    assert (found.cvss_score, found.score_origin, found.cvss_vector) == (Decimal("7.5"), "CVE-2026-1111", VECTOR)


def test_the_settings_change_what_a_word_stands_for() -> None:
    builder = SetBuilder("Debian")
    builder.add(json.dumps(graded(database_specific={"severity": "HIGH"})).encode())
    sets = {("osv", "Debian"): builder.finish()}
    for stated, score in ({"High": 8.0}, "8.0"), ({"high": 0}, None), ({"low": 1}, "8.9"):
        words = {"osv": severity_words(stated)}
        (found,) = AdvisoryIndex(sets, words).match(A).vulnerabilities
        assert found.cvss_score == (None if score is None else Decimal(score))
        assert words_fingerprint(words)
    assert words_fingerprint({"osv": severity_words({})}) == ""
    assert list(words_problems({"high": 8.0, "low": 0})) == []
    assert [len(list(words_problems({"high": wrong}))) for wrong in (11, -1, 8.05, float("nan"))] == [1, 1, 1, 1]


def test_releases_at_their_end_of_life_are_named() -> None:
    ended = graded(package={"ecosystem_specific": {"urgency": "end-of-life"}})
    (found,) = index(Debian=[ended]).match(A).vulnerabilities
    assert found.description.startswith("No fix will come for Debian:12")


@pytest.mark.parametrize(("version", "state"), [("1.25.2-7", VULNERABLE), ("1.25.3", CLEAN), ("1.25.3-1", CLEAN)])
def test_a_revision_of_bitnami_is_newer_than_the_version_that_it_repackages(
    version: str, state: ComponentState
) -> None:
    package = affected("Bitnami", "nginx", {"introduced": "0"}, {"fixed": "1.25.3"}, kind="SEMVER")
    assert index(Bitnami=[record("BIT-nginx-1", package)]).match(Purl(f"pkg:bitnami/nginx@{version}")).state is state


def test_the_go_command_is_no_part_of_the_standard_library() -> None:
    command = record("GO-1", affected("Go", "toolchain", {"introduced": "0"}))
    assert index(Go=[command]).match(Purl("pkg:golang/stdlib@1.20.1")).state is CLEAN


def test_the_names_of_packages_of_apk_are_in_lower_case_on_both_sides() -> None:
    says = index(Alpine=[record("X-1", affected("Alpine:v3.19", "R", {"introduced": "0"}))])
    for purl in ("pkg:apk/alpine/r@4-r0?distro=alpine-3.19", "pkg:apk/alpine/r-dev@4-r0?distro=alpine-3.19&upstream=R"):
        assert says.match(Purl(purl)).state is VULNERABLE


@pytest.mark.parametrize(
    ("ecosystem", "named", "purl", "state"),
    [
        ("Go", "github.com/Masterminds/sprig/v3", "pkg:golang/github.com/masterminds/sprig/v3@v3.2.2", VULNERABLE),
        ("Go", "github.com/Masterminds/sprig/v3", "pkg:golang/github.com/masterminds/sprig/v3@v3.2.3", CLEAN),
        ("Go", "github.com/sirupsen/logrus", "pkg:golang/github.com/Sirupsen/logrus@v1.0.0", VULNERABLE),
        ("Go", "github.com/a/b", "pkg:golang/github.com/a/c@v1.0.0", CLEAN),
        ("crates.io", "serde_json", "pkg:cargo/serde-json@1.0.0", VULNERABLE),
        ("crates.io", "serde-json", "pkg:cargo/Serde_JSON@1.0.0", VULNERABLE),
        ("CRAN", "Rcpp", "pkg:cran/rcpp@1.0.0", VULNERABLE),
        ("npm", "JSONStream", "pkg:npm/jsonstream@1.0.0", UNKNOWN),
        ("npm", "jsonstream", "pkg:npm/JSONStream@1.0.0", UNKNOWN),
        ("npm", "a_b", "pkg:npm/a-b@1.0.0", CLEAN),
        ("RubyGems", "RedCloth", "pkg:gem/redcloth@1.0.0", UNKNOWN),
        ("Maven", "org.x:Core", "pkg:maven/org.x/core@1.0", UNKNOWN),
    ],
)
def test_a_name_in_another_case_is_no_proof_that_a_package_is_clean(
    ecosystem: str, named: str, purl: str, state: ComponentState
) -> None:
    said = record("X-1", affected(ecosystem, named, {"introduced": "0"}, {"fixed": "3.2.3"}))
    assert index(**{ecosystem: [said]}).match(Purl(purl)).state is state


def test_two_packages_whose_names_differ_in_case_have_their_own_advisories() -> None:
    one = record("X-1", affected("npm", "JSONStream", {"introduced": "0"}))
    other = record("X-2", affected("npm", "jsonstream", {"introduced": "0"}, {"fixed": "1.0.0"}))
    says = index(npm=[one, other])
    assert says.match(Purl("pkg:npm/jsonstream@1.0.0")).state is CLEAN
    assert [found.id for found in says.match(Purl("pkg:npm/JSONStream@1.0.0")).vulnerabilities] == ["X-1"]


@pytest.mark.parametrize("name", ["apple.swift-nio", "apple/swift-nio", "swift-nio"])
def test_a_package_of_swift_without_a_host_is_not_covered(name: str) -> None:
    said = record("X-1", affected("SwiftURL", "github.com/apple/swift-nio", {"introduced": "0"}))
    assert index(SwiftURL=[said]).match(Purl(f"pkg:swift/{name}@1.0.0")).state is NOT_COVERED


@pytest.mark.parametrize(
    ("ecosystem", "name", "fixed", "purl", "state"),
    [
        ("Hackage", "aeson", "2.0.1.0", "pkg:hackage/aeson@2.0.1", VULNERABLE),
        ("Hackage", "aeson", "2.0.1.0", "pkg:hackage/aeson@2.0.10.0", CLEAN),
        ("Bioconductor", "IRanges", "2.28.0", "pkg:bioconductor/IRanges@2.9.1", VULNERABLE),
        ("Bioconductor", "IRanges", "2.28.0", "pkg:bioconductor/IRanges@2.28.0", CLEAN),
        ("Julia", "OpenSSL_jll", "3.0.8+1", "pkg:julia/OpenSSL_jll@3.0.8%2B0", VULNERABLE),
        ("Julia", "OpenSSL_jll", "3.0.8+1", "pkg:julia/OpenSSL_jll@3.0.8%2B1", CLEAN),
        ("opam", "cohttp", "5.1.1", "pkg:opam/cohttp@5.1.1~beta1", VULNERABLE),
        ("opam", "cohttp", "5.1.1", "pkg:opam/cohttp@5.1.1", CLEAN),
        ("opam", "core", "5.1.1", "pkg:opam/core@v0.16.0", UNKNOWN),
        ("Mageia:9", "openssl", "3.0.8-1.mga9", "pkg:rpm/mageia/openssl@3.0.7-2.mga9?distro=mageia-9", VULNERABLE),
        ("Mageia:9", "openssl", "3.0.8-1.mga9", "pkg:rpm/mageia/openssl@3.0.7-2.mga8?distro=mageia-8", NOT_COVERED),
        ("Alpaquita:stream", "musl", "1.2-r5", "pkg:apk/alpaquita/musl@1.2-r4?distro=alpaquita-stream", VULNERABLE),
        ("Alpaquita:23", "musl", "1.2-r5", "pkg:apk/alpaquita/musl@1.2-r5?distro=alpaquita-23", CLEAN),
    ],
)
def test_versions_of_an_ecosystem_have_its_order(
    ecosystem: str, name: str, fixed: str, purl: str, state: ComponentState
) -> None:
    advisory = record("X-1", affected(ecosystem, name, {"introduced": "0"}, {"fixed": fixed}))
    assert index(**{ecosystem.partition(":")[0]: [advisory]}).match(Purl(purl)).state is state


@pytest.mark.parametrize(
    ("ecosystem", "fixed", "state"),
    [
        ("Azure Linux:3", "9.1-1.azl3", VULNERABLE),
        ("Azure Linux:3", "9.0-1.azl3", CLEAN),
        ("Azure Linux:3", "1:9.1-1.azl3", CLEAN),
        ("AlmaLinux:3", "9.1-1", CLEAN),
    ],
)
def test_an_epoch_that_an_ecosystem_never_states_decides_nothing(
    ecosystem: str, fixed: str, state: ComponentState
) -> None:
    base = ecosystem.partition(":")[0]
    distribution = {"Azure Linux": "azurelinux", "AlmaLinux": "alma"}[base]
    package = affected(ecosystem, "vim", {"introduced": "0"}, {"fixed": fixed})
    purl = Purl(f"pkg:rpm/{distribution}/vim@9.0-2.azl3?distro={distribution}-3&epoch=2")
    assert index(**{base: [record("X-1", package)]}).match(purl).state is state
