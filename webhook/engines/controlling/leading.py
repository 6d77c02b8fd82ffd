"""The main loop of the controller, and its readiness."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from webhook.engines.controlling.duties import DutyRunner, LeaderElection
from webhook.engines.controlling.options import ControllerOptions
from webhook.ports import Clock

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
    """One controller: leads or waits for it, until it is told to stop.

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
        """Why this process has to be started anew; empty when all is well."""
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
