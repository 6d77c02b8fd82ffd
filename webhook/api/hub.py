"""Joins native threads to gevent's loop: background work that a request can wait for without stopping the others.

Nothing is monkey-patched. The loop's own sockets are gevent's; all else (database, files, registries) runs on native
threads, where blocking is harmless.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import gevent
import gevent.event

_PAUSE = 0.05


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait in a greenlet until a condition holds that a native thread brings about; False when it does not in time."""
    patience = gevent.Timeout(seconds)
    try:
        with patience:
            while not condition():
                gevent.sleep(_PAUSE)
    except gevent.Timeout as late:
        if late is not patience:
            raise
        return False
    return True


class HubTask:
    """Work on a native thread that a greenlet can wait for."""

    def __init__(self, future: Future[None]) -> None:
        self._future = future

    def wait(self, seconds: float) -> bool:
        """Wait for its end; False when ``seconds`` pass first. Raises what the work raised."""
        if not self._future.done():
            loop, done = gevent.get_hub().loop, gevent.event.Event()
            self._future.add_done_callback(lambda _: loop.run_callback_threadsafe(done.set))
            done.wait(seconds)
        if not self._future.done():
            return False
        self._future.result()
        return True


class HubBackground:
    """Native threads for work that requests wait for.

    Args:
        threads: how many works go on at once; more wait in line, and ``start`` never blocks.
    """

    def __init__(self, threads: int = 8) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="bomgate-background")

    def start(self, work: Callable[[], None]) -> HubTask:
        """Start the work soon."""
        return HubTask(self._pool.submit(work))
