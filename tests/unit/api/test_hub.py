"""Background work that a greenlet can wait for."""

from __future__ import annotations

import threading
import time

import gevent
import pytest

from webhook.api.hub import HubBackground
from webhook.clients.lanes import LaneLimits


def test_work_runs_on_another_thread_while_the_loop_goes_on() -> None:
    background, ran_on, beats = HubBackground(LaneLimits(1, 1)), list[int](), list[float]()
    release = threading.Event()

    def work() -> None:
        ran_on.append(threading.get_ident())
        release.wait(10)

    def beat() -> None:
        for _ in range(5):
            beats.append(time.monotonic())
            gevent.sleep(0.01)
        release.set()

    task, heart = background.start(work), gevent.spawn(beat)
    assert background.wait(task, 10)
    heart.join()
    assert len(beats) == 5
    assert ran_on != [threading.get_ident()]


def test_waiting_ends_at_the_time_given_and_the_work_goes_on() -> None:
    background, release, done = HubBackground(LaneLimits(1, 1)), threading.Event(), threading.Event()

    def work() -> None:
        release.wait(10)
        done.set()

    task = background.start(work)
    assert not background.wait(task, 0.02)
    release.set()
    assert background.wait(task, 10)
    assert done.is_set()


def test_what_the_work_raises_reaches_everybody_who_waits() -> None:
    def work() -> None:
        raise ValueError("broken")

    background = HubBackground(LaneLimits(1, 1))
    task = background.start(work)
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            background.wait(task, 10)


def test_more_work_than_threads_waits_in_line_without_blocking_who_starts_it() -> None:
    background, release = HubBackground(LaneLimits(2, 2)), threading.Event()
    tasks = [background.start(lambda: release.wait(10) and None) for _ in range(50)]
    release.set()
    assert all(background.wait(task, 10) for task in tasks)
