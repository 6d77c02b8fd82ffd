"""What a component is called at OSS Index, and what the answers to several forms say together."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.doubles.ossindex import OssIndexDouble, advisory
from webhook.clients.ossindex.forms import Form, forms, usual_forms
from webhook.clients.ossindex.source import OssIndexSource
from webhook.model.downloads import Names
from webhook.model.purls import Purl, parse_purl

MakeSource = Callable[..., OssIndexSource]
YAML = Purl("pkg:pypi/ruamel-yaml@0.17.4")
DOTTED = Purl("pkg:pypi/ruamel.yaml@0.17.4")


@pytest.mark.parametrize(
    ("key", "spellings", "certain", "others"),
    [
        ("pkg:maven/log4j/log4j@1.2.17", [], ["pkg:maven/log4j/log4j@1.2.17"], []),
        ("pkg:pypi/flask@1.0.1", [], ["pkg:pypi/flask@1.0.1"], []),
        ("pkg:pypi/gdal@3.10", [], ["pkg:pypi/gdal@3.10"], ["pkg:pypi/gdal@3.10.0"]),
        ("pkg:pypi/gdal@3.10.0", [], ["pkg:pypi/gdal@3.10.0"], ["pkg:pypi/gdal@3.10"]),
        ("pkg:pypi/a@1", [], ["pkg:pypi/a@1"], ["pkg:pypi/a@1.0", "pkg:pypi/a@1.0.0"]),
        ("pkg:pypi/a@1.2.3.0", [], ["pkg:pypi/a@1.2.3.0"], ["pkg:pypi/a@1.2.3"]),
        ("pkg:pypi/a@1.2rc1%2Bx", [], ["pkg:pypi/a@1.2rc1", "pkg:pypi/a@1.2rc1%2Bx"], ["pkg:pypi/a@1.2.0rc1"]),
        (
            "pkg:pypi/torch@2.0.1%2Bcu118",
            [],
            ["pkg:pypi/torch@2.0.1", "pkg:pypi/torch@2.0.1%2Bcu118"],
            [],
        ),
        ("pkg:pypi/a-b-c@1.0.1", [], ["pkg:pypi/a-b-c@1.0.1"], ["pkg:pypi/a.b.c@1.0.1"]),
        ("pkg:pypi/a-b-c@1.0.1", ["pkg:pypi/a.b-c@1.0.1"], ["pkg:pypi/a-b-c@1.0.1", "pkg:pypi/a.b-c@1.0.1"], []),
        (
            "pkg:pypi/certifi@2022.12.7",
            ["pkg:pypi/certifi@2022.12.07"],
            ["pkg:pypi/certifi@2022.12.7", "pkg:pypi/certifi@2022.12.07"],
            [],
        ),
        ("pkg:nuget/a.b@1.0.0", [], ["pkg:nuget/a.b@1.0.0"], []),
        ("pkg:nuget/a.b@1.0.0", ["pkg:nuget/A.B@1.0.0"], ["pkg:nuget/A.B@1.0.0"], ["pkg:nuget/a.b@1.0.0"]),
        (
            "pkg:nuget/a.b@1.0.0",
            ["pkg:nuget/A.B@1.0.0.0"],
            ["pkg:nuget/A.B@1.0.0.0", "pkg:nuget/A.B@1.0.0"],
            ["pkg:nuget/a.b@1.0.0"],
        ),
        ("pkg:composer/a/b@1.0", [], ["pkg:composer/a/b@1.0"], ["pkg:composer/a/b@v1.0"]),
        ("pkg:composer/a/b@1.0", ["pkg:composer/a/b@v1.0"], ["pkg:composer/a/b@v1.0"], ["pkg:composer/a/b@1.0"]),
        ("pkg:npm/JSONStream@1.0.0", [], ["pkg:npm/JSONStream@1.0.0", "pkg:npm/jsonstream@1.0.0"], []),
        ("pkg:rpm/redhat/openssl@1-2", [], ["pkg:rpm/openssl@1-2"], ["pkg:rpm/redhat/openssl@1-2"]),
        ("pkg:golang/g.test/A/b@v1.0.0", [], ["pkg:golang/g.test/A/b@v1.0.0"], ["pkg:golang/g.test/a/b@v1.0.0"]),
        (
            "pkg:golang/github.com/golang-jwt/jwt@v4.5.0",
            [],
            [
                "pkg:golang/github.com/golang-jwt/jwt@v4.5.0",
                "pkg:golang/github.com/golang-jwt/jwt/v4@v4.5.0",
                "pkg:golang/github.com/golang-jwt/jwt@v4.5.0%2Bincompatible",
            ],
            [],
        ),
        ("pkg:golang/gopkg.in/yaml.v2@v2.4.0", [], ["pkg:golang/gopkg.in/yaml.v2@v2.4.0"], []),
        ("pkg:maven/g/a@1.0.redhat-00001", [], ["pkg:maven/g/a@1.0.redhat-00001", "pkg:maven/g/a@1.0"], []),
        *[
            (f"pkg:maven/g/a@{version}", [], [f"pkg:maven/g/a@{version}", "pkg:maven/g/a@1.0.3"], [])
            for version in (
                *("1.0.3-SNAPSHOT", "1.0.3-snapshot", "1.0.3.BUILD-SNAPSHOT", "1.0.3-20240131.235959-12"),
                *("1.0.3%20Final", "1.0.3-02%2F26%2F2007%2003:20%20PM"),
            )
        ],
        *[
            (f"pkg:maven/g/a@{version}", [], [f"pkg:maven/g/a@{version}"], [])
            for version in ("1.0.3-12", "1.0.3-20240131", "SNAPSHOT", "1.0%2B3", "1.0_3", "r1%20Final")
        ],
        ("pkg:cargo/a@1.0.0%2Bx", [], ["pkg:cargo/a@1.0.0%2Bx"], ["pkg:cargo/a@1.0.0"]),
        # What no registry can hold, and what is not covered.
        ("pkg:golang/stdlib@1.26.8", [], [], []),
        ("pkg:npm/a@workspace:1", [], [], []),
        ("pkg:cargo/a@1", [], [], []),
        ("pkg:golang/g.test/a@v1.2", [], [], []),
        ("pkg:golang/local/a@v1.0.0", [], [], []),
        ("pkg:golang/g.test/a@v0.0.0-00010101000000-000000000000", [], [], []),
        # Keys of older databases.
        ("pkg:pypi/ruamel.yaml@1.0.1", [], ["pkg:pypi/ruamel-yaml@1.0.1", "pkg:pypi/ruamel.yaml@1.0.1"], []),
        ("pkg:golang/g.test/a/b@1.0.0", [], ["pkg:golang/g.test/a/b@v1.0.0"], []),
    ],
)
def test_a_component_is_asked_for_in_every_form_that_may_be_its_own(
    key: str, spellings: list[str], certain: list[str], others: list[str]
) -> None:
    found = forms(Purl(key), [Purl(spelling) for spelling in spellings])
    assert [form.coordinates for form in found if form.certain] == certain
    assert [form.coordinates for form in found if not form.certain] == others


@pytest.mark.parametrize("known", [YAML, DOTTED])
def test_a_finding_under_any_form_is_the_components(
    double: OssIndexDouble, make_source: MakeSource, known: Purl
) -> None:
    double.behaviour.advisories = {str(known): [advisory("CVE-2026-1000", 9.8)]}
    answer = make_source().report([YAML])
    assert [
        (component_answer.purl, component_answer.complete, len(component_answer.vulnerabilities))
        for component_answer in answer.answers
    ] == [(YAML, True, 1)]
    assert answer.forms == 2
    assert double.service.coordinates == [YAML, DOTTED]
    assert len(double.service.journal) == 2  # a service that holds them equal would answer one of the two


def test_clean_needs_an_answer_to_each_form(double: OssIndexDouble, make_source: MakeSource) -> None:
    double.behaviour.unknown_as = "omitted"
    double.behaviour.unknown = frozenset([str(DOTTED)])
    answer = make_source().report([YAML])
    assert (answer.answers, answer.unanswered) == ((), (YAML,))
    double.behaviour.advisories = {str(YAML): [advisory("CVE-2026-1000", 9.8)]}
    answer = make_source().report([YAML])
    assert [component_answer.complete for component_answer in answer.answers] == [False]


def test_what_a_component_costs_is_what_is_sent_for_it(double: OssIndexDouble, make_source: MakeSource) -> None:
    source, purls = make_source(), [YAML, Purl("pkg:npm/a@1.0.0"), Purl("pkg:npm/a@workspace:1"), Purl("pkg:deb/a@1")]
    assert source.coordinates(purls) == [2, 1, 0, 0]
    assert double.service.coordinates == []
    settled = {YAML: Names(settled=frozenset([DOTTED]))}
    assert source.coordinates(purls[:1], settled) == [1]
    assert source.report(purls[:2], settled).forms == 2


def test_a_form_that_nobody_wrote_is_not_asked_again_for_a_while(
    double: OssIndexDouble, make_source: MakeSource
) -> None:
    source = make_source()
    answer = source.report([YAML])
    assert answer.settled == ((YAML, DOTTED),)
    again = source.report([YAML], {YAML: Names(settled=frozenset([DOTTED]))})
    assert (again.forms, again.settled, len(again.answers)) == (1, (), 1)
    written = source.report([YAML], {YAML: Names((DOTTED,), frozenset([DOTTED]))})
    assert (written.forms, written.answers[0].spellings) == (2, (DOTTED,))


def test_what_no_registry_can_hold_is_never_sent(double: OssIndexDouble, make_source: MakeSource) -> None:
    never = parse_purl("pkg:maven/g/a@%5B1,2%29")
    answer = make_source().report([never])
    assert [purl for purl, _ in answer.rejected] == [never]
    assert double.service.journal == []


def test_what_is_seen_at_a_glance_is_what_the_rules_of_the_type_say() -> None:
    names = (
        *("maven/org.example/a", "maven/a", "maven/log4j/log4j", "npm/left-pad", "npm/%40scope/pkg", "npm/JSONStream"),
        *(
            "golang/g.test/a",
            "golang/g.test/A",
            "golang/g.test/a/v2",
            "golang/g.test/A/v2",
            "golang/g.test/a/v12",
            "golang/g.test/a/v1",
            "golang/stdlib",
            "golang/gopkg.in/yaml.v2",
            "golang/../a",
        ),
        *("rpm/redhat/openssl", "rpm/rhel/openssl", "rpm/suse/libstdc%2B%2B6", "rpm/Vendor/a", "rpm/a"),
        *("pypi/flask", "pypi/a-b", "pypi/a.b", "gem/rake", "cargo/serde", "nuget/a.b", "composer/a/b", "conda/a"),
    )
    versions = (
        *(
            "1",
            "1.2.3",
            "1.10",
            "1.2.0",
            "1.0-RELEASE",
            "2.0.Final",
            "33.0-jre",
            "1.2.3-beta.1",
            "1.0.redhat-3",
            "1.0.0.redhat-00001",
        ),
        *("1.2-SNAPSHOT", "1.2-snapshot", "1.2-20240131.235959-12", "1.2%20Final"),
        *("1.x", "1.2.X", "0.0.0-use.local", "0%2Bunknown", "1.%2B", "1.2.3%2Bbuild", "latest", "1.*", "1:2.3-4"),
        *(
            "9999999-dev",
            "1-2.el8_7",
            "1_2",
            "%24%7Bversion%7D",
            "v1.0.0",
            "v0.0.0-20210101-abcdef",
            "v1.2.0-0.dirty",
            "v2.0.0",
            "v1.0.0.dirty",
        ),
    )
    keys = [Purl(f"pkg:{name}@{version}") for name in names for version in versions]
    keys += [Purl(f"{key}?distro=redhat-8&upstream=a%40x") for key in keys if key.type == "rpm"]
    plain, several, rest = usual_forms(keys)
    assert Purl("pkg:rpm/redhat/openssl@1-2.el8_7?distro=redhat-8&upstream=a%40x") in several
    assert sorted([*plain, *several, *rest]) == sorted(keys)
    seen = {key: (Form(key),) for key in plain} | several
    assert seen == {key: forms(key) for key in seen}
    assert {key.type for key in seen} == {"cargo", "gem", "golang", "maven", "npm", "pypi", "rpm"}
    torn = [*keys, Purl("pkg:maven/g/a@1\n")]
    assert usual_forms(torn) == ([], {}, torn)


@pytest.mark.parametrize("key", ["pkg:composer/a/b@1.2.X", "pkg:pypi/a@0.0.0-use.local", "pkg:gem/a@0.0.0-use.local"])
def test_what_looks_ordinary_at_first_and_cannot_be_held_is_not_asked_for(key: str) -> None:
    assert forms(Purl(key)) == ()
