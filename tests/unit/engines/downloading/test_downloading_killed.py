"""A downloader that is killed, with the real store in a file and the double of OSS Index over HTTP."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from tests.doubles.clock import RealClock
from tests.doubles.ossindex import Behaviour, OssIndexDouble
from tests.doubles.ossindex.behaviour import PAT
from tests.doubles.ossindex.service import Asked
from tests.e2e.processes import patience
from tests.worlds import digest_of, sbom_of
from webhook.clients.ossindex.options import OssIndexOptions
from webhook.clients.ossindex.source import OssIndexSource
from webhook.engines.downloading.downloader import Downloader
from webhook.engines.downloading.keeping import LeasePace
from webhook.engines.downloading.options import DownloadOptions
from webhook.model.downloads import DownloadReport
from webhook.ports import Clock
from webhook.store.options import StoreOptions
from webhook.store.repositories import Store, open_store

COMPONENTS, BATCH = 800, 8
REQUESTS_BEFORE = 40
"""Of a hundred. At the most two are on their way, two are being read, 16 have arrived, and as many are being committed.
"""


class LaterClock(RealClock):
    """An hour from now, within the TTL of the answers: the clock of a machine says nothing about a lease."""

    def now(self) -> dt.datetime:
        return super().now() + dt.timedelta(hours=1)


def download(store: Store, url: str, clock: Clock, holder: str) -> DownloadReport:
    source = OssIndexSource(OssIndexOptions(url=url, token=PAT, batch_size=BATCH), clock)
    try:
        return Downloader(
            source=source,
            components=store.components,
            runs=store.runs,
            clock=clock,
            assess=lambda: lambda vulnerability, package: None,
            holder=holder,
            options=DownloadOptions(concurrency=2),
            pace=LeasePace(duration_seconds=2, renew_seconds=0.5, patience_seconds=60),
        ).run()
    finally:
        source.close()


def main(database: str, url: str) -> None:
    """What the process that gets killed does."""
    download(open_store(StoreOptions(url=database), RealClock()), url, RealClock(), "killed")


class Signalling(list[Asked]):
    """A journal that says when it has grown to a length."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self._length, self.reached = length, threading.Event()

    def append(self, one: Asked) -> None:
        super().append(one)
        if len(self) == self._length:
            self.reached.set()


def test_after_a_kill_the_next_run_goes_on_and_asks_for_nothing_that_was_committed(
    tmp_path: Path, sqlite_url: str
) -> None:
    purls = [f"pkg:maven/g/a{number:03}@1" for number in range(COMPONENTS)]
    clock = LaterClock()
    store = open_store(StoreOptions(url=sqlite_url), clock)
    store.sboms.add(digest_of("image"), sbom_of(*purls), place="added")
    with OssIndexDouble(Behaviour(latency_ms=30, synthetic_share=0.3)) as double:
        double.service.journal = journal = Signalling(REQUESTS_BEFORE)
        code = f"from {__name__} import main; main({sqlite_url!r}, {double.url!r})"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
        with subprocess.Popen([sys.executable, "-c", code], env=environment) as process:
            assert journal.reached.wait(patience(30))
            process.send_signal(signal.SIGKILL)
        left = {component.purl for component in store.components.wanted(now=clock.now(), ttl=dt.timedelta(hours=24))}
        assert 0 < len(left) < COMPONENTS
        before = len(double.service.coordinates)
        report = download(store, double.url, clock, "next")
        asked_again = double.service.coordinates[before:]
        again = download(store, double.url, clock, "last")
    assert sorted(asked_again) == sorted(left)
    assert (report.answered, report.complete) == (len(left), True)
    assert (again.asked, again.skipped) == (0, {"fresh": COMPONENTS})
    counts = store.admin.status().counts
    store.close()
    assert counts["clean"] + counts["vulnerable"] == COMPONENTS
