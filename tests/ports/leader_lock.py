"""What every LeaderLock does; subclassed by the suites that have an implementation."""

from __future__ import annotations

from collections.abc import Callable

from tests.fakes import FakeClock
from webhook.ports.cluster import LeaderLock

NewLock = Callable[[], LeaderLock]
"""Makes one more process's view of the same lock, whose lease lasts 15 seconds."""


class LeaderLockSuite:
    """Wants the fixture ``new_lock``; all locks judge time by ``clock``."""

    def test_one_of_two_gets_it(self, new_lock: NewLock, clock: FakeClock) -> None:
        first, second = new_lock(), new_lock()
        assert first.acquire("a", now=clock.now())
        assert not second.acquire("b", now=clock.now())

    def test_the_holder_keeps_it_as_long_as_it_renews(self, new_lock: NewLock, clock: FakeClock) -> None:
        first, second = new_lock(), new_lock()
        for _ in range(8):
            assert first.acquire("a", now=clock.now())
            assert not second.acquire("b", now=clock.now())
            clock.advance(5)

    def test_who_is_not_heard_of_loses_it_after_the_lease(self, new_lock: NewLock, clock: FakeClock) -> None:
        first, second = new_lock(), new_lock()
        assert first.acquire("a", now=clock.now())
        assert not second.acquire("b", now=clock.now())
        clock.advance(14)
        assert not second.acquire("b", now=clock.now())
        clock.advance(2)
        assert second.acquire("b", now=clock.now())
        assert not first.acquire("a", now=clock.now())

    def test_who_gives_it_back_lets_the_next_one_in_at_once(self, new_lock: NewLock, clock: FakeClock) -> None:
        first, second = new_lock(), new_lock()
        assert first.acquire("a", now=clock.now())
        assert not second.acquire("b", now=clock.now())
        first.release("a")
        assert second.acquire("b", now=clock.now())

    def test_only_the_holder_gives_it_back(self, new_lock: NewLock, clock: FakeClock) -> None:
        first, second = new_lock(), new_lock()
        second.release("b")
        assert first.acquire("a", now=clock.now())
        second.release("b")
        assert not second.acquire("b", now=clock.now())

    def test_a_process_that_came_back_gets_its_own_lock(self, new_lock: NewLock, clock: FakeClock) -> None:
        assert new_lock().acquire("a", now=clock.now())
        assert new_lock().acquire("a", now=clock.now())
