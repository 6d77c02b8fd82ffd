"""Work that a lost connection interrupted: how long it is tried again."""

from __future__ import annotations

import psycopg
import pytest

from tests.fakes import FakeClock
from webhook.store.failures import Interrupted, is_interruption
from webhook.store.interruptions import Persistence


class Work:
    """Work that is interrupted until a moment."""

    def __init__(self, clock: FakeClock, until: float) -> None:
        self.clock, self.until, self.tries = clock, until, 0

    def __call__(self) -> str:
        self.tries += 1
        if self.clock.monotonic() < self.until:
            raise Interrupted("The database cannot be reached.")
        return "done"


@pytest.fixture
def persistence(clock: FakeClock) -> Persistence:
    made = Persistence(clock, 10)
    made.reached = True
    return made


def test_work_goes_on_when_a_server_has_taken_over_in_time(persistence: Persistence, clock: FakeClock) -> None:
    assert persistence.persist(Work(clock, clock.ticks + 9)) == "done"


def test_in_a_long_outage_the_first_work_waits_and_all_later_work_fails_at_once(
    persistence: Persistence, clock: FakeClock
) -> None:
    began, work = clock.ticks, Work(clock, clock.ticks + 100)
    with pytest.raises(Interrupted):
        persistence.persist(work)
    assert clock.ticks - began == pytest.approx(10, abs=0.3)
    late = Work(clock, began + 100)
    with pytest.raises(Interrupted):
        persistence.persist(late)
    assert late.tries == 1
    clock.advance(100)
    assert persistence.persist(late) == "done"
    again = Work(clock, clock.ticks + 5)
    assert persistence.persist(again) == "done", "another outage gets its full time"


def test_a_process_that_never_reached_the_database_is_not_kept_waiting(clock: FakeClock) -> None:
    work = Work(clock, clock.ticks + 1)
    with pytest.raises(Interrupted):
        Persistence(clock, 10).persist(work)
    assert (work.tries, clock.sleeps) == (1, [])


def test_what_a_request_waits_for_is_tried_once_more_and_at_once(persistence: Persistence, clock: FakeClock) -> None:
    work = Work(clock, clock.ticks + 5)
    with pytest.raises(Interrupted):
        persistence.persist(work, patiently=False)
    assert (work.tries, clock.sleeps) == (2, [])


@pytest.mark.parametrize(
    ("state", "lost"),
    [
        ("08006", True),
        ("25001", True),
        ("25006", True),
        ("25P03", True),
        ("57P01", True),
        ("57P02", True),
        ("57P03", True),
        ("23505", False),
        ("40001", False),
        ("55P03", False),
        ("53100", False),
    ],
)
def test_what_ends_the_use_of_a_connection(state: str, lost: bool) -> None:
    assert is_interruption(psycopg.errors.lookup(state)("it said so")) is lost
