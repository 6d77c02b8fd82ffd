"""The composition root: settings become ready objects here, and nowhere else.

``open_parts`` is what a command of the CLI needs; ``worker_parts`` what a process of the webhook runs.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from functools import cached_property

from webhook import __version__
from webhook.api.app import AdmissionFace, create_app
from webhook.api.gauges import Gauges
from webhook.api.hub import HubBackground
from webhook.api.server import WorkerParts
from webhook.api.tls import CertificateFiles
from webhook.clients.directory import DirectorySource
from webhook.clients.ossindex import OssIndexSource
from webhook.engines.admission import AdmissionReviewer
from webhook.engines.assessing import Assessor
from webhook.engines.checking import ImageChecker, Sources
from webhook.engines.download_progress import DownloadListener, SilentListener
from webhook.engines.downloading import Downloader
from webhook.engines.readmodel import ReadModel
from webhook.engines.refreshing import Refresher
from webhook.engines.sightings import SightingNotes
from webhook.errors import StoreUnreachable
from webhook.policy.evaluation import Rules
from webhook.policy.lint import Trap, lint
from webhook.policy.messages import Hints
from webhook.policy.typetable import TypeTable, default_types
from webhook.ports import Background, Clock, SbomSource, SightingSink
from webhook.sboms import parse
from webhook.settings import Settings
from webhook.store.hotstart import HotStartFile
from webhook.store.opening import Store, open_store
from webhook.telemetry import Metrics

log = logging.getLogger("bomgate.start")


class SystemClock:
    """The clock of this machine."""

    def now(self) -> dt.datetime:
        """The current time, aware, UTC."""
        return dt.datetime.now(dt.UTC)

    def monotonic(self) -> float:
        """Seconds on a clock that never steps."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class ThreadTask:
    """Work on another thread."""

    def __init__(self, future: Future[None]) -> None:
        self._future = future

    def wait(self, seconds: float) -> bool:
        """Wait for its end; False when ``seconds`` pass first. Raises what the work raised."""
        try:
            self._future.result(timeout=seconds)
        except FutureTimeout:
            if not self._future.done():
                return False
            raise
        return True


class ThreadBackground:
    """Plain threads for background work, where there is no event loop."""

    def __init__(self, threads: int = 4) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="bomgate-background")

    def start(self, work: Callable[[], None]) -> ThreadTask:
        """Start the work soon."""
        return ThreadTask(self._pool.submit(work))


class NoSightings:
    """Takes no notes: a check from the command line admits nothing."""

    def saw(self, sighting: object) -> None:
        """Do nothing."""


@dataclass
class Parts:
    """The ready objects of one process; each is made when it is first asked for."""

    settings: Settings
    clock: Clock
    store: Store

    @cached_property
    def types(self) -> TypeTable:
        """The assessment types: those of the file, else the recommended three."""
        return default_types() if self.settings.types is None else TypeTable(self.settings.types)

    @cached_property
    def rules(self) -> Rules:
        """Types and policy."""
        return Rules(self.types, self.settings.policy)

    @cached_property
    def hints(self) -> Hints:
        """What denials tell people to do."""
        mildest = self.types.mildest
        return Hints(console_url=self.settings.console.url, release_type=mildest.name if mildest else "Ignore")

    @cached_property
    def assessor(self) -> Assessor:
        """Gives assessments."""
        return Assessor(
            self.store.assessments, self.store.vulnerabilities, self.store.components, self.rules, self.clock
        )

    @cached_property
    def source(self) -> OssIndexSource:
        """OSS Index."""
        return OssIndexSource(self.settings.ossindex, self.clock)

    @cached_property
    def model(self) -> ReadModel:
        """The read model, empty until the refresher fills it."""
        return ReadModel()

    @cached_property
    def refresher(self) -> Refresher:
        """Fills the read model and keeps it up to date."""
        folder = self.settings.serve.state_directory
        hot_start = HotStartFile(folder / "read-model") if folder else None
        return Refresher(self.model, self.store.feed, hot_start, self.clock, self.settings.refresh)

    def places(self) -> list[SbomSource]:
        """Where SBOMs of unknown images may be, in order."""
        sbom = self.settings.sbom
        return [DirectorySource(sbom.directory, parse, sbom.max_bytes)] if sbom.directory else []

    def checker(self, background: Background) -> ImageChecker:
        """Judges images."""
        sources = Sources(None, self.places(), self.store.sboms, self.refresher, background)
        return ImageChecker(self.model, self.rules, sources, self.clock, self.settings.check)

    def reviewer(self, background: Background, sightings: SightingSink) -> AdmissionReviewer:
        """Answers admission requests."""
        return AdmissionReviewer(self.checker(background), self.rules, self.hints, sightings, self.clock)

    def downloader(self, listener: DownloadListener | None = None) -> Downloader:
        """Runs downloads."""
        return Downloader(
            source=self.source,
            components=self.store.components,
            runs=self.store.runs,
            clock=self.clock,
            assess=self.assessor.auto_rule(),
            holder=f"{socket.gethostname()}/{os.getpid()}",
            options=self.settings.download,
            listener=listener or SilentListener(),
        )

    def traps(self) -> tuple[Trap, ...]:
        """Traps in the configuration."""
        return lint(self.rules)

    def provision(self) -> int:
        """Bring the assessments of the settings file into the store; how many records that took."""
        return self.assessor.provision(self.settings.assessments)


def open_parts(settings: Settings, clock: Clock | None = None) -> Parts:
    """Join the parts of a process; the database is first touched by whoever needs it."""
    clock = clock or SystemClock()
    return Parts(settings, clock, open_store(settings.database, clock))


def prepare_store(parts: Parts) -> None:
    """Bring the schema and the provisioned assessments up to date before serving.

    A database that does not answer is no reason not to start: the copy of the read model may serve.

    Raises:
        StoreError: the schema is of another version; asking again would not help.
    """
    try:
        parts.store.prepare()
        added = parts.provision()
        if added:
            log.info("assessments provisioned", extra={"records": added})
    except StoreUnreachable as problem:
        log.warning("database does not answer at start", extra={"error": problem.message, "remedy": problem.remedy})


def worker_parts(settings: Settings) -> WorkerParts:
    """What one process of the webhook runs."""
    parts, metrics, stop = open_parts(settings), Metrics(), threading.Event()
    notes = SightingNotes(parts.store.sightings)
    gauges = Gauges(metrics, parts.model, parts.store.runs, parts.clock)
    face = AdmissionFace(
        reviewer=parts.reviewer(HubBackground(), notes),
        policy=settings.policy,
        metrics=metrics,
        clock=parts.clock,
        unready=lambda: None if parts.model.loaded else "the read model is not loaded yet",
    )
    metrics.set("bomgate_build_info", 1, __version__)
    metrics.set("bomgate_config_traps", len(parts.traps()))

    def after_tick() -> None:
        gauges.publish(equal_to_store=parts.refresher.failing_since is None, dropped_sightings=notes.take_dropped())

    threads = [
        threading.Thread(target=parts.refresher.run, args=(stop, after_tick), name="bomgate-refresh", daemon=True),
        threading.Thread(target=notes.run, args=(stop,), name="bomgate-sightings", daemon=True),
    ]

    def start() -> None:
        parts.refresher.warm_up()
        for thread in threads:
            thread.start()

    def end() -> None:
        stop.set()
        for thread in threads:
            thread.join(timeout=10)

    return WorkerParts(create_app(face), _certificates(settings, parts.clock, metrics), start, end)


def _certificates(settings: Settings, clock: Clock, metrics: Metrics) -> CertificateFiles | None:
    serve = settings.serve
    if serve.insecure_http or serve.tls_cert is None or serve.tls_key is None:
        return None

    def on_change(until: dt.datetime | None) -> None:
        if until is None:
            metrics.count("bomgate_certificate_reload_errors_total")
        else:
            metrics.set("bomgate_certificate_expiry_timestamp_seconds", until.timestamp())

    return CertificateFiles(serve.tls_cert, serve.tls_key, clock.monotonic, on_change)
