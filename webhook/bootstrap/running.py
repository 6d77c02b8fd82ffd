"""Runs of the downloader: what precedes each, and how the console begins one."""

from __future__ import annotations

import errno
import logging
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from webhook.bootstrap.fleet import run_downloads
from webhook.engines.importer import Outcome
from webhook.errors import BomgateError, InvalidInput
from webhook.model.runs import RunProgress

if TYPE_CHECKING:
    import datetime as dt

    from webhook.bootstrap.parts import Parts
    from webhook.engines.matching.updates import MatchReport, SetUpdate
    from webhook.engines.vexintake import VexUpdate
    from webhook.model.leases import Lease
    from webhook.model.runs import LiveRun, RunLine
    from webhook.model.triage import AuditNote
    from webhook.ports import RunProgressStore, RunStarter

log = logging.getLogger("bomgate.download")
_JOIN_SECONDS = 8.0


def take_in(parts: Parts) -> None:
    """Take in the SBOM files of ``sbom.directory`` that the store does not have yet.

    Whatever is wrong with the directory is said in the log and does not stop the run: what is known already is worth
    asking for.
    """
    directory = parts.settings.sbom.directory
    if directory is None:
        return
    added = 0
    try:
        if not directory.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "it is not a folder")
        for imported in parts.importer().run(parts.documents(directory), place="directory"):
            added += imported.outcome is Outcome.ADDED
            if imported.outcome is Outcome.FAILED:
                log.warning("SBOM file not taken in", extra={"file": imported.document.name, "error": imported.reason})
    except OSError as problem:
        log.error("sbom.directory cannot be read", extra={"directory": str(directory), "error": problem.strerror})
    if added:
        log.info("SBOM files taken in", extra={"added": added})


def update_exploits(parts: Parts) -> tuple[SetUpdate, ...]:
    """Bring data about attacks up to date, before answers name vulnerabilities; nothing without any.

    Raises:
        StoreError: the database does not answer.
    """
    if not parts.sources.exploits and not parts.store.exploits.sets():
        return ()
    return parts.exploits.update()


def match_advisories(parts: Parts) -> MatchReport | None:
    """Bring advisories up to date, and match the components with them; None without any.

    Raises:
        StoreError: the database does not answer.
    """
    if not parts.sources.matches and not parts.store.advisories.sets():
        return None
    report = parts.matcher.update()
    parts.exploits.refresh()
    return report


def update_vex(parts: Parts) -> tuple[VexUpdate, ...]:
    """Read the sources of VEX documents again; nothing without any.

    Raises:
        StoreError: the database does not answer.
    """
    return parts.vex.intake().update() if parts.vex.has_sources else ()


def starter_of(parts: Parts) -> RunStarter | None:
    """What begins runs for people in the console; None where nothing can.

    Raises:
        ConfigError: there is no way to the API server that the settings name.
    """
    name = parts.settings.console.download_cron_job
    if name:
        from webhook.clients.kube.jobs import CronJobRuns

        return CronJobRuns(parts.cluster.api, parts.cluster.namespace, name, parts.clock)
    can_run = parts.settings.ossindex.token or parts.recording is not None or parts.sources.publish
    return LocalRuns(parts) if can_run else None


class LocalRuns:
    """Begins runs in a thread of this process; implements ``RunStarter``.

    Args:
        parts: of this process.
    """

    way = "It runs within the console's process."

    def __init__(self, parts: Parts) -> None:
        self._parts, self._ending = parts, threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> str:
        """Begin a run.

        Raises:
            InvalidInput: one goes on.
            StoreError: the database does not answer.
        """
        with self._lock:
            if (self._thread is not None and self._thread.is_alive()) or self._parts.store.run_progress.current():
                raise InvalidInput("A run is already in progress.", remedy="Wait for it to end, or cancel it.")
            self._thread = threading.Thread(target=self._run, name="bomgate-download", daemon=True)
            self._thread.start()
        return "a run in this process"

    def stop(self) -> None:
        """End the run after the batch that is on its way, because this process ends."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        try:
            take_in(self._parts)
            watched = _EndingWithProcess(self._parts.store.run_progress, self._ending)
            update_exploits(self._parts)
            run_downloads(self._parts, progress=watched)
            match_advisories(self._parts)
        except BomgateError as problem:
            log.error("no run", extra={"error": problem.message, "remedy": problem.remedy})
        except Exception:
            log.exception("a run failed")


class _EndingWithProcess:
    """The store, which also wants runs to end when their process ends; implements ``RunProgressStore``."""

    def __init__(self, store: RunProgressStore, ending: threading.Event) -> None:
        self._store, self._ending = store, ending

    def begin(self, lease: Lease, started: dt.datetime) -> None:
        self._store.begin(lease, started)

    def tell(self, lease: Lease, progress: RunProgress, lines: Sequence[str], at: dt.datetime) -> str:
        by = self._store.tell(lease, progress, lines, at)
        return by or ("the end of the console" if self._ending.is_set() else "")

    def current(self) -> LiveRun | None:
        return self._store.current()

    def lines(self, fence: int, after: int, most: int) -> Sequence[RunLine]:
        return self._store.lines(fence, after, most)

    def cancel(self, note: AuditNote, at: dt.datetime) -> LiveRun | None:
        return self._store.cancel(note, at)

    def note(self, note: AuditNote, at: dt.datetime) -> None:
        self._store.note(note, at)
