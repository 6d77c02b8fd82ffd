"""Leadership: which of several controllers leads, by a Lease, and the main loop of each."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from webhook.engines.controlling.duties import DutyRunner, error_words
from webhook.engines.controlling.options import ControllerOptions
from webhook.errors import BomgateError, SourceError
from webhook.ports import Clock
from webhook.ports.cluster import LeaderLock

log = logging.getLogger("bomgate.controller")
_LONGEST_TICK = 60.0
"""Seconds after which the main loop counts as dead; each question of it ends within a few."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What ``/readyz`` says.

    Attributes:
        ready: whether this process can lead, or could take over.
        lines: for people.
    """

    ready: bool
    lines: tuple[str, ...]


class Controller:
    """One controller: leads or waits for it, until it is stopped.

    Args:
        election: who leads.
        runner: does the duties.
        clock: time.
        options: see :class:`webhook.engines.controlling.options.ControllerOptions`.
        on_leading: told after each look whether this process leads.
    """

    def __init__(
        self,
        election: LeaderElection,
        runner: DutyRunner,
        clock: Clock,
        options: ControllerOptions,
        on_leading: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._election, self._runner, self._clock, self._options = election, runner, clock, options
        self._on_leading = on_leading
        self._ticked: float | None = None

    def run(self, stop: threading.Event) -> None:
        """Tick until ``stop`` is set; then let duties end, and give the lease back."""
        self._runner.start()
        while True:
            self.tick()
            if stop.wait(self._election.pause_seconds):
                break
        left = self._runner.stop(self._options.graceful_seconds)
        if left:
            log.warning("duties do not end in time; they are left alone", extra={"duties": ", ".join(left)})
        self._election.release()
        self._on_leading(False)

    def tick(self) -> None:
        """One look at the lease, and what follows from it."""
        leading = self._election.tick()
        self._runner.lead(leading)
        self._on_leading(leading)
        self._ticked = self._clock.monotonic()

    def unhealthy(self) -> str:
        """Why this process has to be restarted; empty when all is well."""
        ticked = self._ticked
        if ticked is not None and self._clock.monotonic() - ticked > _LONGEST_TICK:
            return f"the main loop stands still since {self._clock.monotonic() - ticked:.0f} seconds"
        return self._runner.unhealthy()

    def readiness(self) -> Readiness:
        """Whether this process leads, or could, and which of its duties fail."""
        if self._ticked is None:
            return Readiness(False, ("not started yet",))
        if self._election.failing:
            return Readiness(False, (f"the lease cannot be acquired: {self._election.failing}",))
        lines = ["leads" if self._election.leading else "stands by"]
        failing = [(pacer.duty.name, pacer.failing) for pacer in self._runner.pacers if pacer.failing]
        lines += [f"the duty {name} fails: {sentence}" for name, sentence in failing]
        return Readiness(True, tuple(lines))


class LeaderElection:
    """Whether this process leads; ask :meth:`tick` again and again.

    It considers itself leader for two thirds of the lease duration, measured from before the last successful renewal
    request; others may take over only when the whole lease has passed.

    Args:
        lock: the lock that the leader holds.
        holder: unique identity of this process.
        clock: time.
        options: see :class:`ControllerOptions`.

    Attributes:
        failing: why the last question got no answer; empty when it did.
    """

    def __init__(self, lock: LeaderLock, holder: str, clock: Clock, options: ControllerOptions) -> None:
        self._lock, self._holder, self._clock, self._options = lock, holder, clock, options
        self._until: float | None = None
        self._failing = ""
        self.failing = ""

    @property
    def leading(self) -> bool:
        """Whether it may act as the leader at this moment."""
        return self._until is not None and self._clock.monotonic() < self._until

    @property
    def pause_seconds(self) -> float:
        """Seconds until the next tick: a third of the lease for the leader; sooner for those that wait for it."""
        return self._options.lease_seconds / (3.0 if self.leading and not self._failing else 7.5)

    def tick(self) -> bool:
        """Take or renew the lock; whether this process leads now. Never raises what the API server did."""
        began, led = self._clock.monotonic(), self._until is not None
        try:
            if self._lock.acquire(self._holder, now=self._clock.now()):
                self._until = began + self._options.lease_seconds * 2 / 3
            else:
                self._until = None
            self._recovered()
        except SourceError as problem:
            self._failed(problem)
        if self._until is not None and self._clock.monotonic() >= self._until:
            self._until = None
        if led != self.leading:
            log.info("leads now" if self.leading else "leads no more", extra={"holder": self._holder})
        return self.leading

    def release(self) -> None:
        """Stop leading, and let another one take over at once. Never raises what the API server did."""
        if self._until is None:
            return
        self._until = None
        try:
            self._lock.release(self._holder)
            log.info("lease given back", extra={"holder": self._holder})
        except SourceError as problem:
            log.warning("lease not given back; it ends by itself", extra=error_words(problem))

    def _failed(self, problem: BomgateError) -> None:
        if self._failing != problem.code:
            log.warning("the lease cannot be acquired", extra=error_words(problem))
        self._failing, self.failing = problem.code, problem.message

    def _recovered(self) -> None:
        if self._failing:
            log.warning("the API server answers again on the lease")
        self._failing = self.failing = ""
