"""Duties: recurring work of the leading controller, each on a separate thread.

A duty that fails, or hangs, harms no other one: it is tried again earlier than usual, later each time, and what is
wrong is logged once, and once more when it is over.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from webhook.engines.controlling.options import ControllerOptions
from webhook.errors import BomgateError, Retryable, StoreUnreachable
from webhook.ports import Clock
from webhook.ports.processes import Duty

log = logging.getLogger("bomgate.controller")
_FIRST_RETRY = 5.0
_STORE_PAUSE = 1.0
"""Seconds between two looks whether a store that did not answer does so again: cheap, and a failover is brief."""
_JITTER = 0.1
"""Most by which an interval is longer than stated, so that what began together does not stay together."""


@dataclass(frozen=True, slots=True)
class DutyEvents:
    """Who is told of duties.

    Attributes:
        ended: name of a duty whose pass ended well.
        failed: name of a duty whose pass failed.
    """

    ended: Callable[[str], None] = lambda _: None
    failed: Callable[[str], None] = lambda _: None


class DutyPacer:
    """Runs the passes of one duty and says when the next one is due; used by one thread.

    Args:
        duty: what is done.
        clock: time.
        jitter: a number from 0 to 1, another one each time.
        events: who is told.
        store_answers: looks whether the store answers; while it does not, a pass that failed over it is not repeated.

    Attributes:
        busy_since: when the pass that goes on began, on the monotonic clock; None between passes.
        failing: the sentence of the last failure; empty when the last pass ended well.
    """

    def __init__(
        self,
        duty: Duty,
        clock: Clock,
        jitter: Callable[[], float],
        events: DutyEvents,
        store_answers: Callable[[], bool] = lambda: True,
    ) -> None:
        self.duty, self._clock, self._jitter, self._events = duty, clock, jitter, events
        self._store_answers, self._lacks_store = store_answers, False
        self.busy_since: float | None = None
        self.failing = ""
        self._failures = 0
        self._code = ""

    def run(self) -> float:
        """One pass; the seconds until the next."""
        self.busy_since = self._clock.monotonic()
        if self._lacks_store and not self._store_answers():
            self.busy_since = None
            return _STORE_PAUSE
        wanted = 0.0
        try:
            self.duty.run()
        except BomgateError as problem:
            self._failed(problem.message)
            if problem.code != self._code:
                log.warning("duty failed; it is tried again", extra={"duty": self.duty.name, **error_words(problem)})
            self._code, self._lacks_store = problem.code, isinstance(problem, StoreUnreachable)
            wanted = (problem.retry_after or 0.0) if isinstance(problem, Retryable) else 0.0
        except Exception as problem:  # nobody is above this thread, and a bug in one duty must not end the others
            self._failed(str(problem) or type(problem).__name__)
            if self._code != "bug":
                log.exception("duty failed unexpectedly; it is tried again", extra={"duty": self.duty.name})
            self._code, self._lacks_store = "bug", False
        else:
            self._ended()
        finally:
            self.busy_since = None
        return max(self._pause(), wanted)

    def _failed(self, message: str) -> None:
        self._failures += 1
        self.failing = message
        self._events.failed(self.duty.name)

    def _ended(self) -> None:
        if self._failures:
            log.warning("duty works again", extra={"duty": self.duty.name, "failures": self._failures})
        self._failures, self._code, self.failing, self._lacks_store = 0, "", "", False
        self._events.ended(self.duty.name)

    def _pause(self) -> float:
        interval = self.duty.interval_seconds
        if self._failures == 1 and self._lacks_store:
            interval = min(interval, _STORE_PAUSE)
        elif self._failures:
            interval = min(interval, _FIRST_RETRY * 2.0 ** min(self._failures - 1, 16))
        return interval * (1 + _JITTER * self._jitter())


class DutyRunner:
    """Does duties while this process leads, each on a separate thread.

    Args:
        pacers: one for each duty.
        clock: time.
        options: see :class:`ControllerOptions`.
    """

    def __init__(self, pacers: Sequence[DutyPacer], clock: Clock, options: ControllerOptions) -> None:
        self.pacers, self._clock, self._options = tuple(pacers), clock, options
        self._leading, self._started, self._stopped = False, False, False
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._work, args=(pacer,), name=f"bomgate-{pacer.duty.name}", daemon=True)
            for pacer in self.pacers
        ]

    def start(self) -> None:
        """Start the threads; nothing is done before :meth:`lead`."""
        for thread in self._threads:
            thread.start()
        self._started = True

    def lead(self, leading: bool) -> None:
        """Begin with all duties, or begin with none any more; a pass that goes on may end."""
        with self._changed:
            if leading != self._leading:
                self._leading = leading
                self._changed.notify_all()

    def stop(self, seconds: float) -> list[str]:
        """End the threads; the names of duties that did not end within ``seconds``."""
        with self._changed:
            self._leading, self._stopped = False, True
            self._changed.notify_all()
        deadline = self._clock.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - self._clock.monotonic()))
        return [pacer.duty.name for pacer, thread in zip(self.pacers, self._threads, strict=True) if thread.is_alive()]

    def unhealthy(self) -> str:
        """What is wrong with the threads; empty when all is well."""
        now, longest = self._clock.monotonic(), self._options.stuck_minutes * 60
        for pacer, thread in zip(self.pacers, self._threads, strict=True):
            if self._started and not self._stopped and not thread.is_alive():
                return f"the thread of the duty {pacer.duty.name} has ended"
            since = pacer.busy_since
            if since is not None and now - since > longest:
                return f"the duty {pacer.duty.name} does not end since {now - since:.0f} seconds"
        return ""

    def _work(self, pacer: DutyPacer) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._leading or self._stopped)
                if self._stopped:
                    return
            pause = pacer.run()
            with self._changed:
                # A leader that comes back starts over: meanwhile another one may have changed everything.
                self._changed.wait_for(lambda: self._stopped or not self._leading, pause)


def error_words(problem: BomgateError) -> dict[str, str]:
    """An error as the log has it: sentence, remedy and code."""
    return {"error": problem.message, "remedy": problem.remedy, "code": problem.code}
