"""One work for all that want the same, and what happens at its end."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.fakes import FakeBackground
from webhook.clients.machine import ThreadBackground
from webhook.engines.searching.flights import SingleFlight
from webhook.errors import DeadlineExceeded


def test_all_that_want_the_same_at_once_share_one_work() -> None:
    background, go, done = ThreadBackground(), threading.Event(), list[str]()
    flights = SingleFlight[str, int](background)

    def work() -> int:
        go.wait(30)
        done.append("x")
        return len(done)

    tasks = [flights.join("a", work) for _ in range(5)]
    other = flights.join("b", lambda: 7)
    assert isinstance(other, Future)
    assert other.result(30) == 7, "another key does not wait"
    assert len({id(task) for task in tasks}) == 1
    go.set()
    assert [task.result(30) for task in tasks if isinstance(task, Future)] == [1] * 5


def test_what_has_just_ended_is_not_begun_again() -> None:
    results = dict[str, int]()
    flights = SingleFlight[str, int](ThreadBackground(4))

    def work() -> int:
        results["a"] = results.get("a", 0) + 1
        return results["a"]

    def want(_: int) -> int:
        joined = flights.join("a", work, lambda: results.get("a"))
        return joined.result(30) if isinstance(joined, Future) else joined

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(want, range(200))) == [1] * 200


def test_followers_have_the_result_before_those_who_wait() -> None:
    background, heard = FakeBackground(hold=True), list[int]()
    flights = SingleFlight[str, int](background)
    task = flights.join("a", lambda: 1, then=heard.append)
    flights.join("a", lambda: 2, then=lambda result: heard.append(10 * result if not task.done() else -1))
    background.run_held()
    assert heard == [1, 10]


def test_an_error_reaches_those_who_wait_and_is_forgotten() -> None:
    flights, heard = SingleFlight[str, int](FakeBackground()), list[int]()

    def fail() -> int:
        raise ValueError("broken")

    failed = flights.join("a", fail, then=heard.append)
    assert isinstance(failed, Future)
    with pytest.raises(ValueError, match="broken"):
        failed.result()
    again = flights.join("a", lambda: 3)
    assert isinstance(again, Future)
    assert (again.result(), heard) == (3, [])


def test_work_that_could_not_be_begun_is_not_joined() -> None:
    class Full(FakeBackground):
        def start(self, work, *, host="", tenant=""):
            raise DeadlineExceeded("Too many searches are running.")

    background = Full()
    flights = SingleFlight[str, int](background)
    for _ in range(2):
        with pytest.raises(DeadlineExceeded):
            flights.join("a", lambda: 1)
