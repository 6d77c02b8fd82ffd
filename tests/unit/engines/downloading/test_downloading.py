from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest

from tests.fakes import FakeClock, FakeVulnerabilitySource, MemoryStore
from tests.memory import MemoryRuns
from tests.worlds import LEFTPAD, LOG4J, LOG4SHELL, OPENSSL, YAML, digest_of, sbom_of
from webhook.engines.downloading.downloader import Downloader, DownloadRunningError
from webhook.engines.downloading.keeping import LeaseKeeper, LeasePace
from webhook.engines.downloading.options import DownloadOptions
from webhook.engines.downloading.progress import DownloadPlan, DownloadProgress
from webhook.errors import BomgateError, ConfigError, Final, Retryable, StoreError
from webhook.model.assessments import Assessment
from webhook.model.downloads import BatchAnswer, DownloadReport, Names, RecordResult, WantedComponent
from webhook.model.leases import Lease
from webhook.model.purls import Purl, parse_purl
from webhook.model.records import AssessmentQuery
from webhook.model.triage import AuditNote
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability
from webhook.policy.automatic import auto_assessment
from webhook.policy.typetable import default_types

HOUR = dt.timedelta(hours=1)


@dataclass
class Witness:
    """A listener that keeps what it was told."""

    plans: list[DownloadPlan] = field(default_factory=list)
    steps: list[DownloadProgress] = field(default_factory=list)

    def planned(self, plan: DownloadPlan) -> None:
        self.plans.append(plan)

    def advanced(self, progress: DownloadProgress) -> None:
        self.steps.append(progress)


class Desk:
    """A downloader with its store and its source."""

    def __init__(self, clock: FakeClock, *purls: str, batch_size: int = 128, **options: Any) -> None:
        self.clock, self.store, self.witness = clock, MemoryStore(clock), Witness()
        self.source = FakeVulnerabilitySource(clock, batch_size=batch_size)
        self.downloader = Downloader(
            source=self.source,
            components=self.store.components,
            runs=self.store.runs,
            clock=clock,
            assess=lambda: self.assess,
            holder="this",
            options=DownloadOptions(**options),
            listener=self.witness,
            progress=self.store.run_progress,
        )
        if purls:
            self.store.sboms.add(digest_of("image"), sbom_of(*purls), place="added")

    def assess(self, vulnerability: Vulnerability, package: str) -> Assessment | None:
        return auto_assessment(default_types(), vulnerability, package, self.clock.now())

    def with_components(self, components: Any) -> Downloader:
        return self._but(components=components)

    def _but(self, **changes: Any) -> Downloader:
        fields = (
            "source",
            "components",
            "runs",
            "clock",
            "assess",
            "holder",
            "options",
            "listener",
            "pace",
            "progress",
        )
        return Downloader(**{**{name: getattr(self.downloader, name) for name in fields}, **changes})

    @property
    def asked(self) -> list[Purl]:
        return [purl for batch in self.source.asked for purl in batch]


class FailingComponents:
    """A store of components that records ``after`` batches and then fails."""

    def __init__(self, inner: Any, after: int) -> None:
        self._inner, self._left = inner, after

    def wanted(self, *, now: dt.datetime, ttl: dt.timedelta) -> Sequence[WantedComponent]:
        found: Sequence[WantedComponent] = self._inner.wanted(now=now, ttl=ttl)
        return found

    def fresh(self, purls: Sequence[Purl], *, now: dt.datetime, ttl: dt.timedelta) -> frozenset[Purl]:
        found: frozenset[Purl] = self._inner.fresh(purls, now=now, ttl=ttl)
        return found

    def names(self, purls: Sequence[Purl], *, settled_after: dt.datetime) -> Mapping[Purl, Names]:
        found: Mapping[Purl, Names] = self._inner.names(purls, settled_after=settled_after)
        return found

    def covered(self) -> int:
        count: int = self._inner.covered()
        return count

    def not_covered(self) -> Mapping[str, int]:
        counts: Mapping[str, int] = self._inner.not_covered()
        return counts

    def record(self, answers: Sequence[ComponentAnswer], **arguments: Any) -> RecordResult:
        if not self._left:
            raise StoreError("The database is full.", remedy="Make room.")
        self._left -= 1
        result: RecordResult = self._inner.record(answers, **arguments)
        return result

    def unassessed_pairs(self) -> list[tuple[Vulnerability, str]]:
        return []


def many(count: int) -> list[str]:
    return [f"pkg:maven/g/a{number:03}@1" for number in range(count)]


def test_everything_that_is_due_is_asked_and_recorded(clock: FakeClock) -> None:
    desk = Desk(clock, LOG4J, YAML)
    desk.source.known = {parse_purl(LOG4J): (LOG4SHELL,)}
    report = desk.downloader.run()
    assert report == DownloadReport(
        asked=2, answered=2, vulnerable=1, new_vulnerabilities=1, auto_assessed=1, complete=True
    )
    assert desk.store.admin.status().counts["vulnerable"] == 1
    assert desk.store.vulnerabilities.show(LOG4SHELL.id) is not None


def test_a_run_with_nothing_to_do_asks_nothing(clock: FakeClock) -> None:
    desk = Desk(clock)
    assert desk.downloader.run() == DownloadReport()
    assert desk.source.asked == []


def test_components_are_asked_in_batches_of_the_source_size(clock: FakeClock) -> None:
    desk = Desk(clock, *many(10), batch_size=4)
    desk.downloader.run()
    assert [len(batch) for batch in desk.source.asked] == [4, 4, 2]


def test_components_are_asked_in_the_order_of_work_of_the_store(clock: FakeClock) -> None:
    desk = Desk(clock, *many(4))
    desk.store.sboms.add(digest_of("another"), sbom_of(many(4)[2]), place="added")
    desk.downloader.run()
    assert desk.asked[0] == many(4)[2]


def test_components_that_need_further_requests_are_asked_together(clock: FakeClock) -> None:
    desk = Desk(clock, *many(6), batch_size=2)
    desk.source.prices = {Purl(purl): 2 for purl in many(6)[::2]}
    desk.downloader.run()
    assert desk.asked == [Purl(purl) for purl in (*many(6)[1::2], *many(6)[::2])]


def test_a_second_run_asks_nothing_until_answers_are_old(clock: FakeClock) -> None:
    desk = Desk(clock, *many(5))
    desk.downloader.run()
    clock.advance(3600)
    assert desk.downloader.run() == DownloadReport(skipped={"fresh": 5})
    clock.advance(24 * 3600)
    assert desk.downloader.run().asked == 5


@pytest.mark.parametrize(("ttl_hours", "due_after"), [(24, 23), (168, 167), (20, 19), (10, 9.5), (1, 0.95)])
def test_an_answer_is_due_a_twentieth_before_its_ttl_ends_and_at_most_an_hour(
    clock: FakeClock, ttl_hours: float, due_after: float
) -> None:
    desk = Desk(clock, *many(2), ttl_hours=ttl_hours)
    desk.downloader.run()
    assert desk.downloader.run() == DownloadReport(skipped={"fresh": 2})
    clock.advance(due_after * 3600 - 1)
    assert desk.downloader.run() == DownloadReport(skipped={"fresh": 2})
    clock.advance(1)
    assert desk.downloader.run().asked == 2


def test_a_job_that_runs_each_night_asks_for_everything_each_night(clock: FakeClock) -> None:
    desk = Desk(clock, *many(6), batch_size=2)
    for early in (0, 25, -10):  # seconds; a batch takes 30, so the last is answered a minute and a half after the start
        began = clock.now()
        slow, pace = Slow(desk.source, 30), LeasePace(duration_seconds=HOUR.total_seconds())
        assert desk._but(source=slow, pace=pace).run().asked == 6
        clock.advance((began + dt.timedelta(days=1) - clock.now()).total_seconds() - early)


def test_with_no_ttl_everything_is_due_at_once(clock: FakeClock) -> None:
    desk = Desk(clock, *many(2), ttl_hours=0)
    assert [desk.downloader.run().asked for _ in range(2)] == [2, 2]


def test_what_the_source_leaves_out_is_unknown_and_not_asked_again_at_once(clock: FakeClock) -> None:
    desk = Desk(clock, LOG4J, YAML)
    desk.source.silent = {parse_purl(YAML)}
    report = desk.downloader.run()
    assert (report.asked, report.answered, report.unknown, report.complete) == (2, 1, 1, True)
    assert desk.store.admin.status().counts["unknown"] == 1
    clock.advance(60)
    assert desk.downloader.run().asked == 0


def test_a_refused_component_is_counted_logged_and_not_asked_again_at_once(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(clock, LOG4J, YAML)
    desk.source.refuses = {parse_purl(YAML): "It is malformed."}
    report = desk.downloader.run()
    assert (report.asked, report.answered, report.skipped, report.complete) == (1, 1, {"rejected": 1}, True)
    assert [getattr(record, "purl", None) for record in caplog.records] == [YAML]
    clock.advance(60)
    assert desk.downloader.run().skipped == {"fresh": 2}


def test_components_of_other_types_are_counted_and_never_asked(clock: FakeClock) -> None:
    desk = Desk(clock, OPENSSL, "pkg:apk/alpine/musl@1", LOG4J)
    assert desk.downloader.run().skipped == {"not-covered": 2}
    assert desk.witness.plans[0].not_covered == {"deb": 1, "apk": 1}
    assert desk.asked == [LOG4J]


def test_a_budget_cuts_the_work_and_leaves_the_rest_for_the_next_run(clock: FakeClock) -> None:
    desk = Desk(clock, *many(5), max_components_per_run=3)
    report = desk.downloader.run()
    assert (report.asked, report.skipped, report.complete) == (3, {"budget": 2}, False)
    assert "budget of 3 coordinates" in report.stopped_by
    assert report.stopped_code == "budget"
    clock.advance(60)
    report = desk.downloader.run()
    assert (report.asked, report.skipped, report.complete) == (2, {"fresh": 3}, True)
    assert sorted(desk.asked) == many(5)


def test_a_dry_run_tells_what_it_would_do_and_does_nothing(clock: FakeClock) -> None:
    desk = Desk(clock, *many(5), OPENSSL, max_components_per_run=3)
    desk.store.runs.acquire("other", duration=HOUR)
    report = desk.downloader.run(dry_run=True)
    assert report == DownloadReport(skipped={"not-covered": 1, "budget": 2, "dry-run": 3})
    assert list(desk.witness.plans[0].purls) == many(3)
    assert desk.source.asked == []
    assert desk.store.runs.last() is None


def test_named_components_are_asked_alone_and_need_not_be_in_the_store(clock: FakeClock) -> None:
    desk = Desk(clock, *many(5))
    report = desk.downloader.run([Purl(many(5)[1]), Purl(LEFTPAD), Purl(LEFTPAD)])
    assert desk.asked == [many(5)[1], LEFTPAD]
    assert (report.asked, report.answered, report.skipped) == (2, 2, {})
    assert parse_purl(LEFTPAD) in desk.store.feed.component_ids([parse_purl(LEFTPAD)])


def test_named_components_that_need_not_or_cannot_be_asked_are_counted(clock: FakeClock) -> None:
    desk = Desk(clock, LOG4J)
    desk.downloader.run()
    clock.advance(60)
    report = desk.downloader.run([Purl(LOG4J), Purl(OPENSSL), Purl("pkg:npm/lodash")])
    assert report.skipped == {"fresh": 1, "not-covered": 1, "no-version": 1}
    assert desk.asked == [LOG4J]


def test_the_budget_holds_for_named_components_too(clock: FakeClock) -> None:
    desk = Desk(clock, max_components_per_run=1)
    assert desk.downloader.run([Purl(LOG4J), Purl(YAML)]).skipped == {"budget": 1}


def test_the_budget_counts_every_form_of_a_component(clock: FakeClock) -> None:
    purls = many(5)
    desk = Desk(clock, *purls, max_components_per_run=5)
    desk.source.prices = {Purl(purls[0]): 2, Purl(purls[1]): 2, Purl(purls[2]): 2}
    assert desk.downloader.run().skipped == {"budget": 3}
    assert desk.asked == purls[:2]
    assert desk.downloader.run([Purl(purls[2]), Purl(purls[3]), Purl(purls[4])]).skipped == {}


def test_a_component_that_costs_more_than_the_budget_is_asked_for_alone(clock: FakeClock) -> None:
    purls = many(3)
    desk = Desk(clock, *purls, max_components_per_run=1)
    desk.source.prices = {Purl(purls[0]): 4}
    assert desk.downloader.run().skipped == {"budget": 2}
    assert desk.asked == purls[:1]
    assert Desk(clock, *purls, max_components_per_run=0).downloader.run().skipped == {"budget": 3}


def test_a_batch_that_fails_is_counted_and_the_others_go_on(clock: FakeClock) -> None:
    desk = Desk(clock, *many(6), batch_size=2)
    desk.source.errors = [Retryable("It did not answer.", remedy="Wait.")]
    report = desk.downloader.run()
    assert (report.asked, report.answered, report.failed, report.complete) == (6, 4, 2, False)
    assert report.stopped_by == "2 components got no answer. It did not answer. Wait."
    assert report.stopped_code == "source-retryable"
    clock.advance(60)
    assert desk.downloader.run().answered == 2


def test_several_failures_in_a_row_end_the_run(clock: FakeClock) -> None:
    desk = Desk(clock, *many(20), batch_size=2)
    desk.source.errors = [Retryable("It did not answer.")] * 9
    report = desk.downloader.run()
    assert report.stopped_by.startswith("3 batches failed in a row. It did not answer.")
    assert report.failed + report.skipped["stopped"] == 20
    assert len(desk.source.asked) <= 6  # three, and what was ready or on its way by then


def test_a_success_between_failures_starts_the_count_anew(clock: FakeClock) -> None:
    desk = Desk(clock, *many(10), batch_size=2, max_failed_batches=2)
    source, trouble = desk.source, Retryable("It did not answer.")
    plan: list[BomgateError | None] = [trouble, None, trouble, None, trouble]
    report = desk._but(source=Scripted(source, plan)).run()
    assert (report.answered, report.failed) == (4, 6)
    assert "in a row" not in report.stopped_by


class Scripted:
    """A source whose calls fail or not as a list says."""

    batch_size = 2

    def __init__(self, inner: FakeVulnerabilitySource, plan: list[BomgateError | None]) -> None:
        self._inner, self._plan = inner, plan

    def coordinates(self, purls: Sequence[Purl], names: Mapping[Purl, Names] = MappingProxyType({})) -> Sequence[int]:
        del names
        return [1] * len(purls)

    def report(
        self, purls: Sequence[Purl], names: Mapping[Purl, Names] = MappingProxyType({}), heard: object = None
    ) -> BatchAnswer:
        if problem := self._plan.pop(0):
            raise problem
        return self._inner.report(purls, names)


def test_a_source_that_says_no_for_good_ends_the_run_and_keeps_what_was_answered(clock: FakeClock) -> None:
    desk = Desk(clock, *many(20), batch_size=2)
    out = Final("The account is out of credits (402).", remedy="Wait for the next period.")
    report = desk._but(source=Scripted(desk.source, [None, None, out, *[None] * 9])).run()
    assert report.stopped_by == "The account is out of credits (402). Wait for the next period."
    assert report.stopped_code == "source-final"
    assert not report.complete
    assert report.failed == 2
    assert (report.answered, report.asked, report.skipped) == (4, 6, {"stopped": 14})
    clock.advance(60)
    assert desk.downloader.run().asked == 20 - report.answered


def test_half_an_answer_is_kept_and_the_reason_for_the_other_half_is_told(clock: FakeClock) -> None:
    desk = Desk(clock, *many(4))

    class Half(Scripted):
        batch_size = 4

        def report(
            self, purls: Sequence[Purl], names: Mapping[Purl, Names] = MappingProxyType({}), heard: object = None
        ) -> BatchAnswer:
            kept = tuple(ComponentAnswer(purl, (), clock.now()) for purl in purls[:3])
            return BatchAnswer(kept, failure=Final("No more credits.", remedy="Wait."))

    report = desk._but(source=Half(desk.source, [])).run()
    assert (report.answered, report.failed, report.stopped_by) == (3, 1, "No more credits. Wait.")
    clock.advance(60)
    assert desk.downloader.run().asked == 1


def test_credits_are_summed_when_the_source_states_them(clock: FakeClock) -> None:
    desk = Desk(clock, *many(6), batch_size=2)

    class Charging(Scripted):
        def report(
            self, purls: Sequence[Purl], names: Mapping[Purl, Names] = MappingProxyType({}), heard: object = None
        ) -> BatchAnswer:
            answers = tuple(ComponentAnswer(purl, (), clock.now()) for purl in purls)
            return BatchAnswer(answers, credits_used=0.1, credits_remaining=7.0)

    assert desk._but(source=Charging(desk.source, [])).run().credits_used == 0.3
    assert desk.witness.steps[-1].credits_remaining == 7.0


def test_a_store_that_fails_ends_the_run_with_what_was_kept(clock: FakeClock) -> None:
    desk = Desk(clock, *many(200), batch_size=2)
    report = desk.with_components(FailingComponents(desk.store.components, after=2)).run()
    assert report.stopped_by == "The database is full. Make room."
    assert not report.complete
    assert report.answered == desk.store.admin.status().counts["clean"] >= 4
    assert report.failed >= 2


def test_what_arrived_while_the_store_failed_is_paid_for_and_counted(clock: FakeClock) -> None:
    desk = Desk(clock, *many(40), batch_size=2, concurrency=1)

    class Charging(Scripted):
        def report(
            self, purls: Sequence[Purl], names: Mapping[Purl, Names] = MappingProxyType({}), heard: object = None
        ) -> BatchAnswer:
            return BatchAnswer(tuple(ComponentAnswer(purl, (), clock.now()) for purl in purls), credits_used=1.0)

    class Failing(FailingComponents):
        def record(self, answers: Sequence[ComponentAnswer], **arguments: Any) -> RecordResult:
            for thread in threading.enumerate():
                if thread.name == "download-0":
                    thread.join(60)
            return super().record(answers, **arguments)

    components = Failing(desk.store.components, 0)
    report = desk._but(source=Charging(desk.source, []), components=components).run()
    assert (report.credits_used, report.failed, report.skipped) == (20.0, 40, {})


def test_a_store_that_does_not_say_what_is_wanted_is_an_error_and_gives_the_lock_back(clock: FakeClock) -> None:
    desk = Desk(clock, *many(2))

    class Deaf(FailingComponents):
        def wanted(self, *, now: dt.datetime, ttl: dt.timedelta) -> Sequence[WantedComponent]:
            raise StoreError("The database is locked.")

    with pytest.raises(StoreError, match="locked"):
        desk.with_components(Deaf(desk.store.components, 0)).run()
    assert desk.downloader.run().answered == 2


class Torn(Sequence[WantedComponent]):
    """Wanted components of a store that fails while they are walked."""

    def __len__(self) -> int:
        return 6000

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[number] for number in range(6000)[place]]
        if place >= 4000:
            raise StoreError("The database went away.")
        return WantedComponent(Purl(f"pkg:maven/g/a{place}@1"), True, False, 1)


def test_a_store_that_fails_while_the_work_is_read_ends_the_run_with_what_was_kept(clock: FakeClock) -> None:
    desk = Desk(clock)

    class Tearing(FailingComponents):
        def wanted(self, *, now: dt.datetime, ttl: dt.timedelta) -> Sequence[WantedComponent]:
            return Torn()

    report = desk.with_components(Tearing(desk.store.components, 1000)).run()
    assert report.stopped_by.startswith("The database went away.")
    assert report.answered == desk.store.admin.status().counts["clean"]
    assert not report.complete


def test_planned_components_can_be_read_like_a_list(clock: FakeClock) -> None:
    desk = Desk(clock, *many(5), max_components_per_run=3)
    desk.downloader.run(dry_run=True)
    planned = desk.witness.plans[0].purls
    assert (len(planned), planned[0], planned[-1]) == (3, many(5)[0], many(5)[2])
    assert planned[1:] == many(3)[1:]
    with pytest.raises(IndexError):
        planned[3]


def test_a_run_is_recorded_with_its_times(clock: FakeClock) -> None:
    desk = Desk(clock, *many(2))
    started = clock.now()
    report = desk.downloader.run()
    last = desk.store.runs.last()
    assert last is not None
    assert (last.report, last.started) == (report, started)


def test_a_run_that_an_exception_ends_is_recorded_as_failed(clock: FakeClock) -> None:
    desk = Desk(clock, *many(2))

    class Odd(FailingComponents):
        def names(self, purls: Sequence[Purl], *, settled_after: dt.datetime) -> Mapping[Purl, Names]:
            raise RuntimeError("a mistake of ours")

    with pytest.raises(RuntimeError):
        desk.with_components(Odd(desk.store.components, 1000)).run()
    last = desk.store.runs.last()
    assert last is not None
    assert (last.report.complete, last.report.stopped_code) == (False, "unexpected-error")
    assert last.report.stopped_by == "An unexpected error ended it: RuntimeError."
    assert desk.downloader.run().answered == 2


def test_a_run_that_cannot_be_recorded_is_not_complete(clock: FakeClock) -> None:
    desk = Desk(clock, *many(2))

    class Forgetful(MemoryRuns):
        def finish(self, report: DownloadReport, **arguments: Any) -> None:
            raise StoreError("The database is full.")

    report = desk._but(runs=Forgetful(desk.store.runs._facts)).run()
    assert (report.answered, report.complete) == (2, False)
    assert report.stopped_by.startswith("The run was not recorded. The database is full.")
    assert report.stopped_code == "store"


def test_a_cancelled_run_ends_after_its_batch_and_keeps_what_has_arrived(clock: FakeClock) -> None:
    desk = Desk(clock, *many(400), batch_size=10, concurrency=1)

    class Cancelling:
        batch_size = 10

        def coordinates(self, purls: Sequence[Purl], names: Any = None) -> Sequence[int]:
            return [1] * len(purls)

        def report(self, purls: Sequence[Purl], names: Any = None, heard: Any = None) -> BatchAnswer:
            desk.store.run_progress.cancel(AuditNote("ana", "console", "cancel-run", "run"), clock.now())
            return desk.source.report(purls)

    report = desk._but(source=Cancelling()).run()
    assert (report.complete, report.stopped_code, report.stopped_by) == (False, "cancelled", "Cancelled by ana.")
    assert 0 < report.answered + report.unknown < 400
    assert report.skipped["stopped"] == 400 - report.asked
    last = desk.store.runs.last()
    assert last is not None and last.report == report
    lines = [line.text for line in desk.store.run_progress.lines(1, 0, 100)]
    assert lines[0] == "400 components to ask for." and lines[-1] == "Not complete: Cancelled by ana."
    assert desk.downloader.run().complete, "the next run goes on with the rest"


def test_a_run_whose_progress_cannot_be_kept_goes_on(clock: FakeClock) -> None:
    desk = Desk(clock, *many(5))

    class Unkept:
        def begin(self, *_: Any) -> None:
            return None

        def tell(self, *_: Any) -> str:
            raise StoreError("The database is full.")

    assert desk._but(progress=Unkept()).run().complete


def test_an_estimate_counts_coordinates_and_asks_nothing(clock: FakeClock) -> None:
    desk = Desk(clock, *many(5))
    estimate = desk.downloader.estimate()
    assert (estimate.components, estimate.coordinates, estimate.is_whole) == (5, 5, True)
    assert desk.downloader.estimate(most=2).is_whole is False
    assert (desk.asked, estimate.credits_remaining) == ([], None)


def test_a_second_run_at_once_says_who_is_at_it_and_asks_nothing(clock: FakeClock) -> None:
    desk = Desk(clock, *many(2))
    desk.store.runs.acquire("host-7/4711", duration=HOUR)
    with pytest.raises(DownloadRunningError, match="host-7/4711 holds the lease") as caught:
        desk.downloader.run()
    assert "begins within 30 seconds" in caught.value.remedy
    assert desk.source.asked == []


def test_a_run_that_gives_a_sign_of_life_is_not_waited_for_any_longer(clock: FakeClock) -> None:
    desk = Desk(clock, *many(2))
    lease = desk.store.runs.acquire("alive", duration=HOUR)

    class Watched(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if len(self.sleeps) == 3:
                assert desk.store.runs.renew(lease, duration=2 * HOUR)

    watched = Watched()
    with pytest.raises(DownloadRunningError, match="alive"):
        desk._but(clock=watched).run()
    assert len(watched.sleeps) == 3


def test_the_next_run_after_a_killed_one_waits_for_the_end_of_its_lease_and_then_begins(clock: FakeClock) -> None:
    desk = Desk(clock, *many(2))
    desk.store.runs.acquire("killed", duration=LeasePace().duration)
    assert desk.downloader.run().answered == 2
    assert sum(clock.sleeps) <= 30


def test_the_lease_is_given_back(clock: FakeClock) -> None:
    desk = Desk(clock, *many(2))
    desk.downloader.run()
    assert desk.store.runs.holder() is None


class Slow(Scripted):
    """A source that takes ``seconds`` for a batch."""

    def __init__(self, inner: FakeVulnerabilitySource, seconds: float) -> None:
        super().__init__(inner, [])
        self._seconds = seconds

    def report(
        self, purls: Sequence[Purl], names: Mapping[Purl, Names] = MappingProxyType({}), heard: object = None
    ) -> BatchAnswer:
        self._inner.clock.advance(self._seconds)
        return self._inner.report(purls, names)


class Interrupting(Scripted):
    """A source that does something before it answers its second batch."""

    def __init__(self, inner: FakeVulnerabilitySource, meanwhile: Callable[[], object]) -> None:
        super().__init__(inner, [])
        self._meanwhile = meanwhile

    def report(
        self, purls: Sequence[Purl], names: Mapping[Purl, Names] = MappingProxyType({}), heard: object = None
    ) -> BatchAnswer:
        if len(self._inner.asked) == 1:
            self._meanwhile()
        return self._inner.report(purls, names)


def test_a_run_that_stood_still_longer_than_its_lease_asks_and_commits_nothing_more_and_says_so(
    clock: FakeClock,
) -> None:
    desk = Desk(clock, *many(20), batch_size=2)
    report = desk._but(source=Interrupting(desk.source, lambda: clock.advance(26))).run()
    assert (report.complete, report.stopped_code) == (False, "lease-lost")
    assert "The lease of this (fencing number 1) has ended, so nothing more was written" in report.stopped_by
    assert report.answered == desk.store.admin.status().counts["clean"] <= 2
    assert len(desk.source.asked) == 2, "only what was on its way"
    assert desk.store.runs.last() is None, "the history is that of runs with a lease"
    assert desk.downloader.run().complete


def test_a_run_whose_lease_was_taken_leaves_the_lease_to_the_other(clock: FakeClock) -> None:
    desk = Desk(clock, *many(20), batch_size=2)

    def take_over() -> None:
        clock.advance(26)
        desk.store.runs.acquire("other", duration=HOUR)

    assert desk._but(source=Interrupting(desk.source, take_over)).run().stopped_code == "lease-lost"
    assert desk.store.runs.holder() == "other"


def test_a_slow_source_does_not_end_the_lease(clock: FakeClock) -> None:
    desk = Desk(clock, *many(20), batch_size=2)
    renewed = threading.Semaphore(0)

    class Watched(MemoryRuns):
        def renew(self, lease: Lease, *, duration: dt.timedelta) -> bool:
            done = super().renew(lease, duration=duration)
            renewed.release()
            return done

    def be_slow() -> None:
        for _ in range(5):
            assert renewed.acquire(timeout=30)
            clock.advance(10)

    runs = Watched(desk.store.runs._facts)
    source, pace = Interrupting(desk.source, be_slow), LeasePace(renew_seconds=0.01)
    assert desk._but(source=source, runs=runs, pace=pace).run().complete


def test_a_renewal_that_fails_is_tried_again(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    store = MemoryStore(clock)
    problems: list[StoreError] = [StoreError("The database is busy.")]

    class Failing(MemoryRuns):
        def renew(self, lease: Lease, *, duration: dt.timedelta) -> bool:
            if problems:
                raise problems.pop()
            return super().renew(lease, duration=duration)

    pace = LeasePace(duration_seconds=HOUR.total_seconds())
    keeper = LeaseKeeper(Failing(store.runs._facts), store.runs.acquire("this", duration=HOUR), pace, clock)
    with pytest.raises(StoreError):
        keeper.renew()
    assert keeper.holds()
    clock.advance(HOUR.total_seconds() - 1)
    keeper.renew()
    clock.advance(HOUR.total_seconds() - 1)
    assert keeper.holds()
    keeper.check()


def test_progress_is_told_after_each_batch(clock: FakeClock) -> None:
    desk = Desk(clock, *many(5), batch_size=2)
    desk.source.known = {Purl(many(5)[0]): (LOG4SHELL,)}
    desk.source.errors = [Retryable("It did not answer.")]
    desk.downloader.run()
    last = desk.witness.steps[-1]
    assert [step.batch_size for step in desk.witness.steps] == [2, 2, 1]
    assert desk.witness.steps[0].problem == "It did not answer."
    assert (last.total, last.done, last.answered, last.failed, last.batches) == (5, 5, 3, 2, 3)


def test_a_changed_score_is_assessed_anew_only_when_asked_for(clock: FakeClock) -> None:
    for reassess, expected in ((False, ["Caution"]), (True, ["Caution", "Blocked"])):
        desk = Desk(clock, LOG4J, reassess_on_score_change=reassess)
        for score in ("7.5", "9.8"):
            desk.source.known = {parse_purl(LOG4J): (Vulnerability("CVE-2026-1000", cvss_score=Decimal(score)),)}
            desk.downloader.run()
            clock.advance(25 * 3600)
        assert [assessment.type for assessment in desk.store.assessments.find(AssessmentQuery())] == expected


@pytest.mark.parametrize(
    "options",
    [
        {"max_components_per_run": -1},
        {"ttl_hours": -1},
        {"concurrency": 0},
        {"max_failed_batches": 0},
        {"lease_minutes": 0},
        {"lease_minutes": 10_000},
        {"ttl_hours": float("nan")},
    ],
)
def test_options_that_cannot_work_are_refused(clock: FakeClock, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"ossindex\."):
        Desk(clock, **options).downloader.run()


def test_a_failure_is_logged_with_its_remedy(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(clock, *many(2))
    desk.source.errors = [Final("Not allowed.", remedy="Ask for leave.")]
    with caplog.at_level(logging.WARNING, "bomgate.download"):
        desk.downloader.run()
    assert getattr(caplog.records[0], "remedy", None) == "Ask for leave."


def test_a_renewal_that_comes_after_the_end_of_its_run_is_no_loss(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    store = MemoryStore(clock)
    lease = store.runs.acquire("this", duration=HOUR)
    with LeaseKeeper(store.runs, lease, LeasePace(), clock) as keeper:
        pass
    store.runs.release(lease)
    keeper.renew()
    assert caplog.messages == []
