"""The controller: who leads, when duties run, and what a failure of one does to the others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import pytest

from tests.fakes import FakeClock
from tests.memory.cluster import MemoryLease, MemoryLock
from webhook.engines.controlling.duties import DutyEvents, DutyPacer, DutyRunner
from webhook.engines.controlling.leader import Controller, LeaderElection
from webhook.engines.controlling.options import ControllerOptions
from webhook.errors import ConfigError, Final, Retryable, StoreUnreachable

OPTIONS = ControllerOptions()
LONG = 10.0
"""Seconds after which something that should happen at once counts as not happening."""


class FakeDuty:
    """A duty that does what the test says: raise the next error, or wait for ``go``."""

    def __init__(self, name: str = "audit", interval: float = 60.0) -> None:
        self.name, self.interval_seconds = name, interval
        self.errors: list[Exception] = []
        self.passes = 0
        self.began, self.go = threading.Semaphore(0), threading.Event()
        self.go.set()

    def run(self) -> None:
        self.passes += 1
        self.began.release()
        assert self.go.wait(LONG)
        if self.errors:
            raise self.errors.pop(0)


class Told:
    """Remembers events of duties."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.failed: list[str] = []

    @property
    def events(self) -> DutyEvents:
        return DutyEvents(self.ended.append, self.failed.append)


def pacer(duty: FakeDuty, clock: FakeClock, jitter: float = 0.0, told: Told | None = None) -> DutyPacer:
    return DutyPacer(duty, clock, lambda: jitter, (told or Told()).events)


# -- who leads ----------------------------------------------------------------------------------------------------


def election(lease: MemoryLease, holder: str, clock: FakeClock) -> tuple[LeaderElection, MemoryLock]:
    lock = MemoryLock(lease, clock)
    return LeaderElection(lock, holder, clock, OPTIONS), lock


def test_one_leads_and_the_other_asks_sooner(clock: FakeClock) -> None:
    lease = MemoryLease()
    (first, _), (second, _) = election(lease, "a", clock), election(lease, "b", clock)
    assert (first.tick(), second.tick()) == (True, False)
    assert (first.pause_seconds, second.pause_seconds) == (5, 2)


def test_a_leader_that_cannot_renew_stops_before_another_one_may_begin(clock: FakeClock) -> None:
    lease = MemoryLease()
    (first, lock), (second, _) = election(lease, "a", clock), election(lease, "b", clock)
    first.tick()
    for _ in range(3):
        clock.advance(3)
        lock.errors = [Retryable("the API server is down")]
        assert first.tick(), "a few failures cost nothing"
    assert first.failing == "the API server is down"
    clock.advance(1)
    assert not first.leading, "by its own clock, without asking anybody"
    assert not second.tick()
    clock.advance(5)
    assert second.tick()
    assert not first.tick()


def test_the_time_that_a_question_took_counts_against_the_leader(clock: FakeClock) -> None:
    class SlowLock(MemoryLock):
        def acquire(self, holder: str, **extra: object) -> bool:
            clock.advance(11)
            return True

    slow = LeaderElection(SlowLock(MemoryLease(), clock), "a", clock, OPTIONS)
    assert not slow.tick(), "others count the lease from when they saw the renewal, which may be 11 seconds ago"


def test_trouble_with_the_lease_is_logged_once_and_once_when_it_is_over(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    one, lock = election(MemoryLease(), "a", clock)
    lock.errors = [Retryable("down"), Retryable("down"), Retryable("down")]
    for _ in range(3):
        assert not one.tick()
    assert one.tick()
    warnings = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert warnings == ["the lease cannot be acquired", "the API server answers again on the lease"]


def test_giving_back_lets_another_one_lead_and_a_failure_of_it_is_harmless(clock: FakeClock) -> None:
    lease = MemoryLease()
    (first, lock), (second, _) = election(lease, "a", clock), election(lease, "b", clock)
    first.tick()
    second.release()
    assert not second.tick(), "who does not lead gives nothing back"
    lock.errors = [Retryable("down")]
    first.release()
    assert not first.leading
    assert not second.tick()
    first.tick()
    first.release()
    assert second.tick()


# -- when duties run ----------------------------------------------------------------------------------------------


def test_a_pass_that_ends_well_is_followed_after_the_interval_and_some_jitter(clock: FakeClock) -> None:
    told = Told()
    assert pacer(FakeDuty(), clock, told=told).run() == 60
    assert pacer(FakeDuty(), clock, jitter=1).run() == pytest.approx(66)
    assert (told.ended, told.failed) == (["audit"], [])


def test_a_failure_is_tried_again_earlier_then_later_and_never_later_than_usual(clock: FakeClock) -> None:
    duty, told = FakeDuty(), Told()
    duty.errors = [Final("no") for _ in range(6)]
    one = pacer(duty, clock, told=told)
    assert [one.run() for _ in range(7)] == [5, 10, 20, 40, 60, 60, 60]
    assert (len(told.failed), told.ended) == (6, ["audit"])
    duty.errors = [Final("no")]
    assert one.run() == 5, "after a success it starts over"


def test_the_time_that_the_outside_asks_to_wait_is_kept(clock: FakeClock) -> None:
    duty = FakeDuty()
    duty.errors = [Retryable("slow down", retry_after=600.0), Retryable("slow down")]
    one = pacer(duty, clock)
    assert [one.run(), one.run()] == [600, 10]


def test_a_failure_is_logged_once_and_once_when_it_is_over(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    duty = FakeDuty()
    duty.errors = [Final("no"), Final("no"), Retryable("down"), ValueError("bug"), ValueError("bug")]
    one = pacer(duty, clock)
    sentences = []
    for _ in range(6):
        one.run()
        sentences.append(one.failing)
    assert sentences == ["no", "no", "down", "bug", "bug", ""]
    assert [record.message for record in caplog.records] == [
        "duty failed; it is tried again",
        "duty failed; it is tried again",
        "duty failed unexpectedly; it is tried again",
        "duty works again",
    ]
    assert caplog.records[2].exc_info, "a bug is shown with its traceback"


def test_a_pass_that_failed_over_the_store_is_repeated_as_soon_as_the_store_answers(clock: FakeClock) -> None:
    duty, told, looks = FakeDuty(), Told(), [False] * 40 + [True]
    duty.errors = [StoreUnreachable("a takeover")]
    one = DutyPacer(duty, clock, lambda: 0.0, told.events, lambda: looks.pop(0))
    assert [one.run() for _ in range(41)] == [1] * 41
    assert (duty.passes, told.failed, one.failing) == (1, ["audit"], "a takeover")
    assert one.run() == 60
    assert (duty.passes, told.ended, one.failing) == (2, ["audit"], "")


def test_a_pass_that_fails_over_a_store_that_answers_is_repeated_later_each_time(clock: FakeClock) -> None:
    duty = FakeDuty()
    duty.errors = [StoreUnreachable("busy") for _ in range(4)]
    one = pacer(duty, clock)
    assert [one.run() for _ in range(5)] == [1, 10, 20, 40, 60]


# -- the threads --------------------------------------------------------------------------------------------------


def runner(clock: FakeClock, *duties: FakeDuty) -> DutyRunner:
    return DutyRunner([pacer(duty, clock) for duty in duties], clock, OPTIONS)


def test_nothing_is_done_before_it_leads_and_a_duty_that_hangs_harms_no_other(clock: FakeClock) -> None:
    stuck, other = FakeDuty("stuck"), FakeDuty("other", interval=0.0)
    stuck.go.clear()
    made = runner(clock, stuck, other)
    made.start()
    assert (stuck.passes, other.passes) == (0, 0)
    made.lead(True)
    assert stuck.began.acquire(timeout=LONG)
    for _ in range(3):
        assert other.began.acquire(timeout=LONG)
    assert made.unhealthy() == ""
    clock.advance(30 * 60 + 1)
    assert "the duty stuck does not end" in made.unhealthy()
    stuck.go.set()
    assert made.stop(LONG) == []


def test_who_leads_no_more_ends_its_pass_and_begins_none(clock: FakeClock) -> None:
    duty = FakeDuty(interval=0.0)
    duty.go.clear()
    made = runner(clock, duty)
    made.start()
    made.lead(True)
    assert duty.began.acquire(timeout=LONG)
    made.lead(False)
    duty.go.set()
    assert not duty.began.acquire(timeout=0.05)
    made.lead(True)
    assert duty.began.acquire(timeout=LONG), "who leads again begins at once"
    assert made.stop(LONG) == []


def test_a_duty_that_waits_for_its_interval_ends_at_once_when_it_is_stopped(clock: FakeClock) -> None:
    duty = FakeDuty(interval=3600.0)
    made = runner(clock, duty)
    made.start()
    made.lead(True)
    assert duty.began.acquire(timeout=LONG)
    assert made.stop(LONG) == []


def test_who_does_not_end_in_time_is_named(clock: FakeClock) -> None:
    duty = FakeDuty("stuck")
    duty.go.clear()
    made = runner(clock, duty)
    made.start()
    made.lead(True)
    assert duty.began.acquire(timeout=LONG)
    assert made.stop(0.01) == ["stuck"]
    duty.go.set()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_has_ended_is_unhealthy(clock: FakeClock) -> None:
    class Ends(FakeDuty):
        @property
        def interval_seconds(self) -> float:  # asked outside of the pass, so nothing catches it
            raise SystemExit

        @interval_seconds.setter
        def interval_seconds(self, value: float) -> None:
            pass

    made = runner(clock, Ends("broken"))
    assert made.unhealthy() == "", "not started yet"
    made.start()
    made.lead(True)
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "bomgate-broken"] or [threading.Thread()]
    if thread.ident:
        thread.join(LONG)
    assert made.unhealthy() == "the thread of the duty broken has ended"
    assert made.stop(LONG) == []
    assert made.unhealthy() == "", "after the end nobody misses it"


# -- the main loop ------------------------------------------------------------------------------------------------


def controller(
    clock: FakeClock, on_leading: Callable[[bool], None], *duties: FakeDuty
) -> tuple[Controller, MemoryLock]:
    one, lock = election(MemoryLease(), "a", clock)
    return Controller(one, runner(clock, *duties), clock, OPTIONS, on_leading), lock


def test_a_controller_leads_until_it_is_stopped_and_gives_the_lease_back(clock: FakeClock) -> None:
    duty, leading = FakeDuty(), list[bool]()
    made, lock = controller(clock, leading.append, duty)
    stop = threading.Event()
    thread = threading.Thread(target=made.run, args=(stop,))
    thread.start()
    assert duty.began.acquire(timeout=LONG)
    stop.set()
    thread.join(LONG)
    assert not thread.is_alive()
    assert lock.lease.holder == ""
    assert leading == [True, False]


def test_readiness_says_who_leads_and_what_fails(clock: FakeClock) -> None:
    duty = FakeDuty()
    duty.errors = [Final("it may not")]
    made, lock = controller(clock, lambda _: None, duty)
    assert not made.readiness().ready
    made.tick()
    assert made.readiness().lines == ("leads",)
    made._runner.pacers[0].run()
    assert made.readiness().lines == ("leads", "the duty audit fails: it may not")
    assert made.readiness().ready, "a duty that fails is no reason to take the others away"
    lock.lease.holder, lock.lease.until = "b", clock.monotonic() + 15
    made.tick()
    assert made.readiness().lines[0] == "stands by"
    lock.errors = [Retryable("the API server is down")]
    made.tick()
    assert made.readiness().lines == ("the lease cannot be acquired: the API server is down",)
    assert not made.readiness().ready


def test_a_main_loop_that_stands_still_is_unhealthy(clock: FakeClock) -> None:
    made, _ = controller(clock, lambda _: None)
    assert made.unhealthy() == "", "not started yet"
    made.tick()
    clock.advance(61)
    assert "stands still since 61 seconds" in made.unhealthy()


@pytest.mark.parametrize(
    "options",
    [ControllerOptions(lease_seconds=2), ControllerOptions(graceful_seconds=0), ControllerOptions(searches=0)],
)
def test_values_that_cannot_work_are_refused(options: ControllerOptions) -> None:
    with pytest.raises(ConfigError, match=r"controller\."):
        options.check()
