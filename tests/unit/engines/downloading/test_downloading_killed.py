"""A downloader that is killed, with the real store in a file and the double of OSS Index over HTTP."""

from __future__ import annotations

import datetime as dt

from tests.doubles.ossindex import Behaviour, OssIndexDouble
from tests.e2e.processes import patience
from tests.security.downloading import Run, Signalling, WrongClock, download
from tests.worlds import digest_of, sbom_of
from webhook.store.options import StoreOptions
from webhook.store.repositories import open_store

COMPONENTS = 800
REQUESTS_BEFORE = 40
"""Of a hundred. At the most two are on their way, two are being read, 16 have arrived, and as many are being committed.
"""


def test_after_a_kill_the_next_run_goes_on_and_asks_for_nothing_that_was_committed(sqlite_url: str) -> None:
    purls = [f"pkg:maven/g/a{number:03}@1" for number in range(COMPONENTS)]
    clock = WrongClock(hours=1)  # within the TTL of the answers: a machine's clock says nothing about a lease
    store = open_store(StoreOptions(url=sqlite_url), clock)
    store.sboms.add(digest_of("image"), sbom_of(*purls), place="added")
    with OssIndexDouble(Behaviour(latency_ms=30, synthetic_share=0.3)) as double:
        double.service.journal = journal = Signalling(REQUESTS_BEFORE)
        with Run(sqlite_url, double.url, "killed") as run:
            assert journal.reached.wait(patience(30))
            run.kill()
        left = {component.purl for component in store.components.wanted(now=clock.now(), ttl=dt.timedelta(hours=24))}
        assert 0 < len(left) < COMPONENTS
        before = len(double.service.coordinates)
        report = download(store, double.url, "next", hours=1)
        asked_again = double.service.coordinates[before:]
        again = download(store, double.url, "last", hours=1)
    assert sorted(asked_again) == sorted(left)
    assert (report.answered, report.complete) == (len(left), True)
    assert (again.asked, again.skipped) == (0, {"fresh": COMPONENTS})
    counts = store.admin.status().counts
    store.close()
    assert counts["clean"] + counts["vulnerable"] == COMPONENTS
