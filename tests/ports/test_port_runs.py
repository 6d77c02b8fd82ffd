"""What every RunStore does: let one run at a time, keep late ones out, and remember what runs did."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.fakes import NOON, MemoryStore
from tests.ports.samples import AutoRule, answer, vulnerability
from webhook.errors import LeaseLost
from webhook.model.downloads import DownloadReport
from webhook.model.leases import Lease
from webhook.model.purls import Purl
from webhook.model.records import RunRecord
from webhook.model.runs import LiveRun, RunProgress
from webhook.model.triage import AuditNote
from webhook.store.repositories import Store

AnyStore = Store | MemoryStore
HOUR, ENDED = dt.timedelta(hours=1), dt.timedelta(0)
A = Purl("pkg:npm/a@1")


def acquire(store: AnyStore, holder: str, duration: dt.timedelta = HOUR) -> Lease:
    return store.runs.acquire(holder, duration=duration)


def test_one_holder_at_a_time(store: AnyStore) -> None:
    first = acquire(store, "first")
    assert first.holder == "first"
    assert acquire(store, "second") == first
    store.runs.release(first)
    assert acquire(store, "second").holder == "second"


def test_a_lease_that_has_ended_can_be_taken_at_once(store: AnyStore) -> None:
    acquire(store, "first", ENDED)
    assert acquire(store, "second").holder == "second"


def test_the_fencing_number_rises_with_each_holder_and_stays_for_a_renewal(store: AnyStore) -> None:
    fences = []
    for holder in ("first", "second", "first"):
        lease = acquire(store, holder)
        assert acquire(store, holder).fence == lease.fence
        fences.append(lease.fence)
        store.runs.release(lease)
    assert fences == sorted(set(fences))


def test_a_renewal_is_seen_by_others(store: AnyStore) -> None:
    first = acquire(store, "first", HOUR / 2)
    assert store.runs.renew(first, duration=HOUR)
    seen = acquire(store, "second")
    assert (seen.holder, seen.fence) == ("first", first.fence)
    assert seen.until > first.until


def test_a_lease_that_has_ended_is_not_renewed_even_if_nobody_has_taken_it(store: AnyStore) -> None:
    late = acquire(store, "first", ENDED)
    assert not store.runs.renew(late, duration=HOUR)
    assert store.runs.holder() is None


def test_a_lease_that_was_taken_is_not_renewed_or_given_back_by_its_former_holder(store: AnyStore) -> None:
    late = acquire(store, "first", ENDED)
    taken = acquire(store, "second")
    assert not store.runs.renew(late, duration=HOUR)
    store.runs.release(late)
    assert acquire(store, "third") == taken


def test_a_holder_that_takes_its_ended_lease_again_gets_another_number(store: AnyStore) -> None:
    late = acquire(store, "first", ENDED)
    again = acquire(store, "first")
    assert again.fence > late.fence
    assert not store.runs.renew(late, duration=HOUR)


def test_a_run_that_vanished_leaves_its_lease_behind_until_another_takes_it(store: AnyStore) -> None:
    assert store.runs.abandoned() is None
    vanished = acquire(store, "first", ENDED)
    found = store.runs.abandoned()
    assert found is not None
    assert (found.holder, found.fence) == ("first", vanished.fence)
    lease = acquire(store, "second")
    assert store.runs.abandoned() is None
    store.runs.release(lease)
    assert store.runs.abandoned() is None, "who gives it back has not vanished"


def test_who_holds_the_lease_can_be_asked_without_taking_it(store: AnyStore) -> None:
    assert store.runs.holder() is None
    lease = acquire(store, "first")
    assert store.runs.holder() == "first"
    store.runs.release(lease)
    assert store.runs.holder() is None


@pytest.mark.parametrize("taken", [True, False])
def test_a_writer_without_its_lease_commits_nothing(store: AnyStore, taken: bool) -> None:
    late = acquire(store, "first", ENDED)
    if taken:
        acquire(store, "second")
    before = store.feed.position()
    with pytest.raises(LeaseLost, match=f"first.*number {late.fence}"):
        store.components.record([answer(A, vulnerability("V-1", "9.8"))], assess=AutoRule(), now=NOON, lease=late)
    with pytest.raises(LeaseLost):
        store.runs.finish(DownloadReport(), started=NOON, finished=NOON, lease=late)
    assert store.feed.position() == before
    assert store.feed.changes().vulnerabilities == ()
    assert store.feed.component_ids([A]) == {}
    assert store.runs.last() is None


def test_a_writer_with_its_lease_commits(store: AnyStore) -> None:
    lease = acquire(store, "first")
    store.components.record([answer(A)], assess=AutoRule(), now=NOON, lease=lease)
    assert list(store.feed.component_ids([A])) == [A]


def test_the_newest_run_and_the_newest_complete_one_are_remembered(store: AnyStore) -> None:
    assert store.runs.last() is None
    complete = DownloadReport(asked=3, answered=2, skipped={"not-covered": 4}, credits_used=1.5)
    stopped = DownloadReport(asked=1, complete=False, stopped_by="out of credits")
    times = [NOON + HOUR * n for n in range(4)]
    lease = acquire(store, "first")
    store.runs.finish(complete, started=times[0], finished=times[1], lease=lease)
    store.runs.finish(stopped, started=times[2], finished=times[3], lease=lease)
    assert store.runs.last() == RunRecord(times[2], times[3], stopped)
    assert store.runs.last(complete=True) == RunRecord(times[0], times[1], complete)


def test_runs_raise_no_revision(store: AnyStore) -> None:
    lease = acquire(store, "first")
    store.runs.renew(lease, duration=HOUR)
    store.runs.finish(DownloadReport(), started=NOON, finished=NOON, lease=lease)
    assert store.feed.position().revision == 0


# -- while a run goes on ----------------------------------------------------------------------------------------------

CANCEL = AuditNote("ana", "console", "cancel-run", "run of the downloader")


def test_a_run_that_goes_on_says_how_far_it_is(store: AnyStore) -> None:
    runs, progress = store.run_progress, RunProgress(10, 3, 2, 1, 1, 0, 3.0, 497.0)
    assert runs.current() is None
    lease = acquire(store, "first")
    assert runs.current() == LiveRun(lease.fence, "first")
    runs.begin(lease, NOON)
    assert runs.tell(lease, progress, ["one", "two"], NOON + HOUR) == ""
    runs.tell(lease, progress, [], NOON + HOUR)
    assert runs.current() == LiveRun(lease.fence, "first", NOON, NOON + HOUR, progress)
    first, second = runs.lines(lease.fence, 0, 10)
    assert (first.text, second.text, first.at) == ("one", "two", NOON + HOUR)
    assert runs.lines(lease.fence, first.number, 10) == [second]
    assert runs.lines(lease.fence + 1, 0, 10) == []
    store.runs.release(lease)
    assert runs.current() is None
    assert len(runs.lines(lease.fence, 0, 10)) == 2


def test_a_run_learns_once_that_somebody_wants_it_to_end(store: AnyStore) -> None:
    runs = store.run_progress
    assert runs.cancel(CANCEL, NOON) is None
    lease = acquire(store, "first")
    assert runs.cancel(CANCEL, NOON) is None, "a run of an older program does not listen"
    runs.begin(lease, NOON)
    found = runs.cancel(CANCEL, NOON)
    assert found is not None and found.fence == lease.fence
    assert runs.cancel(CANCEL, NOON) is None
    assert runs.tell(lease, RunProgress(), [], NOON) == "ana"
    store.runs.release(lease)
    following = acquire(store, "second")
    runs.begin(following, NOON)
    assert runs.tell(following, RunProgress(), [], NOON) == ""


def test_a_run_that_has_lost_its_lease_begins_nothing(store: AnyStore) -> None:
    late = acquire(store, "first", ENDED)
    with pytest.raises(LeaseLost):
        store.run_progress.begin(late, NOON)
