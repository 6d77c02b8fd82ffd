"""Serving: what has to be ready before the webhook starts, and what each of its processes runs.

Apart from the rest, because it loads the web server, which no other command needs.
"""

from __future__ import annotations

import datetime as dt
import gc
import importlib
import logging
import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from webhook import __version__
from webhook.api.answerers import AdmissionFace
from webhook.api.app import create_app
from webhook.api.gauges import Gauges
from webhook.api.hub import HubBackground, wait_for
from webhook.api.options import ServeOptions
from webhook.api.server import WorkerParts
from webhook.api.starting import StartBoard
from webhook.api.tls import CertificateFiles
from webhook.bootstrap import places
from webhook.bootstrap.admission import ReviewNotes, make_confirmations, make_reviewer
from webhook.bootstrap.cluster import features
from webhook.bootstrap.parts import Parts, hot_start, open_parts
from webhook.clients.lanes import LaneLimits
from webhook.engines.admission.admissions import AdmissionNotes
from webhook.engines.admission.confirming import Confirmations
from webhook.engines.admission.mutating import PodPinner
from webhook.engines.admission.notes import AccountNotes, Notes
from webhook.engines.admission.sightings import SightingNotes
from webhook.engines.controlling.duties import DutyEvents, DutyPacer
from webhook.engines.controlling.rights import RightsDuty, webhook_needs
from webhook.errors import StoreUnreachable
from webhook.ports import Clock
from webhook.settings import Settings
from webhook.store.addresses import file_of
from webhook.telemetry.metrics import Metrics

log = logging.getLogger("bomgate.start")
_LISTED = 20
_WORKERS_LOAD = (
    "webhook.bootstrap.cluster",
    "webhook.bootstrap.sources",
    "webhook.engines.admission.reviewing",
    "webhook.policy.advisorykeys",
    "webhook.policy.lint",
    "webhook.sboms",
    *(
        f"webhook.store.{name}"
        for name in ("accounts", "admissions", "runs", "sboms", "searches", "sightings", "types")
    ),
)
_LARGE = 100_000
"""Components, as of which a model is better mapped from the beginning."""
_COPY_SECONDS = 60.0
"""How long the server waits for that copy before it listens: a startup probe gives it 120 seconds in all."""
_API_LIMITS = LaneLimits(threads=32, threads_per_host=24)
"""Questions to the API server that a worker has under way; those about owners leave room for those about namespaces."""


def prepare_store(settings: Settings) -> bool:
    """Bring the schema and the provisioned assessments up to date before serving.

    Returns:
        False when the database does not answer. The workers then decide with the copy of the read model; where there
        is none, they are not ready until the server answers. To exit instead would leave the wait to a kubelet, which
        tries a Pod that keeps exiting only every five minutes.

    Raises:
        StoreError: the schema is of another version, or a file does not answer and there is no copy of the read model
            to decide with meanwhile.
    """
    saved = hot_start(settings)
    has_copy = saved is not None and saved.load() is not None
    parts = open_parts(settings, create=not has_copy)
    _load_before_forks(parts)
    try:
        parts.store.prepare()
        added = parts.provision()
        if added:
            log.info("assessments provisioned", extra={"records": added})
        if unknown := parts.unknown_identifiers():
            log.warning(
                "the settings file assesses unknown vulnerabilities", extra={"identifiers": list(unknown)[:_LISTED]}
            )
        return True
    except StoreUnreachable as problem:
        if not has_copy and file_of(settings.database.url) is not None:
            raise
        meanwhile = "deciding with the copy of the read model" if has_copy else "not ready until it does"
        log.warning(
            "the database does not answer at start; %s",
            meanwhile,
            extra={"error": problem.message, "remedy": problem.remedy},
        )
        return False
    finally:
        parts.store.close()  # what is open here must not be shared with the processes that are forked from this one


def leave_copy(settings: Settings) -> None:
    """Where there is no copy of a large read model, load the model in a process that ends, and leave its copy.

    The workers then map it. To load the model takes several times the memory that it has when it is mapped, and a
    process that has taken memory for so many small objects hardly gives any of it back.
    """
    saved = hot_start(settings)
    if saved is None or saved.position() is not None:
        return
    parts = open_parts(settings, create=False)
    try:
        if parts.store.feed.size() < _LARGE:
            return
    except StoreUnreachable:
        return  # the workers wait for it
    finally:
        parts.store.close()
    if child := os.fork():
        until = parts.clock.monotonic() + _COPY_SECONDS
        while os.waitpid(child, os.WNOHANG) == (0, 0) and parts.clock.monotonic() < until:
            parts.clock.sleep(0.05)
        return
    try:
        parts.refresher.tick()  # which saves
    finally:
        os._exit(0)


def _load_before_forks(parts: Parts) -> None:
    """Load what the workers will use; what they have from the process that forks them, they have in memory together."""
    for name in _WORKERS_LOAD if parts.places.needs_no_client else (*_WORKERS_LOAD, *places.CLIENT_MODULES):
        importlib.import_module(name)


def certificates(
    settings: Settings,
    clock: Clock,
    on_change: Callable[[dt.datetime | None], None] = lambda _: None,
    former: CertificateFiles | None = None,
) -> CertificateFiles | None:
    """The certificate to serve with; None for plain HTTP.

    Args:
        settings: all settings.
        clock: time.
        on_change: see :class:`webhook.api.tls.CertificateFiles`.
        former: likewise.

    Raises:
        ConfigError: the files cannot be used, and there is no former pair.
    """
    serve = settings.serve
    if serve.insecure_http or serve.tls_cert is None or serve.tls_key is None:
        return None
    return CertificateFiles(serve.tls_cert, serve.tls_key, clock.monotonic, on_change, former)


def worker_parts(
    settings: Settings,
    options: ServeOptions,
    board: StartBoard,
    *,
    provision: bool = False,
    former: CertificateFiles | None = None,
) -> WorkerParts:
    """What one process of the webhook runs.

    Args:
        settings: all settings.
        options: those of the server that are in force.
        board: what is known of the server's other processes.
        provision: bring the provisioned assessments into the store once it answers, because that is still to be done.
        former: the certificate that the server was started with.
    """
    parts, metrics = open_parts(settings, create=False), Metrics()
    sightings, accounts = SightingNotes(parts.store.sightings, parts.clock), AccountNotes(parts.store.accounts)
    admissions = AdmissionNotes(parts.store.admissions, parts.clock)
    confirmations = make_confirmations(parts, admissions)
    face = _face(parts, metrics, ReviewNotes(sightings.saw, confirmations, accounts.saw), board)
    _tell_once(parts, metrics)
    pair = certificates(settings, parts.clock, partial(_tell_certificate, metrics), former)
    upkeep = _Upkeep(parts, metrics, sightings, pair, provision=provision)
    notes: dict[str, Notes[Any, Any]] = {"sightings": sightings, "admissions": admissions, "accounts": accounts}
    threads = _WorkerThreads(parts, metrics, confirmations, upkeep, notes)
    return WorkerParts(
        app=create_app(face, options),
        certificates=pair,
        start=threads.start,
        stop=threads.stop,
        loaded=lambda: parts.model.loaded,
        load_failed=lambda: parts.refresher.failing_since is not None,
    )


class _Upkeep:
    """What a worker does each time its read model has been refreshed.

    Args:
        parts: those of the worker.
        metrics: where its state is told.
        sightings: how many of them were dropped is told, too.
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
            self._pair.current()  # a process that nobody connects to shall not miss a pair between two that follow it
        if not self._is_provisioned and refresher.failing_since is None:
            self._parts.provision()
            self._is_provisioned = True  # only now: what could not be done is tried again
        dropped = self._sightings.take_dropped()
        self._gauges.publish(equal_to_store=refresher.failing_since is None, dropped_sightings=dropped)


class _WorkerThreads:
    """The threads of a worker.

    Args:
        parts: those of the worker.
        metrics: where is told what the threads that follow the cluster see.
        confirmations: what has to wait for the API server.
        upkeep: run after each refresh.
        notes: what is written from time to time, by the names of the threads.
    """

    def __init__(
        self,
        parts: Parts,
        metrics: Metrics,
        confirmations: Confirmations,
        upkeep: _Upkeep,
        notes: Mapping[str, Notes[Any, Any]],
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


def _face(parts: Parts, metrics: Metrics, notes: ReviewNotes, board: StartBoard) -> AdmissionFace:
    """What answers requests."""
    settings = parts.settings
    settings.lanes.check()
    settings.search.check()
    parts.faults.count = lambda place: metrics.count("bomgate_unexpected_errors_total", place)
    background = HubBackground(settings.lanes)
    checker = parts.checker(background)
    # Threads of their own: a question to the API server must not wait behind searches that take a minute.
    cluster = parts.cluster.enforcement(HubBackground(_API_LIMITS), parts.faults) if settings.kube.cluster else None
    return AdmissionFace(
        reviewer=make_reviewer(
            parts, checker, notes, cluster.background if cluster is not None else background, cluster
        ),
        policy=settings.policy,
        metrics=metrics,
        clock=parts.clock,
        unready=lambda: None if parts.model.loaded else "the read model is not loaded yet",
        pinner=PodPinner(checker.tags, pull_secrets=settings.kube.pull_secrets),
        starting=board.starting,
        wait_ready=partial(wait_for, lambda: parts.model.loaded),
    )


def _tell_once(parts: Parts, metrics: Metrics) -> None:
    """Set the gauges that stay as they are for as long as the process lives."""
    metrics.set("bomgate_build_info", 1, __version__)
    for (level, code), number in Counter((trap.level.value, trap.code) for trap in parts.traps()).items():
        metrics.set("bomgate_config_traps", number, level, code)


def _tell_certificate(metrics: Metrics, until: dt.datetime | None) -> None:
    """Tell until when a new certificate is valid; None says that one could not be read."""
    if until is None:
        metrics.count("bomgate_certificate_reload_errors_total")
    else:
        metrics.set("bomgate_certificate_expiry_timestamp_seconds", until.timestamp())


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
