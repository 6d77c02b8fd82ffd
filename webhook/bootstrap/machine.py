"""The machine: its clock and its threads, as the ports want them."""

from __future__ import annotations

import datetime as dt
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait

from webhook.engines.checking.lanes import LaneExecutor, LaneLimits


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

    def start(self, work: Callable[[], None], *, host: str = "", tenant: str = "") -> ThreadTask:
        """Start the work now, on a thread of its own."""
        return ThreadTask(work)


class PoolTask:
    """Work on one of a few threads."""

    def __init__(self, future: Future[None]) -> None:
        self._future = future

    def wait(self, seconds: float) -> bool:
        """Wait for its end; False when ``seconds`` pass first. Raises what the work raised."""
        done, _ = wait((self._future,), timeout=seconds)
        if not done:
            return False
        self._future.result()
        return True


class PoolBackground:
    """A few threads for much background work, which waits for its turn.

    Args:
        threads: how many; one host gets at most half of them.
    """

    def __init__(self, threads: int) -> None:
        self._lanes = LaneExecutor(LaneLimits(threads, max(1, threads // 2)), "bomgate-pool", most_waiting=sys.maxsize)

    def start(self, work: Callable[[], None], *, host: str = "", tenant: str = "") -> PoolTask:
        """Start the work soon; no namespace has to be kept from occupying what nobody waits for.

        Raises:
            DeadlineExceeded: so much work is waiting that its turn would come too late.
        """
        return PoolTask(self._lanes.submit(work, host))


class NoSightings:
    """Takes no notes: a check from the command line admits nothing."""

    def saw(self, sighting: object) -> None:
        """Do nothing."""
