"""Values that end, a bound on their number, and one thread at a time that makes one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.fakes import FakeClock
from webhook.model.caches import KeyLocks, TimedCache

SECONDS = 10.0


@pytest.fixture
def cache(clock: FakeClock) -> TimedCache[str, int]:
    return TimedCache(3, clock.monotonic)


def test_a_value_is_believed_until_its_time_is_up(cache: TimedCache[str, int], clock: FakeClock) -> None:
    cache.put("a", 1, SECONDS)
    cache.put("b", 2, 3 * SECONDS)
    clock.advance(SECONDS - 0.01)
    assert (cache.get("a"), cache.get("b")) == (1, 2)
    clock.advance(0.01)
    assert (cache.get("a"), cache.get("b")) == (None, 2)


def test_a_new_value_takes_the_place_and_the_end_of_the_former(cache: TimedCache[str, int], clock: FakeClock) -> None:
    cache.put("a", 1, 3 * SECONDS)
    cache.put("a", 2, SECONDS)
    assert cache.get("a") == 2
    clock.advance(2 * SECONDS)
    assert cache.get("a") is None
    cache.put("a", 3, SECONDS)
    cache.put("a", 4, 0)
    assert cache.get("a") is None


def test_of_too_many_values_the_one_goes_that_was_used_the_longest_ago(cache: TimedCache[str, int]) -> None:
    for key in "abc":
        cache.put(key, 1, SECONDS)
    cache.get("a")
    cache.put("d", 1, SECONDS)
    assert [key for key in "abcd" if cache.get(key)] == ["a", "c", "d"]


def test_a_value_is_made_once_for_all_who_want_it_at_once(cache: TimedCache[str, int]) -> None:
    made, together = list[str](), threading.Barrier(8)

    def make() -> tuple[int, float]:
        made.append("x")
        return len(made), SECONDS

    def want(_: int) -> int:
        together.wait(30)
        return cache.get_or_make("a", make)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(want, range(8))) == [1] * 8
    assert cache.get_or_make("b", make) == 2


def test_what_went_wrong_is_not_kept(cache: TimedCache[str, int]) -> None:
    def fail() -> tuple[int, float]:
        raise ValueError("x")

    for _ in range(2):
        with pytest.raises(ValueError, match="x"):
            cache.get_or_make("a", fail)
    assert cache.get_or_make("a", lambda: (1, SECONDS)) == 1


def test_other_keys_do_not_wait(cache: TimedCache[str, int]) -> None:
    locks, entered, leave = KeyLocks[str](), threading.Event(), threading.Event()

    def hold() -> None:
        with locks.of("a"):
            entered.set()
            leave.wait(30)

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    assert entered.wait(30)
    with locks.of("b"):
        pass
    leave.set()
    with locks.of("a"):  # free again
        pass
    thread.join(30)
