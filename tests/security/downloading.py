"""Downloads in a process that can be killed or paused, for tests of what is left behind."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from tests.doubles.clock import RealClock
from tests.doubles.ossindex.behaviour import PAT
from tests.doubles.ossindex.service import Asked
from webhook.clients.ossindex.options import OssIndexOptions
from webhook.clients.ossindex.source import OssIndexSource
from webhook.engines.downloading.downloader import Downloader
from webhook.engines.downloading.keeping import LeasePace
from webhook.engines.downloading.options import DownloadOptions
from webhook.model.assessments import Assessment
from webhook.model.downloads import DownloadReport
from webhook.model.vulnerabilities import Vulnerability
from webhook.store.options import StoreOptions
from webhook.store.repositories import Store, open_store

ROOT = Path(__file__).resolve().parents[2]
BATCH, CONCURRENCY = 8, 2
PATIENT = LeasePace(renew_seconds=0.5, patience_seconds=120)
"""Of the length that the product has, and waiting long: a machine that stands still for seconds ends no lease."""


class WrongClock(RealClock):
    """The clock of a machine that is some hours off."""

    def __init__(self, hours: float) -> None:
        self._off = dt.timedelta(hours=hours)

    def now(self) -> dt.datetime:
        return super().now() + self._off


def download(store: Store, url: str, holder: str, *, hours: float = 0, pace: LeasePace = PATIENT) -> DownloadReport:
    """One run in this process, by a clock that is some hours off."""
    clock = WrongClock(hours)
    source = OssIndexSource(OssIndexOptions(url=url, token=PAT, batch_size=BATCH), clock)
    try:
        return Downloader(
            source=source,
            components=store.components,
            runs=store.runs,
            clock=clock,
            assess=lambda: _assess,
            holder=holder,
            options=DownloadOptions(concurrency=CONCURRENCY),
            pace=pace,
        ).run()
    finally:
        source.close()


def _assess(vulnerability: Vulnerability, package: str) -> Assessment | None:
    """Called in the middle of the transaction that records a batch; pauses this process when it is asked to."""
    if os.environ.pop("PAUSE_IN_TRANSACTION", ""):
        os.kill(os.getpid(), signal.SIGSTOP)
    return None


def main() -> None:
    """A run in a process; prints what became of it."""
    database, url, holder, hours, seconds = sys.argv[1:]
    store = open_store(StoreOptions(url=database), RealClock())
    pace = LeasePace(float(seconds), min(10.0, float(seconds) / 4), 120)
    report = download(store, url, holder, hours=float(hours), pace=pace)
    print(report.complete, report.stopped_code, report.stopped_by)


class Run:
    """A run in a process; a context manager that leaves none behind."""

    def __init__(
        self, database: str, url: str, holder: str, *, hours: float = 0, seconds: float = 2, pause: bool = False
    ) -> None:
        command = [sys.executable, "-m", "tests.security.downloading", database, url, holder, str(hours), str(seconds)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PAUSE_IN_TRANSACTION": "yes" if pause else ""}
        self._process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=ROOT)

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()

    def pause(self) -> None:
        """Stop it in its tracks."""
        self._process.send_signal(signal.SIGSTOP)
        self.wait_until_paused()

    def wait_until_paused(self) -> None:
        """Until the system says that it stands still."""
        state = Path(f"/proc/{self._process.pid}/stat")
        deadline = time.monotonic() + 60
        while state.read_text().rpartition(") ")[2][0] != "T":
            assert time.monotonic() < deadline, "the process was not paused"
            time.sleep(0.02)

    def resume(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def go_on(self) -> str:
        """Let it go on to its end; what it says then."""
        self.resume()
        return self._process.communicate(timeout=120)[0]


class Signalling(list[Asked]):
    """A journal of requests that says when it has grown to a length."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self._length, self.reached = length, threading.Event()

    def append(self, one: Asked) -> None:
        super().append(one)
        if len(self) == self._length:
            self.reached.set()


def asked_more_than_once(coordinates: list[str]) -> list[str]:
    """The coordinates that were asked for more than once."""
    return [purl for purl, count in Counter(coordinates).items() if count > 1]


if __name__ == "__main__":
    main()
