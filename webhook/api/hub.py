"""Joins native threads to gevent's loop: background work that a request can wait for without stopping the others.

Nothing is monkey-patched. The loop's own sockets are gevent's; all else (database, files, registries) runs on native
threads, where blocking is harmless.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import gevent
import gevent.event

from webhook.clients.lanes import LaneExecutor, LaneLimits

_PAUSE = 0.05
_Result = TypeVar("_Result")


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


class HubBackground:
    """Native threads for work that requests wait for.

    Args:
        limits: how many works go on at once; more wait in line, and ``start`` never blocks.
    """

    def __init__(self, limits: LaneLimits) -> None:
        self._lanes = LaneExecutor(limits, "bomgate-background")

    def start(self, work: Callable[[], _Result], *, host: str = "", tenant: str = "") -> Future[_Result]:
        """Start the work soon; see :class:`webhook.ports.Background`.

        Raises:
            DeadlineExceeded: so much work is waiting that its turn would come too late.
        """
        return self._lanes.submit(work, host, tenant)

    def wait(self, task: Future[Any], seconds: float) -> bool:
        """Wait in a greenlet; see :class:`webhook.ports.Background`."""
        if not task.done():
            loop, done = gevent.get_hub().loop, gevent.event.Event()
            task.add_done_callback(lambda _: loop.run_callback_threadsafe(done.set))
            done.wait(seconds)
        if not task.done():
            return False
        task.result()
        return True
