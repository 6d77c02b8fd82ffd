"""The machine's threads: a few for much work, which waits for its turn."""

from __future__ import annotations

import threading

import pytest

from webhook.bootstrap.machine import PoolBackground
from webhook.errors import StoreError


def test_much_work_is_done_by_a_few_threads() -> None:
    background, names, lock = PoolBackground(3), set[str | int](), threading.Lock()

    def work() -> None:
        with lock:
            names.add(threading.get_ident())

    tasks = [background.start(work) for _ in range(50)]
    assert all(task.wait(10) for task in tasks)
    assert 1 <= len(names) <= 3


def test_who_waits_too_briefly_is_told_so_and_the_work_goes_on() -> None:
    background, gate = PoolBackground(1), threading.Event()
    held = background.start(lambda: gate.wait(10) and None)
    behind = background.start(lambda: None)
    assert not held.wait(0.0)
    assert not behind.wait(0.0)
    gate.set()
    assert held.wait(10)
    assert behind.wait(10)


def test_trouble_reaches_the_one_who_waits_and_nobody_else() -> None:
    def fail() -> None:
        raise StoreError("The database does not answer.")

    background = PoolBackground(1)
    failed = background.start(fail)
    with pytest.raises(StoreError):
        failed.wait(10)
    assert background.start(lambda: None).wait(10)
