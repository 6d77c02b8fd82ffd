"""The machine: its clock and its threads, as the ports want them."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout


class SystemClock:
    """The clock of this machine."""

    def now(self) -> dt.datetime:
        """The current time, aware, UTC."""
        return dt.datetime.now(dt.UTC)

    def monotonic(self) -> float:
        """Seconds on a clock that never steps."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class ThreadTask:
    """Work on another thread."""

    def __init__(self, future: Future[None]) -> None:
        self._future = future

    def wait(self, seconds: float) -> bool:
        """Wait for its end; False when ``seconds`` pass first. Raises what the work raised."""
        try:
            self._future.result(timeout=seconds)
        except FutureTimeout:
            if not self._future.done():
                return False
            raise
        return True


class ThreadBackground:
    """Plain threads for background work, where there is no event loop."""

    def __init__(self, threads: int = 4) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="bomgate-background")

    def start(self, work: Callable[[], None]) -> ThreadTask:
        """Start the work soon."""
        return ThreadTask(self._pool.submit(work))


class NoSightings:
    """Takes no notes: a check from the command line admits nothing."""

    def saw(self, sighting: object) -> None:
        """Do nothing."""
