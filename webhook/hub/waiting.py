"""Waiting: requests that wait for news cost a greenlet each, and are woken together by a native thread."""

from __future__ import annotations

import time
from collections.abc import Callable

import gevent
import gevent.event


class Waiters:
    """The requests that wait. Made in the process that serves them.

    Attributes:
        stopped: whether the server ends, so that nobody waits any more.
    """

    def __init__(self) -> None:
        self.stopped = False
        self._loop = gevent.get_hub().loop
        self._event = gevent.event.Event()

    def wake(self) -> None:
        """Let all look again whether what they wait for is there; may be called from any thread."""
        self._loop.run_callback_threadsafe(self._wake)

    def stop(self) -> None:
        """Let all go, and nobody wait any more; called in a greenlet."""
        self.stopped = True
        self._wake()

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until a condition holds; whether it does.

        Args:
            condition: looked at now, and each time that all are woken; costs little.
            seconds: the longest wait.
        """
        until = time.monotonic() + seconds
        while not condition():
            event, left = self._event, until - time.monotonic()
            if self.stopped or left <= 0 or not event.wait(left):
                return condition()
        return True

    def _wake(self) -> None:
        event, self._event = self._event, gevent.event.Event()
        event.set()
