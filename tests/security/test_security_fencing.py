"""A downloader that is killed holds nobody up, and one that was paused commits nothing once its lease has ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine

from tests.doubles.clock import RealClock
from tests.doubles.ossindex import Behaviour, OssIndexDouble
from tests.e2e.processes import wait_until
from tests.security.downloading import (
    BATCH,
    CONCURRENCY,
    PATIENT,
    Run,
    Signalling,
    asked_more_than_once,
    download,
)
from tests.worlds import digest_of, sbom_of
from webhook.engines.downloading.downloader import DownloadRunningError
from webhook.engines.downloading.fetching import BATCHES_TOGETHER
from webhook.engines.downloading.keeping import LeaseKeeper, LeasePace
from webhook.errors import StoreUnreachable
from webhook.model.images import parse_image
from webhook.store.addresses import parse_address
from webhook.store.options import StoreOptions
from webhook.store.repositories import Store, open_store

COMPONENTS = 600


@pytest.fixture
def service() -> Iterator[OssIndexDouble]:
    with OssIndexDouble(Behaviour(latency_ms=50, synthetic_share=0.3)) as double:
        double.service.journal = Signalling(6)
        yield double


@pytest.fixture
def wanting(database_url: str) -> Iterator[Store]:
    """A store in which components wait to be asked for."""
    store = open_store(StoreOptions(url=database_url), RealClock())
    store.sboms.add(digest_of("image"), sbom_of(*(f"pkg:maven/g/a{n:03}@1" for n in range(COMPONENTS))), place="added")
    yield store
    store.close()


def reached(double: OssIndexDouble) -> bool:
    journal = double.service.journal
    assert isinstance(journal, Signalling)
    return bool(wait_until(journal.reached.is_set, 60, "the first requests"))


def left(store: Store) -> set[str]:
    return {component.purl for component in store.components.wanted(now=RealClock().now(), ttl=dt.timedelta(hours=20))}


@pytest.mark.parametrize(("killed", "next_one"), [(0, 0), (9, -9), (-9, 9)])
def test_the_run_after_a_killed_one_asks_again_only_for_what_was_in_flight_whatever_the_clocks_say(
    wanting: Store, database_url: str, service: OssIndexDouble, killed: float, next_one: float
) -> None:
    # So many that some are committed: as many as are committed together may wait, and as many may be being committed.
    # Beside those on their way, as many may be being read.
    service.service.journal = Signalling(3 * BATCHES_TOGETHER)
    with Run(database_url, service.url, "killed", hours=killed) as run:
        assert reached(service)
        run.kill()
    uncommitted = left(wanting)
    asked = set(service.service.coordinates)
    in_flight = uncommitted & asked
    report = download(wanting, service.url, "next", hours=next_one)
    assert report.complete
    assert report.asked == len(uncommitted)
    assert set(asked_more_than_once(service.service.coordinates)) == in_flight
    assert len(in_flight) <= BATCH * (2 * BATCHES_TOGETHER + 2 * CONCURRENCY)
    assert left(wanting) == set()


def test_with_its_own_pace_a_run_waits_at_most_half_a_minute_for_a_killed_one(
    wanting: Store, database_url: str, service: OssIndexDouble
) -> None:
    pace = LeasePace()
    assert pace.renew_seconds == 10
    assert pace.duration_seconds < pace.patience_seconds < 30
    with Run(database_url, service.url, "killed", seconds=pace.duration_seconds) as run:
        assert reached(service)
        run.kill()
    assert download(wanting, service.url, "next", pace=pace).complete


def test_a_run_beside_a_live_one_is_refused(wanting: Store, database_url: str, service: OssIndexDouble) -> None:
    lease = wanting.runs.acquire("alive", duration=PATIENT.duration)
    with LeaseKeeper(wanting.runs, lease, PATIENT, RealClock()), pytest.raises(DownloadRunningError, match="alive"):
        download(wanting, service.url, "second", hours=9)
    assert service.service.journal == []


@pytest.mark.parametrize("followed", [True, False])
def test_a_run_that_was_paused_for_longer_than_its_lease_commits_nothing_when_it_goes_on(
    wanting: Store, database_url: str, service: OssIndexDouble, followed: bool
) -> None:
    with Run(database_url, service.url, "paused") as run:
        assert reached(service)
        pause_between_transactions(run, database_url)
        if followed:
            assert download(wanting, service.url, "next").complete
        else:
            wait_for_the_end_of_the_lease(wanting)
        before, journal = wanting.feed.position(), len(service.service.journal)
        said = run.go_on()
    assert said.startswith("False lease-lost The lease of paused (fencing number 1) has ended, so nothing more")
    assert wanting.feed.position() == before
    last = wanting.runs.last()
    assert (last is not None and last.report.complete) is followed
    # What threads were about to send when the process was paused goes out before the lease is looked at.
    assert len(service.service.journal) <= journal + 2 * CONCURRENCY, "nothing is asked for but what was in flight"


def test_a_run_that_was_paused_in_the_middle_of_a_transaction_commits_nothing(
    wanting: Store, database_url: str, service: OssIndexDouble
) -> None:
    with Run(database_url, service.url, "paused", pause=True) as run:
        run.wait_until_paused()
        if not database_url.startswith("sqlite"):  # whose file stays locked until the process goes on or ends
            wait_for_the_end_of_the_lease(wanting)
            wait_for_the_end_of_its_session(database_url)
            assert download(wanting, service.url, "next").complete
        else:
            wait_for_the_end_of_the_lease(wanting)
        before = wanting.feed.position()
        said = run.go_on()
    assert said.startswith("False")
    assert wanting.feed.position() == before
    assert wanting.runs.holder() is None


def pause_between_transactions(run: Run, url: str) -> None:
    """Pause a run while it does not hold the lock that all writers need."""
    impatient = open_store(StoreOptions(url=url, busy_timeout_ms=200), RealClock())
    while True:
        run.pause()
        try:
            impatient.sboms.point(parse_image("registry.example/any:1"), digest_of("any"))
        except StoreUnreachable:
            run.resume()
        else:
            break
    impatient.close()


def wait_for_the_end_of_the_lease(store: Store) -> None:
    clock = RealClock()
    while store.runs.holder() is not None:
        clock.sleep(0.1)


def wait_for_the_end_of_its_session(url: str) -> None:
    """Until the server has ended the transaction of a process that does not go on with it."""
    engine, clock = create_engine(parse_address(url)), RealClock()
    open_ones = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
    )
    while True:
        with engine.connect() as connection:
            if not connection.exec_driver_sql(open_ones).scalar():
                break
        clock.sleep(0.2)
    engine.dispose()
