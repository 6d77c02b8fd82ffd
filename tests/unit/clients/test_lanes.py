"""Threads for searches: bounded per host and per namespace, and never held up by work that has to wait."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import pytest

from webhook.clients.lanes import LaneExecutor, LaneLimits
from webhook.errors import ConfigError, DeadlineExceeded


class Hanging:
    """Work that does not end before the gate is opened."""

    def __init__(self, lanes: LaneExecutor) -> None:
        self._lanes, self.gate = lanes, threading.Event()
        self.begun: list[str] = []
        self._lock = threading.Lock()

    def submit(self, name: str, host: str = "", tenant: str = "") -> Future[None]:
        def work() -> None:
            with self._lock:
                self.begun.append(name)
            self.gate.wait(30)

        return self._lanes.submit(work, host, tenant)


def test_a_host_never_takes_all_threads_and_work_for_another_begins_at_once() -> None:
    lanes = LaneExecutor(LaneLimits(6, 4), "test")
    slow = Hanging(lanes)
    waiting = [slow.submit("slow", "slow.example") for _ in range(50)]
    lanes.submit(lambda: None, "quick.example").result(30)
    assert len(slow.begun) == 4
    slow.gate.set()
    for future in waiting:
        future.result(30)
    assert len(slow.begun) == 50


def test_a_namespace_gets_half_of_a_hosts_threads_and_half_of_all() -> None:
    lanes = LaneExecutor(LaneLimits(8, 4), "test")
    slow = Hanging(lanes)
    for number in range(40):
        slow.submit("mallory", f"host-{number % 10}.example", "evil")
    lanes.submit(lambda: None, "host-0.example", "shop").result(30)
    assert len(slow.begun) == 4
    one_host = LaneExecutor(LaneLimits(8, 4), "test")
    held = Hanging(one_host)
    for _ in range(40):
        held.submit("mallory", "one.example", "evil")
    one_host.submit(lambda: None, "one.example", "shop").result(30)
    assert len(held.begun) == 2
    slow.gate.set()
    held.gate.set()


def test_namespaces_that_wait_take_turns() -> None:
    lanes = LaneExecutor(LaneLimits(2, 2), "test")
    first, order = Hanging(lanes), list[str]()
    first.submit("x", "a.example", "t0")
    first.submit("x", "a.example", "t1")
    tasks = [lanes.submit(lambda name=name: order.append(name), "a.example", name) for name in ["t2"] * 5 + ["t3"]]
    assert not any(task.done() for task in tasks)
    first.gate.set()
    for task in tasks:
        task.result(30)
    assert order.index("t3") <= 2, "the one work of t3 does not wait for all of t2"


def test_too_much_that_waits_is_refused_and_what_fails_frees_its_place() -> None:
    lanes = LaneExecutor(LaneLimits(1, 1), "test", most_waiting=1)
    held = Hanging(lanes)
    held.submit("x")
    waiting = held.submit("y")
    with pytest.raises(DeadlineExceeded):
        held.submit("z")
    held.gate.set()
    waiting.result(30)

    def fail() -> None:
        raise ValueError("odd")

    for _ in range(3):
        with pytest.raises(ValueError, match="odd"):
            lanes.submit(fail, "a.example", "shop").result(30)


def test_limits_have_to_leave_a_thread() -> None:
    for limits in (LaneLimits(0, 1), LaneLimits(1, 0)):
        with pytest.raises(ConfigError, match="at least 1"):
            limits.check()
