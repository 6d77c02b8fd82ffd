"""Decisions for former spellings: what denied goes on denying every part, what allowed allows only as written."""

from __future__ import annotations

import pytest

from tests.fakes import NOON
from tests.ports.samples import assessment, vulnerability
from webhook.model.assessments import AssessmentSource, Scope
from webhook.model.purls import Purl
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import ANYWHERE

FORMER = [
    ("pkg:pypi/ruamel.yaml", "pkg:pypi/ruamel-yaml@1"),
    ("pkg:nuget/Newtonsoft.Json", "pkg:nuget/newtonsoft.json@1"),
    ("pkg:rpm/rhel/openssl", "pkg:rpm/redhat/openssl@1"),
    ("pkg:golang/github.com/golang-jwt/jwt", "pkg:golang/github.com/golang-jwt/jwt/v4@v4.5.0"),
    ("pkg:golang/github.com/hashicorp/consul", "pkg:golang/github.com/hashicorp/consul/api@v1.18.0"),
]


@pytest.mark.parametrize(("package", "purl"), FORMER)
def test_a_record_for_a_former_spelling_is_in_force_only_where_that_is_stricter(package: str, purl: str) -> None:
    record = assessment("V-1", "Blocked", scope=Scope(package), sequence=1)
    effective = AssessmentIndex.of([record]).effective(vulnerability("V-1"), Purl(purl), ANYWHERE, NOON)
    assert (effective.assessment, effective.doubtful) == (None, (record,))


@pytest.mark.parametrize(("package", "purl"), FORMER)
def test_a_component_that_is_still_kept_in_its_former_spelling_has_its_record(package: str, purl: str) -> None:
    record = assessment("V-1", "Ignore", scope=Scope(package), sequence=1)
    former = Purl(f"{package}@{Purl(purl).version}")
    effective = AssessmentIndex.of([record]).effective(vulnerability("V-1"), former, ANYWHERE, NOON)
    assert (effective.assessment, effective.doubtful) == (record, ())


def test_another_module_below_the_same_host_is_none_of_its_parts() -> None:
    record = assessment("V-1", "Blocked", scope=Scope("pkg:golang/github.com/hashicorp/consul"), sequence=1)
    other = Purl("pkg:golang/github.com/hashicorp/consul-template@v1.0.0")
    assert AssessmentIndex.of([record]).effective(vulnerability("V-1"), other, ANYWHERE, NOON).doubtful == ()


CASE = [
    ("pkg:golang/github.com/azure/go-autorest", "pkg:golang/github.com/Azure/go-autorest@v1.0.0"),
    ("pkg:golang/github.com/azure/go-autorest", "pkg:golang/github.com/Azure/go-autorest/autorest@v1.0.0"),
    ("pkg:npm/jsonstream", "pkg:npm/JSONStream@1.0.0"),
]


@pytest.mark.parametrize(("package", "purl"), CASE)
def test_a_record_for_a_spelling_that_had_lost_its_case_is_doubtful(package: str, purl: str) -> None:
    record = assessment("V-1", "Blocked", scope=Scope(package), sequence=1)
    effective = AssessmentIndex.of([record]).effective(vulnerability("V-1"), Purl(purl), ANYWHERE, NOON)
    assert (effective.assessment, effective.doubtful) == (None, (record,))


def test_a_record_for_a_name_with_capitals_says_nothing_of_the_package_without() -> None:
    record = assessment("V-1", "Blocked", scope=Scope("pkg:npm/JSONStream"), sequence=1)
    other = Purl("pkg:npm/jsonstream@1.0.0")
    assert AssessmentIndex.of([record]).effective(vulnerability("V-1"), other, ANYWHERE, NOON).doubtful == ()


VERSIONS = [
    ("=1.8.0-java", "pkg:gem/nokogiri@1.8.0"),
    ("=5.3.2_acorn@7.4.1", "pkg:npm/acorn-jsx@5.3.2"),
    ("=1.0-py_0", "pkg:conda/flask-cors@1.0"),
]


@pytest.mark.parametrize(("versions", "purl"), VERSIONS)
def test_a_record_for_a_former_spelling_of_a_version_is_doubtful(versions: str, purl: str) -> None:
    record = assessment("V-1", "Blocked", scope=Scope(Purl(purl).package, versions), sequence=1)
    effective = AssessmentIndex.of([record]).effective(vulnerability("V-1"), Purl(purl), ANYWHERE, NOON)
    assert (effective.assessment, effective.doubtful) == (None, (record,))


def test_a_record_for_another_version_stays_without_effect() -> None:
    record = assessment("V-1", "Blocked", scope=Scope("pkg:gem/nokogiri", "=1.8.1-java"), sequence=1)
    other = Purl("pkg:gem/nokogiri@1.8.0")
    assert AssessmentIndex.of([record]).effective(vulnerability("V-1"), other, ANYWHERE, NOON).doubtful == ()


def test_what_a_range_gave_to_a_former_spelling_counts_beside_what_one_gives_today() -> None:
    former = assessment("V-1", "Blocked", scope=Scope("pkg:rpm/rhel/openssl"), sequence=1, source=AssessmentSource.AUTO)
    today = assessment("V-1", "Ignore", scope=Scope("pkg:rpm/redhat/openssl"), sequence=2, source=AssessmentSource.AUTO)
    by_hand = assessment("V-1", "Ignore", scope=Scope("pkg:rpm/redhat/openssl"), sequence=3)
    purl = Purl("pkg:rpm/redhat/openssl@1")
    effective = AssessmentIndex.of([former, today]).effective(vulnerability("V-1"), purl, ANYWHERE, NOON)
    assert (effective.assessment, effective.doubtful) == (today, (former,))
    decided = AssessmentIndex.of([former, today, by_hand]).effective(vulnerability("V-1"), purl, ANYWHERE, NOON)
    assert (decided.assessment, decided.doubtful) == (by_hand, ())
