"""VulnerabilitySource: what the fake and the OSS Index client promise alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.doubles.ossindex import Behaviour, OssIndexDouble, advisory, faults
from tests.doubles.ossindex.behaviour import PAT
from tests.fakes import FakeClock, FakeVulnerabilitySource
from webhook.clients.ossindex.options import OssIndexOptions
from webhook.clients.ossindex.source import OssIndexSource
from webhook.errors import Final, Retryable
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.ports import VulnerabilitySource

BAD, GOOD, SILENT, REFUSED = (Purl(f"pkg:maven/g/{name}@1") for name in ("bad", "good", "silent", "refused"))


@dataclass
class Subject:
    """A source that knows one vulnerability, leaves one component out and refuses another; and ways to break it."""

    source: VulnerabilitySource
    break_for_now: Callable[[], None]
    break_for_good: Callable[[], None]


@pytest.fixture(params=["fake", "ossindex"])
def subject(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[Subject]:
    if request.param == "fake":
        fake = FakeVulnerabilitySource(
            clock, {BAD: (Vulnerability("CVE-2026-1000"),)}, {SILENT}, {REFUSED: "It is malformed."}
        )
        yield Subject(
            fake,
            lambda: fake.errors.append(Retryable("Later.")),
            lambda: fake.errors.append(Final("Never.")),
        )
        return
    behaviour = Behaviour(
        advisories={BAD: [advisory("CVE-2026-1000")]},
        unknown=frozenset([SILENT]),
        unknown_as="omitted",
        refused=frozenset([REFUSED]),
    )
    with OssIndexDouble(behaviour) as double:
        real = OssIndexSource(OssIndexOptions(url=double.url, token=PAT, max_tries=2), clock)
        yield Subject(
            real,
            lambda: behaviour.faults.extend([faults.status(503)] * 2),
            lambda: behaviour.faults.append(faults.status(403)),
        )
        real.close()


def test_a_batch_has_room_for_at_least_one_component(subject: Subject) -> None:
    assert 1 <= subject.source.batch_size <= 128


def test_every_component_ends_in_exactly_one_way(subject: Subject) -> None:
    answer = subject.source.report([BAD, GOOD, SILENT, REFUSED])
    found = {
        component_answer.purl: [vulnerability.id for vulnerability in component_answer.vulnerabilities]
        for component_answer in answer.answers
    }
    assert found == {BAD: ["CVE-2026-1000"], GOOD: []}
    assert answer.unanswered == (SILENT,)
    assert [purl for purl, sentence in answer.rejected if sentence] == [REFUSED]
    assert answer.failure is None


def test_answers_carry_the_time_of_the_clock(subject: Subject, clock: FakeClock) -> None:
    assert subject.source.report([GOOD]).answers[0].answered_at == clock.now()


def test_a_passing_failure_is_retryable_and_later_works(subject: Subject) -> None:
    subject.break_for_now()
    with pytest.raises(Retryable):
        subject.source.report([GOOD])
    assert len(subject.source.report([GOOD]).answers) == 1


def test_a_refusal_for_good_is_final(subject: Subject) -> None:
    subject.break_for_good()
    with pytest.raises(Final):
        subject.source.report([GOOD])


def test_check_says_where_and_as_whom_it_asks(subject: Subject) -> None:
    status = subject.source.check()
    assert status.ok
    assert status.url.startswith("http")
    assert status.identity
    assert status.message
