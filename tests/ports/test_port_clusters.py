"""Clusters of members in the hub's store: differences, repetitions, lies, and who has a package."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from tests.fakes import NOON
from tests.ports.samples import digest, make_sbom
from webhook.model.actions import Action
from webhook.model.fleetinventory import (
    ClusterImage,
    ClusterReceipt,
    ClusterReport,
    ClusterWorkload,
    Content,
    ImageContent,
    WaitingRequests,
)
from webhook.model.purls import Purl
from webhook.policy.fleetinventory import content_hash, differences, read_report
from webhook.store.repositories import Store

A, B = Purl("pkg:npm/a@1.0.0"), Purl("pkg:npm/b@1.0.0")
LOG4J = "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"


def workload(uid: str, name: str, image: int = 1, action: str = "warn") -> ClusterWorkload:
    images = (ClusterImage("registry.example/shop:1", digest(image), action),)
    return ClusterWorkload(uid, "shop", "Deployment", name, 2, "deny", action, "unknown components", images)


def content(*purls: str) -> Content:
    return Content(content_hash(purls), purls)


def take(store: Store, report: ClusterReport, member: str = "eu", ceiling: int = 100) -> ClusterReceipt | None:
    checked = read_report(msgspec.json.encode(report, enc_hook=str))
    return store.clusters.take(member, checked, now=NOON, ceiling=ceiling)


def first(*workloads: ClusterWorkload, session: str = "0123abcd", **others: object) -> ClusterReport:
    return msgspec.structs.replace(ClusterReport(session, 1, NOON, workloads), **others)


def names(store: Store, cluster: str | None = None) -> list[tuple[str, str]]:
    lines = store.clusters.workloads(cluster=cluster, namespace=None, action=None, after=None, most=100)
    return [(line.cluster, line.workload.name) for line in lines]


def users(store: Store, *purls: Purl | str) -> list[tuple[str, str]]:
    ids = list(store.feed.component_ids([Purl(purl) for purl in purls]).values())
    return [(line.cluster, line.workload.name) for line in store.clusters.users(ids, None, 100)]


def test_differences_lead_on_and_repetitions_change_nothing(hub_store: Store) -> None:
    assert take(hub_store, first(workload("1", "web"), workload("2", "api"))) == ClusterReceipt(1)
    second = ClusterReport("0123abcd", 2, NOON, (workload("3", "job"),), gone=("1",), refusals={"blocked": 2})
    for _ in range(2):
        assert take(hub_store, second) == ClusterReceipt(2)
        assert names(hub_store) == [("eu", "api"), ("eu", "job")]
    (line,) = hub_store.clusters.clusters("", 10)
    assert (line.workloads, line.refusals) == ({Action.WARN: 2}, {"blocked": 2})


def test_requests_that_wait_are_counted_over_all_members_that_tell(hub_store: Store) -> None:
    early, late = NOON - dt.timedelta(days=3), NOON - dt.timedelta(days=1)
    assert hub_store.clusters.waiting_requests() == 0
    take(hub_store, first(requests=WaitingRequests(2, late)), "eu")
    take(hub_store, first(requests=WaitingRequests(1, early)), "us")
    take(hub_store, first(), "before")
    told = {line.name: line.requests for line in hub_store.clusters.clusters("", 10)}
    assert told == {"before": None, "eu": WaitingRequests(2, late), "us": WaitingRequests(1, early)}
    assert hub_store.clusters.waiting_requests() == 3
    hub_store.clusters.remove("us")
    assert hub_store.clusters.waiting_requests() == 2


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-01-01T00:00:00"])
def test_no_time_that_a_member_tells_keeps_the_others_from_being_shown(hub_store: Store, at: str) -> None:
    told = {"session": "0123abcd", "sequence": 1, "takenAt": at, "requests": {"count": 10**15, "oldest": at}}
    lie = read_report(msgspec.json.encode(told))
    for number in range(20):
        hub_store.clusters.take(f"liar-{number}", lie, now=NOON, ceiling=100)
    take(hub_store, first(requests=WaitingRequests(2, NOON)), "eu")
    lines = {line.name: line for line in hub_store.clusters.clusters("", 100)}
    assert (lines["eu"].taken_at, lines["eu"].requests) == (NOON, WaitingRequests(2, NOON))
    liar = lines["liar-1"].requests
    assert liar is not None and liar.count == 1_000_000
    assert hub_store.clusters.waiting_requests() == 20_000_002


@pytest.mark.parametrize("number", [-1, -(2**63), 0])
def test_a_number_of_requests_that_is_none_is_not_kept(number: int) -> None:
    told = {"session": "0123abcd", "sequence": 1, "requests": {"count": number, "oldest": "2026-01-01T00:00:00Z"}}
    kept = read_report(msgspec.json.encode(told)).report.requests
    assert kept == (WaitingRequests(0) if number == 0 else None)


def test_what_does_not_lead_on_is_refused_and_a_first_report_replaces_all(hub_store: Store) -> None:
    take(hub_store, first(workload("1", "web")))
    assert take(hub_store, ClusterReport("0123abcd", 3, NOON, gone=("1",))) is None
    assert take(hub_store, ClusterReport("99999999", 2, NOON, gone=("1",))) is None
    assert names(hub_store) == [("eu", "web")]
    take(hub_store, first(workload("2", "api"), session="99999999"))
    assert names(hub_store) == [("eu", "api")]


def test_components_are_asked_for_once_for_all_members_and_say_who_has_a_package(hub_store: Store) -> None:
    log4j = content(LOG4J, A)
    images = (ImageContent(digest(1), log4j.content),)
    assert take(hub_store, first(workload("1", "web"), images=images)) == ClusterReceipt(1, (log4j.content,))
    told = ClusterReport("0123abcd", 2, NOON, contents=(log4j,))
    assert take(hub_store, told) == ClusterReceipt(2)
    assert take(hub_store, first(workload("7", "pay"), images=images), "us") == ClusterReceipt(1)
    assert users(hub_store, LOG4J) == [("us", "pay"), ("eu", "web")]
    assert hub_store.clusters.holders(list(hub_store.feed.component_ids([A]).values())) == {"eu": 1, "us": 1}
    take(hub_store, first(session="22222222"))
    take(hub_store, first(session="22222222"), "us")
    assert users(hub_store, LOG4J) == []


def test_a_member_that_was_removed_is_forgotten_with_what_only_it_has(hub_store: Store) -> None:
    mine, shared = content(A), content(B)
    images = (ImageContent(digest(1), mine.content), ImageContent(digest(2), shared.content))
    take(hub_store, first(workload("1", "web"), workload("2", "job", image=2), images=images, contents=(mine, shared)))
    take(hub_store, first(workload("3", "pay", image=2), images=images[1:]), "us")
    hub_store.clusters.remove("eu")
    assert names(hub_store) == [("us", "pay")]
    assert users(hub_store, B) == [("us", "pay")]
    again = take(hub_store, first(images=images), "asia")
    assert again == ClusterReceipt(1, (mine.content,)), "the hub has what another member still has, and no more"


def test_a_lie_about_a_content_is_left_out_and_changes_nothing_for_others(hub_store: Store) -> None:
    true = content(A)
    images = (ImageContent(digest(1), true.content),)
    take(hub_store, first(workload("1", "web"), images=images))
    take(hub_store, first(workload("2", "web"), images=images), "liar")
    lie = ClusterReport("0123abcd", 2, NOON, contents=(Content(true.content, (LOG4J,)),))
    assert take(hub_store, lie, "liar") == ClusterReceipt(2, (true.content,), left_out=1)
    assert users(hub_store, LOG4J) == []
    foreign = ClusterReport("0123abcd", 3, NOON, contents=(content(LOG4J),))  # no image of theirs has it
    take(hub_store, foreign, "liar")
    assert hub_store.feed.component_ids([Purl(LOG4J)]) == {}


def test_a_member_brings_so_many_unknown_components_a_day_and_no_half_contents(hub_store: Store) -> None:
    big = content(*(f"pkg:npm/x{number}@1.0.0" for number in range(5)))
    images = (ImageContent(digest(1), big.content),)
    take(hub_store, first(workload("1", "web"), images=images), ceiling=4)
    told = ClusterReport("0123abcd", 2, NOON, contents=(big,))
    assert take(hub_store, told, ceiling=4) == ClusterReceipt(2, (big.content,))
    (line,) = hub_store.clusters.clusters("", 10)
    assert (line.images, line.without_content) == (1, 1)
    again = ClusterReport("0123abcd", 3, NOON, contents=(big,))
    assert take(hub_store, again, ceiling=5) == ClusterReceipt(3)


def test_what_members_say_is_no_sbom_of_the_hubs_and_outlives_its_retention(hub_store: Store) -> None:
    hub_store.sboms.add(digest(1), make_sbom(B), place="added")
    mine = content(A)
    take(hub_store, first(workload("1", "web"), images=(ImageContent(digest(1), mine.content),)))
    take(hub_store, ClusterReport("0123abcd", 2, NOON, contents=(mine,)))
    assert [record.components for record in hub_store.sboms.show(digest(1))] == [1]
    assert {name for name, _ in names(hub_store)} == {"eu"}
    assert hub_store.inventory.load() is None


def test_pages_go_on_behind_a_key(hub_store: Store) -> None:
    take(hub_store, first(*(workload(str(number), f"web{number}") for number in range(5))))
    take(hub_store, first(workload("1", "web1")), "us")
    for cluster, expected in ((None, ["web0", "web1", "web1", "web2", "web3", "web4"]), ("us", ["web1"])):
        seen, after = [], None
        while page := hub_store.clusters.workloads(
            cluster=cluster, namespace="shop", action=Action.WARN, after=after, most=2
        ):
            seen += [line.workload.name for line in page]
            after = page[-1].key
        assert seen == expected


def test_reports_converge_however_many_they_take() -> None:
    told: tuple[dict[str, ClusterWorkload], dict[str, str]] = ({"0": workload("0", "old")}, {digest(9): "a"})
    now = ({str(n): workload(str(n), "web") for n in range(1, 4500)}, {digest(n): "b" for n in range(3)})
    rounds = 0
    while True:
        report = differences("0123abcd", rounds + 1, told, now)
        if not (report.workloads or report.gone or report.images or report.gone_images):
            break
        read_report(msgspec.json.encode(report, enc_hook=str))
        workloads = {uid: one for uid, one in told[0].items() if uid not in report.gone}
        images = {key: value for key, value in told[1].items() if key not in report.gone_images}
        told = (
            {**workloads, **{told_of.uid: told_of for told_of in report.workloads}},
            {**images, **{image.digest: image.content for image in report.images}},
        )
        rounds += 1
    assert told == now
    assert rounds == 3
