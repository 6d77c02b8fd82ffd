"""The machine: its clock and its threads, as the ports want them."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from functools import partial
from typing import Any, TypeVar

from webhook.clients.lanes import LaneExecutor, LaneLimits

_Result = TypeVar("_Result")


class SystemClock:
    """The clock of this machine: the library's own functions, since decisions ask for the time often."""

    now = staticmethod(partial(dt.datetime.now, dt.UTC))
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)


class ThreadBackground:
    """Threads for background work, where there is no event loop.

    Args:
        threads: how many at most, so that further work waits for its turn, and one host gets half of them; without a
            number each work gets one at once.
    """

    def __init__(self, threads: int | None = None) -> None:
        limits = LaneLimits(sys.maxsize, sys.maxsize) if threads is None else LaneLimits(threads, max(1, threads // 2))
        self._lanes = LaneExecutor(limits, "bomgate-pool", most_waiting=sys.maxsize)

    def start(self, work: Callable[[], _Result], *, host: str = "", tenant: str = "") -> Future[_Result]:
        """Start the work; no namespace has to be kept from occupying what nobody waits for."""
        return self._lanes.submit(work, host)

    def wait(self, task: Future[Any], seconds: float) -> bool:
        """See :class:`webhook.ports.Background`."""
        if not wait((task,), timeout=seconds).done:
            return False
        task.result()
        return True
