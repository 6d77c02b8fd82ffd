"""The machine's threads: a few for much work, which waits for its turn."""

from __future__ import annotations

import threading

import pytest

from webhook.clients.machine import ThreadBackground
from webhook.errors import StoreError


def test_much_work_is_done_by_a_few_threads() -> None:
    background, names, lock = ThreadBackground(3), set[str | int](), threading.Lock()

    def work() -> None:
        with lock:
            names.add(threading.get_ident())

    tasks = [background.start(work) for _ in range(50)]
    assert all(background.wait(task, 10) for task in tasks)
    assert 1 <= len(names) <= 3


def test_who_waits_too_briefly_is_told_so_and_the_work_goes_on() -> None:
    background, gate = ThreadBackground(1), threading.Event()
    held = background.start(lambda: gate.wait(10) and None)
    behind = background.start(lambda: None)
    assert not background.wait(held, 0.0)
    assert not background.wait(behind, 0.0)
    gate.set()
    assert background.wait(held, 10)
    assert background.wait(behind, 10)


def test_trouble_reaches_the_one_who_waits_and_nobody_else() -> None:
    def fail() -> None:
        raise StoreError("The database does not answer.")

    background = ThreadBackground(1)
    failed = background.start(fail)
    with pytest.raises(StoreError):
        background.wait(failed, 10)
    assert background.wait(background.start(lambda: None), 10)
