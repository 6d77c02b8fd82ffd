"""Refusals: how many requests this installation has denied, by reason, for the hub of a fleet."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

from webhook.errors import BomgateError

log = logging.getLogger("bomgate.notes")


class RefusalCounts:
    """Adds what a process has counted to what the store has, off the admission path.

    Args:
        counted: how many requests this process has denied so far, by reason.
        add: adds numbers to those of the store.
    """

    def __init__(self, counted: Callable[[], Mapping[str, int]], add: Callable[[Mapping[str, int]], None]) -> None:
        self._counted, self._add = counted, add
        self._written: Mapping[str, int] = counted()

    def flush(self) -> None:
        """Write what came since the last time. After a failure it is written the next time."""
        counted = self._counted()
        new = {reason: more for reason, count in counted.items() if (more := count - self._written.get(reason, 0)) > 0}
        if not new:
            return
        try:
            self._add(new)
        except BomgateError as problem:
            log.warning("refusals not written", extra={"error": problem.message})
            return
        self._written = counted

    def run(self, stop: threading.Event, interval_seconds: float = 5.0) -> None:
        """Flush until ``stop`` is set, and once more at the end; meant for a separate thread."""
        while not stop.wait(interval_seconds):
            self.flush()
        self.flush()
