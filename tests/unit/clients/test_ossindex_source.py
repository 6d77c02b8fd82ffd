from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.doubles.ossindex import Behaviour, OssIndexDouble, advisory, faults
from tests.doubles.ossindex.behaviour import TOKEN, USERNAME
from tests.fakes import FakeClock
from webhook.clients.ossindex.errors import OutOfCredits
from webhook.clients.ossindex.options import OssIndexOptions
from webhook.clients.ossindex.source import OssIndexSource
from webhook.errors import ConfigError, Final, Retryable
from webhook.model.downloads import BatchAnswer
from webhook.model.purls import Purl, parse_purl

JUNIT = parse_purl("pkg:maven/junit/junit@4.12")
GO = parse_purl("pkg:golang/example.test/x@v2.0.0+incompatible")
Make = Callable[..., OssIndexSource]


def purls(count: int) -> list[Purl]:
    return [Purl(f"pkg:maven/g/a{number:03}@1") for number in range(count)]


def states(answer: BatchAnswer) -> dict[str, int]:
    """How many components ended in which way."""
    vulnerable = sum(bool(component_answer.vulnerabilities) for component_answer in answer.answers)
    return {
        "vulnerable": vulnerable,
        "clean": len(answer.answers) - vulnerable,
        "unanswered": len(answer.unanswered),
        "rejected": len(answer.rejected),
    }


def test_vulnerable_and_clean_components_are_told_apart(double: OssIndexDouble, source: OssIndexSource) -> None:
    double.behaviour.advisories = {JUNIT: [advisory("CVE-2026-1000")]}
    answer = source.report([JUNIT, GO])
    assert [
        (component_answer.purl, [found.id for found in component_answer.vulnerabilities])
        for component_answer in answer.answers
    ] == [
        (JUNIT, ["CVE-2026-1000"]),
        (GO, []),
    ]
    assert answer.requests == 1


@pytest.mark.parametrize(
    "quirk",
    [
        {"plus_as_space": True},
        {"change_case": "lower"},
        {"change_case": "upper"},
        {"old_coordinates": True},
        {"shuffle": True},
        {"extra_fields": True},
        {"era": "old"},
        {"uuid_ids": True},
        {"scores": "text"},
        {"scores": "null"},
        {"description": "absent"},
        {"description": "text"},
        {"foreign": ("pkg:maven/not/asked@1",)},
        {"gzip": True},
    ],
)
def test_no_quirk_of_the_service_loses_a_component(make_source: Make, quirk: dict[str, Any]) -> None:
    known = {JUNIT: [advisory("CVE-2026-1000")], GO: [advisory("sonatype-2026-0001")]}
    with OssIndexDouble(Behaviour(advisories=known, **quirk)) as double:
        answer = make_source(url=double.url).report([JUNIT, GO, *purls(3)])
        assert states(answer) == {"vulnerable": 2, "clean": 3, "unanswered": 0, "rejected": 0}


def test_a_component_that_is_left_out_is_unanswered_and_not_clean(
    double: OssIndexDouble, source: OssIndexSource
) -> None:
    double.behaviour.unknown, double.behaviour.unknown_as = frozenset([JUNIT]), "omitted"
    answer = source.report([JUNIT, GO])
    assert answer.unanswered == (JUNIT,)
    assert [component_answer.purl for component_answer in answer.answers] == [GO]


def test_an_entry_without_coordinates_leaves_its_component_unanswered(
    double: OssIndexDouble, source: OssIndexSource
) -> None:
    double.behaviour.without_coordinates = frozenset([JUNIT])
    assert source.report([JUNIT, GO]).unanswered == (JUNIT,)


def test_an_entry_for_something_else_is_logged_and_never_taken(
    double: OssIndexDouble, source: OssIndexSource, caplog: pytest.LogCaptureFixture
) -> None:
    double.behaviour.foreign = ("pkg:maven/not/asked@1",)
    with caplog.at_level(logging.WARNING, "bomgate.ossindex"):
        answer = source.report([JUNIT])
    assert [component_answer.purl for component_answer in answer.answers] == [JUNIT]
    assert getattr(caplog.records[0], "examples", None) == ["pkg:maven/not/asked@1"]


def test_a_go_version_keeps_its_v(double: OssIndexDouble, source: OssIndexSource) -> None:
    source.report([GO])
    assert double.service.coordinates == ["pkg:golang/example.test/x@v2.0.0%2Bincompatible"]


def test_components_that_cannot_be_asked_for_are_rejected_without_a_request(
    double: OssIndexDouble, source: OssIndexSource
) -> None:
    answer = source.report([Purl("pkg:deb/debian/bash@5"), Purl("pkg:npm/lodash")])
    assert [purl for purl, _ in answer.rejected] == ["pkg:deb/debian/bash@5", "pkg:npm/lodash"]
    assert double.service.journal == []


def test_each_component_is_asked_for_once(double: OssIndexDouble, source: OssIndexSource) -> None:
    assert len(source.report([JUNIT, JUNIT]).answers) == 1
    assert double.service.coordinates == [JUNIT]


@pytest.mark.parametrize("position", [0, 63, 64, 127])
def test_one_bad_component_is_isolated_and_the_others_are_answered(
    double: OssIndexDouble, source: OssIndexSource, position: int
) -> None:
    batch = purls(128)
    double.behaviour.refused = frozenset([batch[position]])
    answer = source.report(batch)
    assert [purl for purl, _ in answer.rejected] == [batch[position]]
    assert "invalid PURL" in answer.rejected[0][1]
    assert {component_answer.purl for component_answer in answer.answers} == set(batch) - {batch[position]}
    assert answer.requests == 15
    assert answer.failure is None


def test_several_bad_components_are_isolated(double: OssIndexDouble, source: OssIndexSource) -> None:
    batch = purls(128)
    double.behaviour.refused = frozenset([batch[5], batch[64], batch[65], batch[127]])
    answer = source.report(batch)
    assert {purl for purl, _ in answer.rejected} == double.behaviour.refused
    assert len(answer.answers) == 124


def test_halving_is_bounded_and_what_was_answered_is_kept(double: OssIndexDouble, source: OssIndexSource) -> None:
    batch = purls(128)
    double.behaviour.refused = frozenset(batch[1::2])
    answer = source.report(batch)
    assert answer.requests < 130
    assert isinstance(answer.failure, Final)
    assert answer.answers
    assert len(answer.answers) + len(answer.rejected) < 128


def test_a_service_that_refuses_everything_is_not_asked_for_each_component(
    double: OssIndexDouble, source: OssIndexSource
) -> None:
    batch = purls(128)
    double.behaviour.refused = frozenset(batch)
    answer = source.report(batch)
    assert isinstance(answer.failure, Final)
    assert answer.requests == 16


@pytest.mark.parametrize(("most", "requests", "size"), [(64, 3, 64), (100, 3, 100), (1, 6, 1)])
def test_a_service_that_takes_fewer_at_once_gets_fewer_from_then_on(
    double: OssIndexDouble, make_source: Make, most: int, requests: int, size: int
) -> None:
    double.behaviour.most = most
    source = make_source(batch_size=128 if most > 1 else 5)
    answer = source.report(purls(source.batch_size))
    assert len(answer.answers) == (128 if most > 1 else 5)
    assert answer.requests == requests
    assert source.batch_size == size


def test_a_payload_too_large_halves_the_batch(double: OssIndexDouble, source: OssIndexSource) -> None:
    double.behaviour.faults = [faults.status(413)]
    answer = source.report(purls(128))
    assert (len(answer.answers), answer.requests, source.batch_size) == (128, 3, 64)


def test_a_single_component_that_is_too_large_is_a_failure(double: OssIndexDouble, source: OssIndexSource) -> None:
    double.behaviour.faults = [faults.status(413)]
    with pytest.raises(Final, match="too large"):
        source.report([JUNIT])


def test_more_than_a_batch_is_split(double: OssIndexDouble, source: OssIndexSource) -> None:
    answer = source.report(purls(300))
    assert (len(answer.answers), answer.requests) == (300, 3)


def test_credits_that_run_out_half_way_keep_what_was_answered(double: OssIndexDouble, source: OssIndexSource) -> None:
    double.behaviour.credits = Decimal("10")
    answer = source.report(purls(200))
    assert len(answer.answers) == 100
    assert isinstance(answer.failure, OutOfCredits)
    assert answer.credits_remaining == 0.0


def test_an_outage_half_way_keeps_what_was_answered(double: OssIndexDouble, source: OssIndexSource) -> None:
    double.behaviour.faults = [faults.NONE, *[faults.status(503)] * 5]
    answer = source.report(purls(200))
    assert len(answer.answers) == 100
    assert isinstance(answer.failure, Retryable)


def test_it_tells_once_when_the_last_answer_has_arrived_and_not_when_one_failed(
    double: OssIndexDouble, source: OssIndexSource
) -> None:
    told: list[int] = []
    source.report(purls(200), heard=lambda: told.append(len(double.service.journal)))
    assert told == [2]
    double.behaviour.faults = [faults.status(402)]
    with pytest.raises(OutOfCredits):
        source.report([JUNIT], heard=lambda: told.append(0))
    assert told == [2]


def test_credits_are_read(double: OssIndexDouble, source: OssIndexSource) -> None:
    double.behaviour.credits = Decimal(100)
    answer = source.report(purls(200))
    assert answer.credits_used == pytest.approx(20.0)
    assert answer.credits_remaining == pytest.approx(80.0)


def test_credits_that_are_not_stated_are_unknown(double: OssIndexDouble, source: OssIndexSource) -> None:
    double.behaviour.faults = [faults.raw(b"[]"), faults.raw(b"[]")]
    assert source.report([JUNIT]).credits_used is None


def test_a_warning_about_credits_is_logged(
    double: OssIndexDouble, source: OssIndexSource, caplog: pytest.LogCaptureFixture
) -> None:
    double.behaviour.faults = [faults.Fault("body", 200, {"X-Credits-Warning": '{"left": "few"}'}, b"[]")]
    with caplog.at_level(logging.WARNING, "bomgate.ossindex"):
        source.report([JUNIT])
    assert getattr(caplog.records[0], "says", None) == '{"left": "few"}'


def test_options_that_cannot_work_are_refused_at_once() -> None:
    with pytest.raises(ConfigError):
        OssIndexSource(OssIndexOptions(batch_size=500), FakeClock())


def test_several_threads_may_ask_at_once(double: OssIndexDouble, source: OssIndexSource) -> None:
    answers: list[BatchAnswer] = []
    batches = [purls(128)[start : start + 16] for start in range(0, 128, 16)]
    threads = [threading.Thread(target=lambda b=batch: answers.append(source.report(b))) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(component_answer.purl for answer in answers for component_answer in answer.answers) == purls(128)


def test_check_tells_identity_and_credits(double: OssIndexDouble, source: OssIndexSource) -> None:
    double.behaviour.credits = Decimal(5)
    status = source.check()
    assert status.ok
    assert (status.url, status.identity) == (double.url, "token (Bearer)")
    assert status.credits_remaining == pytest.approx(4.9)
    assert status.message == "OSS Index answers."
    assert status.remedy == ""


def test_check_tells_what_is_wrong_instead_of_raising(make_source: Make) -> None:
    assert "(401)" in make_source(token=f"not-{TOKEN}", username=USERNAME).check().message
    unreachable = make_source(url="http://127.0.0.1:1").check()
    assert not unreachable.ok
    assert "cannot be reached" in unreachable.message
    assert unreachable.remedy


def test_check_without_credentials_asks_nothing(double: OssIndexDouble, make_source: Make) -> None:
    status = make_source(token="").check()
    assert (status.ok, status.identity) == (False, "none")
    assert double.service.journal == []


def test_check_does_not_wait(double: OssIndexDouble, source: OssIndexSource, clock: FakeClock) -> None:
    double.behaviour.faults = [faults.status(429, retry_after="60")]
    status = source.check()
    assert not status.ok
    assert "slow down" in status.message
    assert clock.sleeps == []


def test_check_says_when_the_well_known_component_is_not_known(double: OssIndexDouble, source: OssIndexSource) -> None:
    double.behaviour.unknown, double.behaviour.unknown_as = frozenset([JUNIT]), "omitted"
    assert "knows nothing of" in source.check().message


def test_check_shows_the_warnings(double: OssIndexDouble, make_source: Make) -> None:
    assert "username is ignored" in make_source(username=USERNAME).check().message


def test_no_log_line_has_the_token(double: OssIndexDouble, make_source: Make, caplog: pytest.LogCaptureFixture) -> None:
    double.behaviour.faults = [faults.status(503), faults.status(500)]
    with caplog.at_level(logging.DEBUG):
        make_source(token=TOKEN, username=USERNAME).report([JUNIT])
    assert caplog.records
    assert TOKEN not in " ".join(str(record.__dict__) for record in caplog.records)
