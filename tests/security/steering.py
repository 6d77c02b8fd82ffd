"""What steers bomgate while its database fails over: a cluster whose objects state assessments, and a question."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from tests.cli.installation import deployment, review
from tests.doubles.kubeobjects import PLURALS
from tests.doubles.versions import COLLECTIONS, VersionedServer
from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate
from tests.ports.samples import digest

BAD = "pkg:npm/bad@1"
IMAGE = f"registry.example/shop/web:1@{digest(1)}"
RESOURCES = "/apis/bomgate.dev/v1alpha1"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


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


@contextmanager
def steerable_cluster() -> Iterator[VersionedServer]:
    """A double of the API server with bomgate's resources, and rights to all."""
    kinds = {f"{RESOURCES}/assessments", f"{RESOURCES}/assessmenttypes"}
    with VersionedServer(collections={*COLLECTIONS, *PLURALS.values(), "/api/v1/events", *kinds}) as running:
        running.answers[REVIEWS] = (201, {"status": {"allowed": True}})
        running.namespace("shop")
        yield running


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
        return any(item["status"] == "True" for item in there.get("status", {}).get("conditions", []))


def run_pod(cluster: VersionedServer, name: str) -> None:
    """Have a Pod run an image under its own name."""
    image = f"registry.example/shop/{name}:1"
    status = {"phase": "Running", "containerStatuses": [{"name": "c", "imageID": f"{image}@{digest(1)}"}]}
    spec = {"containers": [{"name": "c", "image": image}]}
    metadata = {"name": name, "namespace": "shop"}
    cluster.add({"kind": "Pod", "metadata": metadata, "spec": spec, "status": status})
