"""A recording of OSS Index."""

from __future__ import annotations

import json

import pytest

from tests.fakes import FakeClock
from webhook.cli.demo.images import read_data
from webhook.clients.ossindex.recorded import RecordedReports
from webhook.errors import SourceError
from webhook.model.purls import Purl

KNOWN, CLEAN, ABSENT = Purl("pkg:npm/a@1.0.0"), Purl("pkg:npm/b@1.0.0"), Purl("pkg:npm/c@1.0.0")


def test_it_answers_what_it_holds_and_leaves_out_the_rest(clock: FakeClock) -> None:
    reports = [
        {"coordinates": KNOWN, "vulnerabilities": [{"id": "CVE-2026-1", "cvssScore": 9.8}]},
        {"coordinates": CLEAN, "vulnerabilities": []},
    ]
    answer = RecordedReports(json.dumps(reports).encode(), clock).report([KNOWN, CLEAN, ABSENT, KNOWN])
    assert {component_answer.purl: len(component_answer.vulnerabilities) for component_answer in answer.answers} == {
        KNOWN: 1,
        CLEAN: 0,
    }
    assert answer.unanswered == (ABSENT,)


def test_a_recording_that_is_none_is_an_error_and_never_clean(clock: FakeClock) -> None:
    with pytest.raises(SourceError):
        RecordedReports(b'{"message": "no"}', clock).report([KNOWN])


def test_the_recording_of_the_demo_is_in_the_form_of_the_service(clock: FakeClock) -> None:
    content = read_data("component-reports.json")
    purls = [Purl(load["coordinates"]) for load in json.loads(content)]
    answer = RecordedReports(content, clock).report(purls)
    assert answer.unanswered == ()
    found = {
        vulnerability.id: vulnerability for answered in answer.answers for vulnerability in answered.vulnerabilities
    }
    assert str(found["CVE-2021-44228"].cvss_score) == "10.0"
    assert all(
        vulnerability.description and vulnerability.cvss_vector and vulnerability.cwe
        for vulnerability in found.values()
    )
    assert RecordedReports(content, clock).check().ok
