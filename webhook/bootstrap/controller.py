"""Controlling: joins the controller, its duties, and the port on which it is watched."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from webhook import __version__
from webhook.api.gauges import Gauges
from webhook.api.probes import Page, ProbeServer
from webhook.bootstrap.cluster import Cluster
from webhook.bootstrap.duties import duties, rights
from webhook.bootstrap.parts import Parts, hot_start, open_parts
from webhook.clients.machine import SystemClock
from webhook.engines.controlling.duties import DutyEvents, DutyPacer, DutyRunner
from webhook.engines.controlling.leader import Controller, LeaderElection
from webhook.engines.controlling.rights import RightsDuty
from webhook.errors import StoreError
from webhook.ports.processes import Duty
from webhook.settings import Settings
from webhook.telemetry.metrics import Metrics, exposition


@dataclass
class ControllerParts:
    """The ready objects of a controller.

    Attributes:
        parts: what it shares with other processes.
        metrics: its own.
        stop: ends the thread that keeps the read model up to date.
    """

    parts: Parts
    metrics: Metrics = field(default_factory=Metrics)
    stop: threading.Event = field(default_factory=threading.Event)

    @cached_property
    def controller(self) -> Controller:
        """Leads, or waits for it."""
        parts, options = self.parts, self.parts.settings.controller
        election = LeaderElection(parts.cluster.leader_lock(), parts.holder, parts.clock, options)
        runner = self._runner(*duties(parts, self.metrics))
        return Controller(election, runner, parts.clock, options, self._leading)

    @cached_property
    def rights(self) -> RightsDuty:
        """Knows which rights are missing."""
        return rights(self.parts, lambda gaps: self.metrics.set("bomgate_rbac_gaps", gaps))

    @cached_property
    def standing(self) -> DutyRunner:
        """Does what has to be done whether this process leads or not."""
        return self._runner(self.rights)

    @cached_property
    def refreshing(self) -> threading.Thread:
        """Keeps the read model up to date; not started yet."""
        return threading.Thread(target=_refresh, args=(self,), name="bomgate-refresh", daemon=True)

    def probes(self) -> ProbeServer:
        """The port on which it is watched.

        Raises:
            ConfigError: it cannot listen there.
        """
        pages = {"/healthz": self._healthz, "/readyz": self._readyz, "/metrics": self._metrics_page}
        return ProbeServer(self.parts.settings.probes.listen, pages)

    def _runner(self, *some: Duty) -> DutyRunner:
        clock, jitter = self.parts.clock, random.SystemRandom().random
        events = DutyEvents(ended=self._ended, failed=self._failed)
        return DutyRunner(
            [DutyPacer(duty, clock, jitter, events, self._store_answers) for duty in some],
            clock,
            self.parts.settings.controller,
        )

    def _store_answers(self) -> bool:
        try:
            self.parts.store.feed.position()
        except StoreError:
            return False
        return True

    def _healthz(self) -> Page:
        unhealthy = self.controller.unhealthy() or self.standing.unhealthy()
        if not unhealthy and self.refreshing.ident is not None and not self.refreshing.is_alive():
            unhealthy = "the thread that keeps the read model up to date has ended"
        return Page(500, f"{unhealthy}\n".encode()) if unhealthy else Page(200, b"ok\n")

    def _readyz(self) -> Page:
        readiness = self.controller.readiness()
        text = "".join(f"{line}\n" for line in (*readiness.lines, *self.rights.gaps))
        # A right that only some duty needs is no reason to take the whole process out.
        return Page(200 if readiness.ready and not self.rights.vital else 503, text.encode())

    def _metrics_page(self) -> Page:
        return Page(200, *exposition(self.metrics.registry))

    # -- what is told in metrics ------------------------------------------------------------------------------------

    def _leading(self, leading: bool) -> None:
        self.metrics.set("bomgate_leader", leading)

    def _ended(self, duty: str) -> None:
        self.metrics.set("bomgate_controller_duty_timestamp_seconds", self.parts.clock.now().timestamp(), duty)

    def _failed(self, duty: str) -> None:
        self.metrics.count("bomgate_controller_duty_errors_total", duty)


def run_controller(settings: Settings, stop: threading.Event) -> None:
    """Lead, or wait for it, until ``stop`` is set.

    The database may be down: the lease and the certificates do not need it, and what does is tried again.

    Raises:
        ConfigError: a setting cannot work.
    """
    settings.controller.check()
    saved = hot_start(settings)
    # Who has a copy of the read model would take a new and empty database for the truth.
    parts = open_parts(settings, create=saved is None or saved.load() is None)
    made = ControllerParts(parts)
    controller, standing, probes = made.controller, made.standing, made.probes()
    made.metrics.set("bomgate_build_info", 1, __version__)
    probes.start()
    standing.start()
    standing.lead(True)
    made.refreshing.start()
    try:
        controller.run(stop)
    finally:
        made.stop.set()
        standing.stop(1.0)
        made.refreshing.join(timeout=10)
        probes.close()
        parts.store.close()


def _refresh(made: ControllerParts) -> None:
    """Keep the read model up to date, and tell of it."""
    parts = made.parts
    gauges = Gauges(made.metrics, parts.model, parts.store.runs, parts.clock)

    def after_tick() -> None:
        gauges.publish(equal_to_store=parts.refresher.failing_since is None, dropped_sightings=0)

    parts.refresher.warm_up(is_walked=True)
    parts.refresher.run(made.stop, after_tick)


def unregister(settings: Settings) -> Iterator[str]:
    """Delete the webhook configurations that the settings name; the kind and name of each that was there.

    Raises:
        ConfigError: there is no way to the API server.
        SourceError: the API server did not answer, or refused to.
    """
    return Cluster(settings, SystemClock()).registrations().delete()
