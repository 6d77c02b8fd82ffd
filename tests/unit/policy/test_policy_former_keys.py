"""Decisions for former spellings: what denied goes on denying every part, what allowed allows only as written."""

from __future__ import annotations

import pytest

from tests.fakes import NOON
from tests.ports.samples import assessment, vulnerability
from webhook.model.assessments import Scope
from webhook.model.purls import Purl
from webhook.policy.matching import ANYWHERE, AssessmentIndex

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
