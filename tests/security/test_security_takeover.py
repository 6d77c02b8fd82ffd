"""A database that fails over while webhook, controller and downloader run: each goes on writing by itself."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from tests.certificates import Authority
from tests.cli.installation import deployment, review
from tests.doubles.clock import RealClock
from tests.doubles.kubeobjects import PLURALS
from tests.doubles.ossindex import Behaviour, OssIndexDouble
from tests.doubles.versions import COLLECTIONS, VersionedServer
from tests.e2e.processes import free_port, wait_until
from tests.e2e.product import Bomgate
from tests.ports.samples import AutoRule, answer, assessment, digest, make_sbom, vulnerability
from tests.security.downloading import Run, Signalling
from tests.security.replication import Pair, Writer, kept, replicated, take_over_after_a_crash
from webhook.model.records import AssessmentQuery
from webhook.store.opening import Store, open_store
from webhook.store.options import StoreOptions

BAD = "pkg:npm/bad@1"
IMAGE = f"registry.example/shop/web:1@{digest(1)}"
RESOURCES = "/apis/bomgate.dev/v1alpha1"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


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


def decide(server: Bomgate) -> str:
    """What the webhook says about an image with a blocked component: ``denied``, ``allowed`` or ``no answer``."""
    context = ssl.create_default_context(cadata=server.authority.pem.decode())
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=10, context=context)
    with closing(connection):
        body = json.dumps(review(deployment(IMAGE)))
        connection.request("POST", "/validate/deny?timeout=5s", body, {"Content-Type": "application/json"})
        answered = connection.getresponse()
        if answered.status != 200:
            return "no answer"
        response = json.loads(answered.read())["response"]
        return f"allowed: {response}" if response["allowed"] else "denied"


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
                assert journal.reached.wait(60)
                take_over_after_a_crash(pair)
                pair.standby.set(synchronous_standby_names="")
                writer.wait_for_more(5)
                said = run.go_on()
            ended.set()
            asking.join()
            assert set(verdicts) == {"denied"}, [(n, one) for n, one in enumerate(verdicts) if one != "denied"]
            store.assessments.append([assessment("V-1", "Ignore")])
            wait_until(lambda: decide(server).startswith("allowed"), 30, "the change")
        finally:
            ended.set()
            server.stop()
    assert said.startswith("True"), said
    assert writer.troubles == []
    assert sorted(kept(store)) == sorted([*writer.acknowledged, "V-1", "V-1"])


@dataclass
class Steerer:
    """States assessments as objects of the cluster, one after the other, and has Pods run; a context manager.

    Attributes:
        acknowledged: names of those whose status said that they are in force before the next one was stated.
    """

    cluster: VersionedServer
    acknowledged: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Steerer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def wait_for_more(self, count: int) -> None:
        """Until so many more are in force that were stated after this call."""
        target = len(self.acknowledged) + count + 1
        wait_until(lambda: len(self.acknowledged) >= target, 60, "objects in force")

    def _work(self) -> None:
        number = 0
        while not self._ended.is_set():
            number += 1
            name = f"stated-{number}"
            created = dt.datetime(2026, 3, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=number)
            metadata = {"name": name, "generation": 1, "creationTimestamp": f"{created:%Y-%m-%dT%H:%M:%SZ}"}
            spec = {"vulnerability": f"CVE-2025-{number:05}", "type": "Caution"}
            self.cluster.put(f"{RESOURCES}/assessments", "", {"metadata": metadata, "spec": spec})
            run_pod(self.cluster, name)
            while not self._is_in_force(name):
                if self._ended.wait(0.02):
                    return
            self.acknowledged.append(name)

    def _is_in_force(self, name: str) -> bool:
        there = self.cluster.objects[f"{RESOURCES}/assessments", "", name]
        return any(one["status"] == "True" for one in there.get("status", {}).get("conditions", []))


def run_pod(cluster: VersionedServer, name: str) -> None:
    """Have a Pod run with an image of its own name."""
    image = f"registry.example/shop/{name}:1"
    status = {"phase": "Running", "containerStatuses": [{"name": "c", "imageID": f"{image}@{digest(1)}"}]}
    spec = {"containers": [{"name": "c", "image": image}]}
    metadata = {"name": name, "namespace": "shop"}
    cluster.add({"kind": "Pod", "metadata": metadata, "spec": spec, "status": status})


def seen_images(url: str) -> set[str]:
    """The names of the images that the inventory has noted."""
    with psycopg.connect(url) as connection:
        return {str(name) for (name,) in connection.execute("SELECT name FROM sightings")}


@pytest.fixture
def cluster() -> Iterator[VersionedServer]:
    kinds = {f"{RESOURCES}/assessments", f"{RESOURCES}/assessmenttypes"}
    with VersionedServer(collections={*COLLECTIONS, *PLURALS.values(), "/api/v1/events", *kinds}) as running:
        running.answers[REVIEWS] = (201, {"status": {"allowed": True}})
        running.namespace("shop")
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
    records = {one.vulnerability for one in store.assessments.find(AssessmentQuery(source="provisioned"))}
    assert records >= {f"CVE-2025-{int(name.rpartition('-')[2]):05}" for name in steerer.acknowledged}
    noted = seen_images(pair.standby.url("bomgate"))
    assert noted >= {f"registry.example/shop/{name}:1" for name in steerer.acknowledged[:-1]}
    assert "leads no more" not in controller.log.read_text()
