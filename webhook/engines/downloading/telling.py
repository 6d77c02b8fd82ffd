"""Telling: a run says how far it is about once a second, and learns whether somebody wants it to end."""

from __future__ import annotations

import datetime as dt
import logging

from webhook.engines.downloading.progress import DownloadPlan, DownloadProgress, Stop
from webhook.errors import StoreError
from webhook.model.downloads import DownloadReport
from webhook.model.leases import Lease
from webhook.model.runs import RunProgress
from webhook.ports import Clock, RunProgressStore

log = logging.getLogger("bomgate.download")
_SECONDS = 1.0
_MOST_LINES = 200
"""Lines that wait to be kept; a store that does not take them must not fill the memory."""


class RunTeller:
    """Tells the store of one run. Whatever is wrong with that does not stop the run.

    Args:
        store: where that is kept; None keeps nothing, and nobody can cancel the run.
        lease: of the run.
        clock: time.
    """

    def __init__(self, store: RunProgressStore | None, lease: Lease, clock: Clock) -> None:
        self._store, self._lease, self._clock = store, lease, clock
        self._lines: list[str] = []
        self._progress = RunProgress()
        self._next = 0.0
        self._cancelled_by = ""

    def begin(self, started: dt.datetime) -> None:
        """Say that the run begins."""
        if self._store is None:
            return
        try:
            self._store.begin(self._lease, started)
        except StoreError as problem:
            log.warning("the run cannot be watched", extra={"error": problem.message})
            self._store = None

    def planned(self, plan: DownloadPlan) -> None:
        """Say what is going to be asked for."""
        skipped = ", ".join(f"{count:,} {reason}" for reason, count in plan.skipped.items())
        self.say(f"{len(plan.purls):,} components to ask for{f'; left out: {skipped}' if skipped else ''}.")
        self._progress = RunProgress(total=len(plan.purls))
        self._tell()

    def say(self, line: str) -> None:
        """Add a line to the log."""
        if len(self._lines) < _MOST_LINES:
            self._lines.append(line)

    def advanced(self, progress: DownloadProgress) -> Stop | None:
        """Say how far the run is, at most once a second; why it is to end now, None when it goes on."""
        if self._store is not None and self._clock.monotonic() >= self._next:
            self._next = self._clock.monotonic() + _SECONDS
            if progress.done != self._progress.done:
                self.say(
                    f"{progress.done:,} of {progress.total:,}: {progress.answered:,} answered, "
                    f"{progress.vulnerable:,} vulnerable, {progress.unknown:,} unknown, {progress.failed:,} failed."
                )
            self._progress = _progress(progress)
            self._tell()
        return Stop(f"Cancelled by {self._cancelled_by}.", "cancelled") if self._cancelled_by else None

    def end(self, report: DownloadReport) -> None:
        """Say how the run ended."""
        self.say("Complete." if report.complete else f"Not complete: {report.stopped_by}")
        self._tell()

    def _tell(self) -> None:
        if self._store is None:
            return
        try:
            self._cancelled_by = self._store.tell(self._lease, self._progress, self._lines, self._clock.now())
        except StoreError as problem:
            log.debug("how far the run is was not kept", extra={"error": problem.message})
        else:
            self._lines = []


def _progress(progress: DownloadProgress) -> RunProgress:
    return RunProgress(
        progress.total,
        progress.done,
        progress.answered,
        progress.vulnerable,
        progress.unknown,
        progress.failed,
        progress.credits_used,
        progress.credits_remaining,
    )
