"""A database that fails over while webhook, controller and downloader run: each goes on writing by itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from tests.certificates import Authority
from tests.doubles.clock import RealClock
from tests.doubles.ossindex import Behaviour, OssIndexDouble
from tests.doubles.versions import VersionedServer
from tests.e2e.processes import free_port, wait_until
from tests.e2e.product import Bomgate
from tests.ports.samples import AutoRule, answer, assessment, digest, make_sbom, vulnerability
from tests.security.downloading import Run, Signalling
from tests.security.replication import Pair, Writer, kept, replicated, take_over_after_a_crash
from tests.security.steering import BAD, Steerer, decide, run_pod, steerable_cluster
from webhook.model.records import AssessmentQuery
from webhook.store.options import StoreOptions
from webhook.store.repositories import Store, open_store


@pytest.fixture
def pair() -> Iterator[Pair]:
    with replicated() as made:
        yield made


@pytest.fixture
def store(pair: Pair) -> Iterator[Store]:
    opened = open_store(StoreOptions(url=pair.url), RealClock())
    opened.admin.upgrade()
    pair.catch_up()
    yield opened
    opened.close()


def test_webhook_and_download_go_on_through_a_takeover(pair: Pair, store: Store, tmp_path: Path) -> None:
    pair.synchronous()
    store.sboms.add(digest(1), make_sbom(BAD), place="added")
    now = RealClock().now()  # an answer of today, so that the run does not ask again
    store.components.record([answer(BAD, vulnerability("V-1", "9.8"), at=now)], assess=AutoRule(), now=now)
    store.sboms.add(digest(2), make_sbom(*(f"pkg:maven/g/a{n:03}@1" for n in range(200))), place="added")
    settings = {"database": {"url": pair.url}, "sbom": {"sources": ["directory"], "directory": str(tmp_path)}}
    server = Bomgate("failover", tmp_path / "server", Authority(), settings)
    verdicts: list[str] = []
    ended = threading.Event()

    def ask() -> None:
        while not ended.wait(0.05):
            verdicts.append(decide(server))

    asking = threading.Thread(target=ask)
    with OssIndexDouble(Behaviour(latency_ms=100)) as double:
        double.service.journal = journal = Signalling(5)
        server.start()
        wait_until(lambda: {decide(server) for _ in range(20)} == {"denied"}, 60, "all workers")
        asking.start()
        try:
            with Run(pair.url, double.url, "through", seconds=25) as run, Writer(store) as writer:
                wait_until(journal.reached.is_set, 60, "the first requests")
                take_over_after_a_crash(pair)
                pair.standby.set(synchronous_standby_names="")
                writer.wait_for_more(5)
                said = run.go_on()
            ended.set()
            asking.join()
            assert set(verdicts) == {"denied"}, [
                (n, verdict) for n, verdict in enumerate(verdicts) if verdict != "denied"
            ]
            store.assessments.append([assessment("V-1", "Ignore")])
            wait_until(lambda: decide(server).startswith("allowed"), 30, "the change")
        finally:
            ended.set()
            server.stop()
    assert said.startswith("True"), said
    assert writer.troubles == []
    assert sorted(kept(store)) == sorted([*writer.acknowledged, "V-1", "V-1"])


def seen_images(url: str) -> set[str]:
    """The names of the images that the inventory has noted."""
    with psycopg.connect(url) as connection:
        return {str(name) for (name,) in connection.execute("SELECT name FROM sightings")}


@pytest.fixture
def cluster() -> Iterator[VersionedServer]:
    with steerable_cluster() as running:
        yield running


@pytest.mark.parametrize("outlasts", [False, True], ids=["at once", "after the database was given up"])
def test_the_controller_leads_on_and_writes_on_through_a_takeover(
    pair: Pair, store: Store, cluster: VersionedServer, tmp_path: Path, outlasts: bool
) -> None:
    pair.synchronous()
    port = free_port()
    settings: dict[str, Any] = {
        "database": {"url": pair.url, "busyTimeoutMs": 500 if outlasts else 10_000},
        "kube": {"kubeconfig": str(cluster.kubeconfig(tmp_path / "kubeconfig")), "namespace": "bomgate"},
        "controller": {"listen": f"127.0.0.1:{port}", "resourceSeconds": 0.2, "inventorySeconds": 0.2},
        "audit": {"minSeconds": 0.5},
        "sbom": {"sources": ["directory"], "directory": str(tmp_path)},
    }
    controller = Bomgate("takeover", tmp_path / "controller", Authority(), settings).controller()

    def says() -> str:
        assert controller.running, controller.tail(40)
        try:
            return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=10).text
        except requests.ConnectionError:
            return ""

    try:
        wait_until(lambda: says().startswith("leads"), 60, "leading")
        with Steerer(cluster) as steerer:
            steerer.wait_for_more(3)
            leases = len(cluster.kept("leases"))
            pair.primary.stop()
            if outlasts:
                wait_until(lambda: "the duty resources fails" in says(), 60, "the failure")
                wait_until(lambda: "the duty inventory fails" in says(), 60, "the failure")
            assert says().startswith("leads")
            pair.standby.promote()
            pair.standby.set(synchronous_standby_names="")
            steerer.wait_for_more(3)
            run_pod(cluster, "late")
        wait_until(lambda: "registry.example/shop/late:1" in seen_images(pair.standby.url("bomgate")), 60, "a note")
        wait_until(lambda: says() == "leads\n", 60, "all duties")
        assert len(cluster.kept("leases")) == leases == 1
    finally:
        controller.stop()
    records = {
        other_assessment.vulnerability
        for other_assessment in store.assessments.find(AssessmentQuery(source="provisioned"))
    }
    assert records >= {f"CVE-2025-{int(name.rpartition('-')[2]):05}" for name in steerer.acknowledged}
    noted = seen_images(pair.standby.url("bomgate"))
    assert noted >= {f"registry.example/shop/{name}:1" for name in steerer.acknowledged[:-1]}
    assert "leads no more" not in controller.log.read_text()
