"""Sharing: one budget for the hub and its members, which nobody can use up for the others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes import NOON, FakeClock
from tests.ports.samples import AutoRule, answer, digest, make_sbom
from webhook.engines.downloading.downloader import Downloader
from webhook.engines.downloading.options import DownloadOptions
from webhook.engines.downloading.sharing import run_shared
from webhook.engines.fleet.queue import FleetQueue
from webhook.errors import Final
from webhook.model.downloads import BatchAnswer, DownloadReport, Names, SourceStatus
from webhook.model.fleetreports import FleetQuestion
from webhook.model.purls import Purl
from webhook.store.options import StoreOptions
from webhook.store.repositories import Store, open_store


class Service:
    """A source that knows everything, until it is out of credits."""

    batch_size = 2

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.credits = 1000

    def report(
        self, purls: Sequence[Purl], names: Mapping[Purl, Names] = {}, heard: Callable[[], None] = lambda: None
    ) -> BatchAnswer:
        if self.credits < len(purls):
            raise Final("Out of credits.")
        self.credits -= len(purls)
        self.asked += purls
        return BatchAnswer(tuple(answer(purl) for purl in purls), forms=len(purls))

    def coordinates(self, purls: Sequence[Purl], names: Mapping[Purl, Names] = {}) -> Sequence[int]:
        return [1] * len(purls)

    def check(self) -> SourceStatus:
        return SourceStatus(True, "", "", "")


def by_key(purls: Sequence[Purl]) -> Collection[Purl]:
    return set(purls)


def some(name: str, number: int) -> tuple[Purl, ...]:
    return tuple(Purl(f"pkg:npm/{name}{index}@1.0.0") for index in range(number))


@dataclass
class Hub:
    """A hub whose own images have six components."""

    store: Store
    service: Service
    clock: FakeClock

    def wants(self, member: str, *purls: Purl) -> None:
        question = FleetQuestion(member, purls)
        options = DownloadOptions()
        self.store.fleet_reports.ask(question, now=NOON, ttl=options.due_after, ceiling=100, by_key=by_key)

    def run(self, budget: int | None) -> DownloadReport:
        own = Downloader(
            source=self.service,
            components=self.store.components,
            runs=self.store.runs,
            clock=self.clock,
            assess=lambda: AutoRule(),
            holder="here/1",
            options=DownloadOptions(max_components_per_run=budget),
        )
        queue = FleetQueue(self.store.fleet_reports, by_key)
        members = Downloader(
            source=self.service,
            components=queue,
            runs=self.store.runs,
            clock=self.clock,
            assess=lambda: AutoRule(),
            holder="here/1",
            options=own.options,
        )
        return run_shared(own, members, self.store.fleet_reports)

    def counts(self) -> dict[str, int]:
        names = [Purl(purl).name.rstrip("0123456789") for purl in self.service.asked]
        return {name: names.count(name) for name in sorted(set(names))}


@pytest.fixture
def hub(tmp_path: Path, clock: FakeClock) -> Iterator[Hub]:
    store = open_store(StoreOptions(url=f"sqlite:///{tmp_path}/hub.db"), clock)
    store.sboms.add(digest(1), make_sbom(*some("own", 6)), place="added")
    yield Hub(store, Service(), clock)
    store.close()


def test_the_hub_and_each_member_get_equal_shares_as_far_as_they_need_them(hub: Hub) -> None:
    hub.wants("greedy", *some("greedy", 20))
    hub.wants("small", *some("small", 2))
    report = hub.run(10)
    assert hub.counts() == {"greedy": 4, "own": 4, "small": 2}
    assert (report.asked, report.complete, report.stopped_code) == (10, False, "budget")


def test_what_the_hub_does_not_need_its_members_get(hub: Hub) -> None:
    hub.wants("greedy", *some("greedy", 20))
    assert hub.run(16).asked == 16
    assert hub.counts() == {"greedy": 10, "own": 6}
    assert hub.run(None).complete
    assert hub.counts() == {"greedy": 20, "own": 6}


def test_a_source_that_says_no_is_asked_for_nothing_more(hub: Hub) -> None:
    hub.wants("greedy", *some("greedy", 20))
    hub.service.credits = 3
    report = hub.run(None)
    assert (hub.counts(), report.complete, report.stopped_code) == ({"own": 2}, False, "source-final")


def test_what_no_member_asked_for_in_a_month_is_deleted_after_a_run(hub: Hub) -> None:
    hub.wants("berlin", *some("old", 3))
    hub.run(None)
    hub.clock.advance(29 * 24 * 3600)
    hub.run(None)
    assert hub.store.fleet_reports.count() == 3
    hub.clock.advance(2 * 24 * 3600)
    hub.run(None)
    assert hub.store.fleet_reports.count() == 0
