"""The console of a hub: its members, what runs in all clusters, and who has a package anywhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.console.conftest import Console, console_on
from tests.console.world import LOG4J, fill
from tests.ports.samples import digest
from webhook.bootstrap.parts import Parts, open_parts
from webhook.model.fleet import MemberSeen
from webhook.model.fleetinventory import (
    ClusterImage,
    ClusterReport,
    ClusterWorkload,
    Content,
    ImageContent,
    WaitingRequests,
)
from webhook.policy.fleetinventory import content_hash, read_report
from webhook.settings import load_settings

HOSTILE = "<script>alert(1)</script>"


def workload(number: int, action: str = "deny", namespace: str = "shop", name: str = "") -> ClusterWorkload:
    images = (ClusterImage("registry.example/shop/pay:3", str(digest(900 + number)), action),)
    return ClusterWorkload(
        f"uid-{number}", namespace, "Deployment", name or f"pay-{number:03}", 2, "deny", action, HOSTILE[:20], images
    )


def join(parts: Parts, name: str, workloads: list[ClusterWorkload], *, minutes: int = 1) -> None:
    """A member that has reported."""
    store, now = parts.store, parts.clock.now()
    at = now - dt.timedelta(minutes=minutes)
    store.fleet_members.add(name, f"{hash(name):x}", at)
    position = store.hub_feed.position()
    store.fleet_members.note([MemberSeen(name, at, position, 0.2, "0.1.0")])
    content = content_hash([LOG4J])
    images = tuple(ImageContent(str(digest(900 + number)), content) for number in range(3))
    for report in (
        ClusterReport("0123abcd", 1, at, tuple(workloads), images=images, refusals={"blocked": 3}),
        ClusterReport(
            "0123abcd",
            2,
            at,
            contents=(Content(content, (str(LOG4J),)),),
            refusals={"blocked": 3},
            requests=WaitingRequests(4, at) if name == "berlin" else None,
        ),
    ):
        checked = read_report(msgspec.json.encode(report, enc_hook=str))
        assert store.clusters.take(name, checked, now=at, ceiling=100) is not None


def hub_parts(folder: Path) -> Parts:
    settings = {"database.url": f"sqlite:///{folder}/b.db", "fleet.mode": "hub"}
    parts = open_parts(load_settings(None, settings, {"HOME": str(folder)}))
    fill(parts)
    join(parts, "berlin", [workload(number) for number in range(70)])
    join(parts, "tokyo", [workload(0, "allow", name="web"), workload(2, "warn", "bank", HOSTILE)], minutes=600)
    return parts


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    made = console_on(hub_parts(tmp_path_factory.mktemp("hub")))
    made.sign_in()
    yield made
    made.parts.store.close()


@pytest.fixture
def own_hub(tmp_path: Path) -> Iterator[Console]:
    made = console_on(hub_parts(tmp_path))
    made.sign_in()
    yield made
    made.parts.store.close()


def test_the_page_of_clusters_says_how_far_each_follows_and_what_runs_there(hub: Console) -> None:
    berlin, tokyo = hub.get("/api/v1/clusters").json["items"]
    assert (berlin["name"], berlin["current"], berlin["deny"], berlin["refusals"]) == (
        "berlin",
        True,
        70,
        {"blocked": 3},
    )
    assert (tokyo["current"], tokyo["warn"], tokyo["allow"], tokyo["skew"]) == (False, 1, 1, 0.2)
    assert berlin["refused"] == 3
    assert (berlin["requests"], berlin["oldest_request"]) == (4, berlin["reported"])
    assert (tokyo["requests"], tokyo["oldest_request"]) == (None, None), "it does not tell"
    assert berlin["images"] == 3 and berlin["unknown"] == 0 and tokyo["behind"] >= 0
    page = hub.get("/clusters").text
    assert 'href="/workloads?cluster=berlin"' in page and 'href="/clusters"' in page


def test_workloads_of_all_clusters_are_one_list_in_order(hub: Console) -> None:
    seen, cursor = [], ""
    while True:
        answer = hub.get(f"/api/v1/workloads?limit=7&cursor={cursor}").json
        seen += [(item["namespace"], item["kind"], item["name"], item["cluster"] or "") for item in answer["items"]]
        cursor = answer.get("next")
        if not cursor:
            break
    assert len(seen) == len(set(seen)) and seen == sorted(seen)
    own = [key for key in seen if not key[3]]
    assert len(own) == len(hub.triage.boards.now().workloads) > 0
    assert len(seen) == len(own) + 72


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("cluster=tokyo", [("tokyo", "web"), ("tokyo", HOSTILE)]),
        ("cluster=tokyo&verdict=warn", [("tokyo", HOSTILE)]),
        ("cluster=tokyo&namespace=shop", [("tokyo", "web")]),
        ("cluster=berlin&name=pay-06*&limit=2", [("berlin", "pay-060"), ("berlin", "pay-061")]),
        (f"image={digest(902)}", [("tokyo", HOSTILE), ("berlin", "pay-002")]),
    ],
)
def test_filters_reach_members(hub: Console, query: str, expected: list[tuple[str, str]]) -> None:
    items = hub.get(f"/api/v1/workloads?{query}").json["items"]
    assert sorted((item["cluster"], item["name"]) for item in items) == sorted(expected)


def test_here_is_the_hubs_own_cluster_and_an_unknown_one_an_error(hub: Console) -> None:
    items = hub.get("/api/v1/workloads?cluster=here").json["items"]
    assert items and {item["cluster"] for item in items} == {None}
    assert hub.get("/api/v1/workloads?cluster=nowhere").status_code == 400


def test_a_package_says_in_which_clusters_it_runs(hub: Console) -> None:
    package = LOG4J.rpartition("@")[0]
    clusters = hub.get(f"/api/v1/package?purl={package}").json["clusters"]
    found = hub.get(f"/package?purl={package}").text
    assert [(found_in["cluster"], found_in["images"]) for found_in in clusters] == [("berlin", 3), ("tokyo", 3)]
    assert clusters[1]["workloads"][0]["title"].startswith("Deployment bank/")
    assert "Other clusters (2)" in found and "Deployment shop/pay-000" in found
    assert HOSTILE not in found and HOSTILE not in hub.get("/workloads?cluster=tokyo").text


CVE = "CVE-2021-44228"


def recorded(console: Console) -> list[tuple[str, str | None, str]]:
    items = console.get("/api/v1/cluster-decisions").json["items"]
    return [(item["cluster"], item["type"], item["standing"]) for item in items]


def test_a_decision_for_one_cluster_is_previewed_recorded_and_taken_back(own_hub: Console) -> None:
    hub = own_hub
    before = hub.get("/api/v1/assessments").json["items"]
    draft = hub.post("/decide", {"tick": CVE}).location
    assert '<option value="berlin">berlin alone</option>' in hub.get(draft).text
    form = {"cluster": "berlin", "type": "Blocked", "comment": "only there", "package": LOG4J.rpartition("@")[0]}
    preview = hub.get(hub.post(draft, {**form, "step": "preview"}).location).text
    assert "<b>3</b> running workloads have one of the components there" in preview
    assert "Deployment shop/pay-000" in preview and f"bomgate assess {CVE}" in preview and "--cluster berlin" in preview
    changed = hub.post(draft, {**form, "cluster": "tokyo", "step": "record"}).location
    assert "changed=1" in changed and not recorded(hub), "what was not previewed is not recorded"
    hub.get(hub.post(draft, {**form, "step": "preview"}).location)
    batch = hub.post(draft, {**form, "step": "record"}).location
    assert batch.startswith("/clusters/berlin/batches/")
    assert recorded(hub) == [("berlin", "Blocked", "in force")]
    assert hub.get("/api/v1/assessments").json["items"] == before, "it counts in no other cluster"
    assert "only there" in hub.get(batch).text and "Undo the whole batch" in hub.get(batch).text
    line = hub.get("/api/v1/audit").json["items"][0]
    assert (line["action"], line["detail"]["cluster"]) == ("assess", "berlin")
    assert f'href="{batch}"' in hub.get("/audit").text
    hub.post(f"{batch}/undo")
    assert recorded(hub) == [("berlin", None, "withdrawal"), ("berlin", "Blocked", "replaced")]
    assert "Nothing of it counts any more" in hub.get(batch).text or "Undo" in hub.get(batch).text


def test_the_api_decides_for_one_cluster(own_hub: Console) -> None:
    hub, path = own_hub, "/api/v1/clusters/tokyo/decisions"
    body = {"vulnerabilities": [CVE], "type": "Blocked", "comment": "why", "namespace": "bank"}
    planned = hub.send(path, {**body, "dryRun": True}).json
    assert (planned["workloads"], planned["batch"], planned["replaced"]) == (
        [{"title": f"Deployment bank/{HOSTILE}", "action": "warn"}],
        "",
        [],
    )
    batch = hub.send(path, body).json["batch"]
    again = hub.send(path, {**body, "type": "Ignore"})
    assert (again.status_code, "replace 1 decision" in again.json["message"]) == (400, True)
    second = hub.send(path, {**body, "type": "Ignore", "override": True}).json
    assert second["batch"] and len(second["replaced"]) == 1
    assert recorded(hub) == [("tokyo", "Ignore", "in force"), ("tokyo", "Blocked", "replaced")]
    undone = hub.send(f"/api/v1/clusters/tokyo/batches/{second['batch']}/undo", {}).json
    assert undone["records"] == 2, "the withdrawal, and what counted before"
    assert recorded(hub)[0] == ("tokyo", "Blocked", "in force")
    assert hub.send(f"/api/v1/clusters/berlin/batches/{batch}/undo", {}).status_code == 400, "it is of another member"
    for bad in ({**body, "filter": {}}, {**body, "vulnerabilities": []}, {**body, "cluster": "x"}):
        assert hub.send(path, bad).status_code == 400
    assert hub.send("/api/v1/clusters/nowhere/decisions", body).status_code == 400
    items = hub.get(f"/api/v1/cluster-decisions?cluster=berlin&vulnerability={CVE}").json["items"]
    assert items == []


def test_without_a_hub_there_are_no_clusters(shown: Console) -> None:
    assert shown.get("/clusters").status_code == 404
    assert "cluster" not in shown.get("/api/v1/workloads").json["items"][0]
    assert shown.get("/cluster-decisions").status_code == 404
    assert 'name="cluster"' not in shown.get(shown.post("/decide", {"tick": CVE}).location).text
