"""Serving: what has to be ready before the webhook starts, and what each of its processes runs.

Apart from the rest, because it loads the web server, which no other command needs.
"""

from __future__ import annotations

import datetime as dt
import importlib
import logging
import os
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from webhook import __version__
from webhook.api.answerers import AdmissionFace
from webhook.api.app import create_app
from webhook.api.hub import HubBackground, wait_for
from webhook.api.options import ServeOptions
from webhook.api.server import WorkerParts
from webhook.api.starting import StartBoard
from webhook.api.tls import CertificateFiles
from webhook.bootstrap import places
from webhook.bootstrap.admission import ReviewNotes, make_confirmations, make_reviewer
from webhook.bootstrap.parts import Parts, hot_start, open_parts
from webhook.bootstrap.upkeep import Upkeep, WorkerThreads
from webhook.clients.lanes import LaneLimits
from webhook.engines.admission.admissions import AdmissionNotes
from webhook.engines.admission.mutating import PodPinner
from webhook.engines.admission.notes import AccountNotes, Notes
from webhook.engines.admission.refusals import RefusalCounts
from webhook.engines.admission.sightings import SightingNotes
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
        for name in ("accounts", "admissions", "refusals", "runs", "sboms", "searches", "sightings", "types")
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
    upkeep = Upkeep(parts, metrics, sightings, pair, provision=provision)
    notes: dict[str, Notes[Any, Any] | RefusalCounts] = {
        "sightings": sightings,
        "admissions": admissions,
        "accounts": accounts,
        "refusals": RefusalCounts(partial(_refused, metrics), parts.store.refusals.add),
    }
    threads = WorkerThreads(parts, metrics, confirmations, upkeep, notes)
    return WorkerParts(
        app=create_app(face, options),
        certificates=pair,
        start=threads.start,
        stop=threads.stop,
        loaded=lambda: parts.model.loaded,
        load_failed=lambda: parts.refresher.failing_since is not None,
    )


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


def _refused(metrics: Metrics) -> dict[str, int]:
    """How many requests this process has denied so far, by reason."""
    return {reason: number for (reason,), number in metrics.counted("bomgate_refusals_total").items()}


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
