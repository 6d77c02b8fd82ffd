"""Further tries, and hosts that are left alone."""

from __future__ import annotations

import pytest

from tests.fakes import FakeClock
from webhook.clients.http.destination import Limits
from webhook.clients.http.retries import HostPaused, Hosts, Patience, backoff, retry
from webhook.errors import DeadlineExceeded, Final, Retryable
from webhook.model.deadlines import Deadline

PATIENCE = Patience(tries=3, wait=lambda problem, tried: problem.retry_after or backoff(1.0, tried, 60.0))


class Sleeping(FakeClock):
    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        super().sleep(seconds)


@pytest.fixture
def waiting() -> Sleeping:
    return Sleeping()


def trying(*outcomes: Exception | int) -> tuple[list[int], object]:
    left, tried = list(outcomes), list[int]()

    def attempt() -> int:
        tried.append(1)
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return tried, attempt


def test_a_wait_doubles_up_to_the_longest() -> None:
    assert [backoff(0.5, tried, 3.0) for tried in (1, 2, 3, 4)] == [0.5, 1.0, 2.0, 3.0]
    assert backoff(1.0, 10_000, 60.0) == 60.0


def test_what_passes_is_tried_again_after_a_wait(waiting: Sleeping) -> None:
    _, attempt = trying(Retryable("a"), Retryable("b", retry_after=7), 5)
    assert retry(attempt, PATIENCE, Deadline(waiting.monotonic() + 60), waiting) == 5
    assert waiting.waits == [1.0, 7.0]


def test_the_last_try_raises_what_it_met(waiting: Sleeping) -> None:
    tried, attempt = trying(Retryable("a"), Retryable("b"), Retryable("c"), 5)
    with pytest.raises(Retryable, match="c"):
        retry(attempt, PATIENCE, Deadline(waiting.monotonic() + 60), waiting)
    assert len(tried) == 3


@pytest.mark.parametrize("problem", [Final("x"), DeadlineExceeded("x"), HostPaused("x", retry_after=1)])
def test_what_does_not_pass_is_not_tried_again(problem: Exception, waiting: Sleeping) -> None:
    tried, attempt = trying(problem, 5)
    with pytest.raises(type(problem)):
        retry(attempt, PATIENCE, Deadline(waiting.monotonic() + 60), waiting)
    assert (len(tried), waiting.waits) == (1, [])


def test_no_try_begins_after_the_deadline(waiting: Sleeping) -> None:
    _, attempt = trying(Retryable("a", retry_after=5), 5)
    with pytest.raises(Retryable, match="a"):
        retry(attempt, PATIENCE, Deadline(waiting.monotonic() + 5), waiting)
    assert waiting.waits == []


def test_a_pause_that_a_host_asked_for_is_waited_for_and_one_because_it_is_down_is_not(waiting: Sleeping) -> None:
    hosts = Hosts(Limits(1, 1, retry_after_seconds=20), waiting)
    hosts.leave_alone("busy", Retryable("busy", retry_after=10))
    hosts.leave_alone("down", Retryable("down"), 10)
    deadline = Deadline(waiting.monotonic() + 60)
    with pytest.raises(HostPaused, match="down"), hosts.request("down", deadline):
        pass
    with hosts.request("busy", deadline):
        assert waiting.waits == [10.0]
    with hosts.request("down", deadline):  # it is over
        pass


def test_a_host_cannot_ask_for_more_than_ten_minutes(waiting: Sleeping) -> None:
    hosts = Hosts(Limits(1, 1), waiting)
    hosts.leave_alone("busy", Retryable("busy", retry_after=1e9))
    with pytest.raises(HostPaused) as paused, hosts.request("busy", Deadline(waiting.monotonic() + 1)):
        pass
    assert paused.value.retry_after == 600.0
