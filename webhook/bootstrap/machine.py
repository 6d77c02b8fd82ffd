"""The machine: its clock and its threads, as the ports want them."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable


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
    """Work on a thread of its own."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._problem: BaseException | None = None
        # A daemon: work that outlives the one who waited for it must not keep a command from ending.
        self._thread = threading.Thread(target=self._run, name="bomgate-background", daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait for its end; False when ``seconds`` pass first. Raises what the work raised."""
        self._thread.join(seconds)
        if self._thread.is_alive():
            return False
        if self._problem is not None:
            raise self._problem
        return True

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as problem:  # a thread has nobody above it; the one who waits gets it
            self._problem = problem


class ThreadBackground:
    """Plain threads for background work, where there is no event loop."""

    def start(self, work: Callable[[], None]) -> ThreadTask:
        """Start the work now."""
        return ThreadTask(work)


class NoSightings:
    """Takes no notes: a check from the command line admits nothing."""

    def saw(self, sighting: object) -> None:
        """Do nothing."""
