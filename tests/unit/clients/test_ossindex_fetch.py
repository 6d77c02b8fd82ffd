from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from tests.doubles.ossindex import Behaviour, OssIndexDouble, faults
from tests.doubles.ossindex.behaviour import TOKEN, USERNAME
from tests.fakes import FakeClock
from webhook.clients.ossindex.errors import CredentialsRefused, Forbidden, OutOfCredits, SlowDown
from webhook.clients.ossindex.options import OssIndexOptions
from webhook.clients.ossindex.source import OssIndexSource
from webhook.errors import BomgateError, Final, Retryable
from webhook.model.purls import parse_purl

JUNIT = parse_purl("pkg:maven/junit/junit@4.12")
Make = Callable[..., OssIndexSource]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_trouble_is_tried_again(
    double: OssIndexDouble, source: OssIndexSource, clock: FakeClock, status: int
) -> None:
    double.behaviour.faults = [faults.status(status)]
    answer = source.report([JUNIT])
    assert [component_answer.purl for component_answer in answer.answers] == [JUNIT]
    assert answer.requests == 2
    assert clock.sleeps == [1.0]


@pytest.mark.parametrize("fault", [faults.CUT, faults.TRUNCATED, faults.EMPTY, faults.raw(b'[{"coordinates":')])
def test_an_answer_that_ends_too_early_is_tried_again(
    double: OssIndexDouble, source: OssIndexSource, fault: faults.Fault
) -> None:
    double.behaviour.faults = [fault]
    assert source.report([JUNIT]).requests == 2


def test_a_timeout_is_tried_again(double: OssIndexDouble, make_source: Make) -> None:
    double.behaviour.faults = [faults.slow(5)]
    assert make_source(read_timeout_seconds=0.1).report([JUNIT]).requests == 2


def test_waits_double_without_retry_after(double: OssIndexDouble, source: OssIndexSource, clock: FakeClock) -> None:
    double.behaviour.faults = [faults.status(503)] * 4
    source.report([JUNIT])
    assert clock.sleeps == [1.0, 2.0, 4.0, 8.0]


def test_waits_spread_by_the_random_number(double: OssIndexDouble, clock: FakeClock) -> None:
    double.behaviour.faults = [faults.status(503)] * 2
    source = OssIndexSource(OssIndexOptions(url=double.url, token="sonatype_pat_double"), clock, jitter=lambda: 0.5)
    source.report([JUNIT])
    source.close()
    assert clock.sleeps == [1.5, 3.0]


def test_a_service_that_keeps_asking_to_slow_down_has_an_error_of_its_own(
    double: OssIndexDouble, source: OssIndexSource
) -> None:
    double.behaviour.faults = [faults.status(429)] * 10
    with pytest.raises(SlowDown, match=r"asks to slow down \(429\).*tried 5 times"):
        source.report([JUNIT])


def test_retry_after_in_seconds_is_obeyed(double: OssIndexDouble, source: OssIndexSource, clock: FakeClock) -> None:
    double.behaviour.faults = [faults.status(429, retry_after="30")]
    source.report([JUNIT])
    assert clock.sleeps == [30.0]


@pytest.mark.parametrize(("asked", "least"), [("30", 30.0), ("86400", 300.0)])
def test_the_spread_never_brings_a_try_forward_that_the_service_wants_later(
    double: OssIndexDouble, clock: FakeClock, asked: str, least: float
) -> None:
    double.behaviour.faults = [faults.status(429, retry_after=asked)]
    source = OssIndexSource(OssIndexOptions(url=double.url, token="sonatype_pat_double"), clock, jitter=lambda: 0.5)
    source.report([JUNIT])
    source.close()
    assert clock.sleeps == [least + 0.5]


def test_retry_after_as_a_date_is_obeyed_whatever_the_clock_here_says(
    double: OssIndexDouble, source: OssIndexSource, clock: FakeClock
) -> None:
    clock.current = dt.datetime(2001, 1, 1, tzinfo=dt.UTC)  # years behind the answer's own Date
    headers = {"Date": "Sun, 01 Mar 2026 12:00:00 GMT", "Retry-After": "Sun, 01 Mar 2026 12:00:45 GMT"}
    double.behaviour.faults = [faults.Fault("body", 503, headers, b"")]
    source.report([JUNIT])
    assert clock.sleeps == [45.0]


def test_retry_after_is_capped(double: OssIndexDouble, source: OssIndexSource, clock: FakeClock) -> None:
    double.behaviour.faults = [faults.status(429, retry_after="86400")]
    source.report([JUNIT])
    assert clock.sleeps == [300.0]


@pytest.mark.parametrize("value", ["0", "soon", "-5", "Thu, 01 Jan 1970 00:00:00 GMT", "", "9" * 400])
def test_a_retry_after_that_asks_for_nothing_falls_back_to_doubling(
    double: OssIndexDouble, source: OssIndexSource, clock: FakeClock, value: str
) -> None:
    double.behaviour.faults = [faults.status(429, retry_after=value)]
    source.report([JUNIT])
    assert clock.sleeps == [1.0]


def test_tries_are_bounded(double: OssIndexDouble, make_source: Make, clock: FakeClock) -> None:
    double.behaviour.faults = [faults.status(503)] * 10
    with pytest.raises(Retryable, match=r"\(503\).*tried 3 times"):
        make_source(max_tries=3).report([JUNIT])
    assert len(double.service.journal) == 3
    assert len(clock.sleeps) == 2


def test_the_whole_time_of_a_batch_is_bounded(double: OssIndexDouble, make_source: Make, clock: FakeClock) -> None:
    double.behaviour.faults = [faults.status(429, retry_after="100")] * 10
    with pytest.raises(Retryable) as caught:
        make_source(max_batch_seconds=250, max_tries=10).report([JUNIT])
    assert clock.sleeps == [100.0, 100.0]
    assert caught.value.retry_after == 100.0


class SteppingClock(FakeClock):
    """A clock that is put back while somebody waits."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.current -= dt.timedelta(days=400)


def test_a_step_of_the_wall_clock_changes_no_wait(double: OssIndexDouble) -> None:
    double.behaviour.faults = [faults.status(503), faults.status(503, retry_after="9")]
    clock = SteppingClock()
    source = OssIndexSource(OssIndexOptions(url=double.url, token="sonatype_pat_double"), clock, jitter=lambda: 0.0)
    source.report([JUNIT])
    source.close()
    assert clock.sleeps == [1.0, 9.0]


@pytest.mark.parametrize(
    ("status", "kind", "remedy"),
    [
        (401, CredentialsRefused, "create a new one"),
        (402, OutOfCredits, "next credit period"),
        (403, Forbidden, "proxy or firewall"),
        (404, Final, "Check ossindex.url"),
        (405, Final, "Check ossindex.url"),
        (304, Final, "Check ossindex.url"),
    ],
)
def test_a_final_status_is_not_tried_again_and_has_a_remedy(
    double: OssIndexDouble, source: OssIndexSource, status: int, kind: type[BomgateError], remedy: str
) -> None:
    double.behaviour.faults = [faults.status(status)]
    with pytest.raises(kind, match=f"{status}") as caught:
        source.report([JUNIT])
    assert remedy in caught.value.remedy
    assert len(double.service.journal) == 1


def test_the_kinds_of_refusal_have_codes_of_their_own() -> None:
    assert len({kind.code for kind in (CredentialsRefused, Forbidden, OutOfCredits, Final)}) == 4


def test_the_remedy_for_a_refused_older_token_is_another_one(double: OssIndexDouble, make_source: Make) -> None:
    with pytest.raises(CredentialsRefused) as caught:
        make_source(token=f"not-{TOKEN}", username=USERNAME).report([JUNIT])
    assert "replace them by a personal access token" in caught.value.remedy


def test_what_the_service_says_is_quoted_without_the_token(double: OssIndexDouble, source: OssIndexSource) -> None:
    body = b'{"message": "bad header Bearer sonatype_pat_double\\u0007 in\\nrequest"}'
    double.behaviour.faults = [faults.status(403, body=body)]
    with pytest.raises(Forbidden) as caught:
        source.report([JUNIT])
    assert caught.value.message.endswith("(403): bad header Bearer [hidden] in request")


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>no</html>", b"\xff\xfe", b"{", b"[[]]", b'{"message": 5}'])
def test_an_error_body_of_any_shape_does_no_harm(double: OssIndexDouble, source: OssIndexSource, body: bytes) -> None:
    double.behaviour.faults = [faults.status(402, body=body)]
    with pytest.raises(OutOfCredits, match=r"out of credits \(402\)$"):
        source.report([JUNIT])


def test_a_web_page_in_place_of_an_answer_is_final(double: OssIndexDouble, source: OssIndexSource) -> None:
    double.behaviour.faults = [faults.html()]
    with pytest.raises(Final, match="web page") as caught:
        source.report([JUNIT])
    assert "proxy" in caught.value.remedy


@pytest.mark.parametrize("body", [b"{}", b'"text"', b"5", b"null", b'{"code": 1, "message": "moved"}'])
def test_json_that_is_no_list_of_reports_is_final(double: OssIndexDouble, source: OssIndexSource, body: bytes) -> None:
    double.behaviour.faults = [faults.raw(body)]
    with pytest.raises(Final, match="not answer with a list of reports"):
        source.report([JUNIT])


def test_an_answer_that_is_too_large_is_final(double: OssIndexDouble, make_source: Make) -> None:
    double.behaviour.faults = [faults.oversize(5000)]
    with pytest.raises(Final, match="more than the 4000 bytes"):
        make_source(max_body_bytes=4000).report([JUNIT])


def test_a_redirect_elsewhere_is_final_and_takes_no_credentials_along(
    double: OssIndexDouble, source: OssIndexSource
) -> None:
    with OssIndexDouble(Behaviour()) as other:
        double.behaviour.faults = [faults.redirect(f"{other.url}/api/v3/component-report")]
        with pytest.raises(Final, match="not sent to another host"):
            source.report([JUNIT])
        assert other.service.journal == []


@pytest.mark.parametrize("content_type", ["text/plain", "application/vnd.ossindex.component-report.v1+json", "x/y"])
def test_an_answer_is_read_whatever_its_content_type(
    double: OssIndexDouble, source: OssIndexSource, content_type: str
) -> None:
    body = b'\xef\xbb\xbf[{"coordinates": "pkg:maven/junit/junit@4.12", "vulnerabilities": []}]'
    double.behaviour.faults = [faults.Fault("body", 200, {"Content-Type": content_type}, body)]
    assert len(source.report([JUNIT]).answers) == 1


def test_half_a_surrogate_pair_in_a_text_loses_nothing(double: OssIndexDouble, source: OssIndexSource) -> None:
    body = b"""[{"coordinates": "pkg:maven/junit/junit@4.12", "vulnerabilities": [
        {"id": "CVE-2026-1000", "title": "half \\ud800 pair", "cvssScore": NaN}]}]"""
    double.behaviour.faults = [faults.raw(body)]
    (vulnerability,) = source.report([JUNIT]).answers[0].vulnerabilities
    assert (vulnerability.title, vulnerability.cvss_score) == ("half  pair", None)
