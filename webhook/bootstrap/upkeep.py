"""What a worker does beside answering: it follows the store and the cluster, and writes notes."""

from __future__ import annotations

import gc
import random
import threading
from collections.abc import Callable, Mapping
from typing import Any

from webhook.api.gauges import Gauges
from webhook.api.tls import CertificateFiles
from webhook.bootstrap.cluster import features
from webhook.bootstrap.parts import Parts
from webhook.engines.admission.confirming import Confirmations
from webhook.engines.admission.notes import Notes
from webhook.engines.admission.refusals import RefusalCounts
from webhook.engines.admission.sightings import SightingNotes
from webhook.engines.controlling.duties import DutyEvents, DutyPacer
from webhook.engines.controlling.rights import RightsDuty, webhook_needs
from webhook.telemetry.metrics import Metrics


class Upkeep:
    """What a worker does each time its read model has been refreshed.

    Args:
        parts: those of the worker.
        metrics: where its state is published.
        sightings: how many of them were dropped is published, too.
        pair: the certificate that it serves with; None for plain HTTP.
        provision: see :func:`worker_parts`.
    """

    def __init__(
        self,
        parts: Parts,
        metrics: Metrics,
        sightings: SightingNotes,
        pair: CertificateFiles | None,
        *,
        provision: bool,
    ) -> None:
        self._parts, self._metrics, self._sightings, self._pair = parts, metrics, sightings, pair
        self._gauges = Gauges(metrics, parts.model, parts.store.runs, parts.clock)
        self._is_frozen, self._is_provisioned = False, not provision

    def run(self) -> None:
        """Do what is due."""
        model, refresher = self._parts.model, self._parts.refresher
        self._metrics.set("bomgate_webhook_ready", model.loaded)
        if model.loaded and not self._is_frozen:
            self._is_frozen = True
            gc.freeze()  # what was loaded stays; to look through all of it for garbage would hold reviews up
        if self._pair is not None:
            self._pair.current()  # an idle process must not miss a pair that is replaced twice
        if not self._is_provisioned and refresher.failing_since is None:
            self._parts.provision()
            self._is_provisioned = True  # only now: what could not be done is tried again
        dropped = self._sightings.take_dropped()
        self._gauges.publish(equal_to_store=refresher.failing_since is None, dropped_sightings=dropped)


class WorkerThreads:
    """The threads of a worker.

    Args:
        parts: those of the worker.
        metrics: where the threads that follow the cluster publish what they see.
        confirmations: what has to wait for the API server.
        upkeep: run after each refresh.
        notes: what is written from time to time, by the names of the threads.
    """

    def __init__(
        self,
        parts: Parts,
        metrics: Metrics,
        confirmations: Confirmations,
        upkeep: Upkeep,
        notes: Mapping[str, Notes[Any, Any] | RefusalCounts],
    ) -> None:
        self._parts, self._metrics, self._confirmations = parts, metrics, confirmations
        self._stop = threading.Event()
        self._threads = [_thread("refresh", parts.refresher.run, self._stop, upkeep.run)]
        self._threads += [_thread(name, writing.run, self._stop) for name, writing in notes.items()]

    def start(self) -> None:
        """Load what is on disk, and start all threads."""
        self._parts.refresher.warm_up()
        for thread in self._threads:
            thread.start()
        if self._parts.settings.kube.cluster:
            _follow_cluster(self._parts, self._metrics, self._confirmations, self._stop)

    def stop(self) -> None:
        """End them, and wait until what they have is written."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=10)


def _thread(name: str, run: Callable[..., None], *arguments: object) -> threading.Thread:
    return threading.Thread(target=run, args=arguments, name=f"bomgate-{name}", daemon=True)


def _follow_cluster(parts: Parts, metrics: Metrics, confirmations: Confirmations, stop: threading.Event) -> None:
    """Start what keeps the knowledge of the cluster up to date.

    Nobody waits for the end of these threads: a watch is not cut short, and has nothing to write.
    """
    _thread("namespaces", parts.cluster.namespace_labels.run, stop).start()
    _thread("confirmations", confirmations.run, stop).start()
    _thread("rights", _look_at_rights, parts, metrics, stop).start()


def _look_at_rights(parts: Parts, metrics: Metrics, stop: threading.Event) -> None:
    """Ask again and again whether the webhook may do what it needs; decisions do not wait for it."""
    needs = webhook_needs(features(parts.settings, ""))
    duty = RightsDuty(parts.cluster.rights(), needs, lambda gaps: metrics.set("bomgate_rbac_gaps", gaps))
    pacer = DutyPacer(duty, parts.clock, random.SystemRandom().random, DutyEvents())
    while not stop.wait(pacer.run()):
        pass
