"""The machine: its clock and its threads, as the ports want them."""

from __future__ import annotations

import datetime as dt
import queue
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


class PoolTask:
    """Work that waits for one of a few threads."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._problem: BaseException | None = None
        self._done = threading.Event()

    def run(self) -> None:
        """Do the work."""
        try:
            self._work()
        except BaseException as problem:  # the one who waits gets it
            self._problem = problem
        self._done.set()

    def wait(self, seconds: float) -> bool:
        """Wait for its end; False when ``seconds`` pass first. Raises what the work raised."""
        if not self._done.wait(seconds):
            return False
        if self._problem is not None:
            raise self._problem
        return True


class PoolBackground:
    """A few threads for much background work, which waits for its turn.

    Args:
        threads: how many; they are started when there is work for the first time.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._waiting: queue.SimpleQueue[PoolTask] = queue.SimpleQueue()

    def start(self, work: Callable[[], None]) -> PoolTask:
        """Have the work done when a thread is free."""
        task = PoolTask(work)
        self._waiting.put(task)
        with self._lock:
            if self._threads:
                self._threads -= 1
                # Daemons: what nobody waits for must not keep a command from ending.
                threading.Thread(target=self._run, name="bomgate-pool", daemon=True).start()
        return task

    def _run(self) -> None:
        while True:
            self._waiting.get().run()


class NoSightings:
    """Takes no notes: a check from the command line admits nothing."""

    def saw(self, sighting: object) -> None:
        """Do nothing."""
