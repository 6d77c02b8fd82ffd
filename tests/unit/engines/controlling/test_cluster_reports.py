"""Cluster reports: what a member tells its hub, until both know the same."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.fakes import NOON, FakeClock
from tests.ports.samples import digest, make_sbom
from webhook.engines.controlling.clusterreports import ClusterReportDuty, ClusterReportParts
from webhook.engines.fleet.gathering import FleetInventories
from webhook.errors import HistoryUnknown, Retryable
from webhook.model.actions import Action
from webhook.model.fleetinventory import ClusterReceipt, ClusterReport, WaitingRequests
from webhook.model.inventory import InventoriedImage, InventoriedWorkload
from webhook.model.policies import Mode
from webhook.model.purls import Purl
from webhook.model.verdicts import SbomStatus
from webhook.store.options import StoreOptions
from webhook.store.repositories import Store, open_store

A, DEB = Purl("pkg:npm/a@1.0.0"), Purl("pkg:deb/debian/openssl@3.0.11-1")


class Wire:
    """The way to a hub whose store is real; ``cut`` loses the receipts of so many reports."""

    def __init__(self, hub: Store, clock: FakeClock) -> None:
        self.inventories = FleetInventories(hub.clusters, clock, 1000)
        self.cut, self.bodies = 0, list[bytes]()

    def report(self, report: ClusterReport) -> ClusterReceipt:
        self.bodies.append(msgspec.json.encode(report, enc_hook=str))
        receipt = self.inventories.take("eu", self.bodies[-1])
        if receipt is None:
            raise HistoryUnknown("The hub does not know.")
        if self.cut:
            self.cut -= 1
            raise Retryable("The connection was cut.")
        return receipt


class Fleet:
    """A member that reports to a hub."""

    def __init__(self, folder: str, clock: FakeClock) -> None:
        self.hub = open_store(StoreOptions(url=f"sqlite:///{folder}/hub.db"), clock)
        self.member = open_store(StoreOptions(url=f"sqlite:///{folder}/member.db"), clock)
        self.member.sboms.add(digest(1), make_sbom(A, DEB), place="added")
        self.wire = Wire(self.hub, clock)
        self.requests = WaitingRequests(0)
        numbers = itertools.count(1)
        made = ClusterReportParts(
            self.member.inventory,
            self.member.image_contents,
            self.member.refusals.counts,
            lambda: self.requests,
            self.wire,
        )
        self.duty = ClusterReportDuty(made, lambda _: f"{next(numbers):016x}", 60)

    def run(self, *names: str) -> None:
        image = InventoriedImage("registry.example/shop:1", digest(1), ("web",), Action.DENY, SbomStatus.FOUND)
        workloads = [
            InventoriedWorkload(name, "shop", "apps/v1", "Deployment", name, 2, Mode.DENY, Action.DENY, "why", (image,))
            for name in names
        ]
        self.member.inventory.replace(workloads, taken_at=NOON, revision=1)
        self.duty.run()

    @property
    def shown(self) -> list[str]:
        lines = self.hub.clusters.workloads(cluster="eu", namespace=None, action=None, after=None, most=100)
        return [line.workload.name for line in lines]

    @property
    def holders(self) -> list[str]:
        ids = list(self.hub.feed.component_ids([A]).values())
        return [line.workload.name for line in self.hub.clusters.users(ids, None, 100)]


@pytest.fixture
def fleet(tmp_path: Path, clock: FakeClock) -> Iterator[Fleet]:
    made = Fleet(str(tmp_path), clock)
    yield made
    made.hub.close()
    made.member.close()


def test_the_hub_knows_what_runs_and_what_is_in_it(fleet: Fleet) -> None:
    fleet.run("web", "api")
    assert (fleet.shown, fleet.holders) == (["api", "web"], ["api", "web"])
    assert set(fleet.hub.feed.component_ids([A, DEB])) == {A, DEB}
    told = len(fleet.wire.bodies)
    fleet.run("web", "job")
    assert (fleet.shown, fleet.holders) == (["job", "web"], ["job", "web"])
    assert b'"api"' in fleet.wire.bodies[told] and b'"web"' not in fleet.wire.bodies[told]  # differences alone


def test_the_hub_knows_how_many_requests_were_denied_and_why(fleet: Fleet) -> None:
    def shown() -> dict[str, int]:
        (line,) = fleet.hub.clusters.clusters("", 10)
        return line.refusals

    fleet.run("web")
    assert shown() == {}
    fleet.member.refusals.add({"findings": 2, "missing-sbom": 1})
    fleet.run("web")
    assert shown() == {"findings": 2, "missing-sbom": 1}
    fleet.member.refusals.add({"findings": 3})
    fleet.wire.cut = 1
    with pytest.raises(Retryable):
        fleet.run("web")
    fleet.run("web")
    assert shown() == {"findings": 5, "missing-sbom": 1}, "told twice, counted once"
    fleet.hub.clusters.remove("eu")
    fleet.run("web")
    assert shown() == {"findings": 5, "missing-sbom": 1}, "and known again where the hub has lost it"


def test_the_hub_knows_how_many_requests_wait_for_an_answer_there(fleet: Fleet) -> None:
    def shown() -> WaitingRequests | None:
        (line,) = fleet.hub.clusters.clusters("", 10)
        return line.requests

    fleet.run("web")
    assert shown() == WaitingRequests(0)
    fleet.requests = WaitingRequests(2, NOON)
    fleet.run("web")
    assert shown() == WaitingRequests(2, NOON), "though nothing else differs"
    fleet.requests = WaitingRequests(0)
    fleet.run("web")
    assert shown() == WaitingRequests(0), "they were answered"


def test_a_receipt_that_is_lost_repeats_a_report_and_changes_nothing(fleet: Fleet) -> None:
    fleet.wire.cut = 1
    with pytest.raises(Retryable):
        fleet.run("web")
    fleet.run("web")
    assert (fleet.shown, fleet.holders) == (["web"], ["web"])


def test_a_hub_that_has_lost_it_is_told_all_again(fleet: Fleet) -> None:
    fleet.run("web", "api")
    fleet.hub.clusters.remove("eu")
    fleet.run("web", "api", "job")
    assert fleet.shown == ["api", "job", "web"]


def test_a_member_that_was_never_audited_reports_nothing(fleet: Fleet) -> None:
    fleet.duty.run()
    assert fleet.wire.bodies == []
