"""What every RunStore does: let one run at a time, and remember what runs did."""

from __future__ import annotations

import datetime as dt

from tests.fakes import NOON, MemoryStore
from webhook.model.downloads import DownloadReport
from webhook.model.records import RunRecord
from webhook.store.opening import Store

AnyStore = Store | MemoryStore
LEASE = dt.timedelta(minutes=5)


def test_one_holder_at_a_time(store: AnyStore) -> None:
    assert store.runs.acquire("first", now=NOON, lease=LEASE) is None
    assert store.runs.acquire("second", now=NOON, lease=LEASE) == "first"
    store.runs.release("first")
    assert store.runs.acquire("second", now=NOON, lease=LEASE) is None


def test_the_holder_renews_its_lease(store: AnyStore) -> None:
    store.runs.acquire("first", now=NOON, lease=LEASE)
    assert store.runs.acquire("first", now=NOON + LEASE / 2, lease=LEASE) is None
    assert store.runs.acquire("second", now=NOON + LEASE, lease=LEASE) == "first"


def test_a_lease_that_has_ended_can_be_taken(store: AnyStore) -> None:
    store.runs.acquire("first", now=NOON, lease=LEASE)
    almost = NOON + LEASE - dt.timedelta(microseconds=1)
    assert store.runs.acquire("second", now=almost, lease=LEASE) == "first"
    assert store.runs.acquire("second", now=NOON + LEASE, lease=LEASE) is None
    assert store.runs.acquire("first", now=NOON + LEASE, lease=LEASE) == "second"


def test_only_the_holder_gives_the_lock_back(store: AnyStore) -> None:
    store.runs.release("nobody")
    store.runs.acquire("first", now=NOON, lease=LEASE)
    store.runs.release("second")
    assert store.runs.acquire("second", now=NOON, lease=LEASE) == "first"


def test_who_holds_the_lock_can_be_asked_without_taking_it(store: AnyStore) -> None:
    assert store.runs.holder(now=NOON) is None
    store.runs.acquire("first", now=NOON, lease=LEASE)
    assert store.runs.holder(now=NOON + LEASE - dt.timedelta(microseconds=1)) == "first"
    assert store.runs.holder(now=NOON + LEASE) is None
    store.runs.release("first")
    assert store.runs.holder(now=NOON) is None


def test_the_newest_run_and_the_newest_complete_one_are_remembered(store: AnyStore) -> None:
    assert store.runs.last() is None
    complete = DownloadReport(asked=3, answered=2, skipped={"not-covered": 4}, credits_used=1.5)
    stopped = DownloadReport(asked=1, complete=False, stopped_by="out of credits")
    times = [NOON + LEASE * n for n in range(4)]
    store.runs.finish(complete, started=times[0], finished=times[1])
    store.runs.finish(stopped, started=times[2], finished=times[3])
    assert store.runs.last() == RunRecord(times[2], times[3], stopped)
    assert store.runs.last(complete=True) == RunRecord(times[0], times[1], complete)


def test_runs_raise_no_revision(store: AnyStore) -> None:
    store.runs.acquire("first", now=NOON, lease=LEASE)
    store.runs.finish(DownloadReport(), started=NOON, finished=NOON)
    assert store.feed.position().revision == 0
