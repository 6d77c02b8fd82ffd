"""Golden AdmissionReviews: the answer to each request in ``reviews/``, byte for byte.

``python -m tests.golden.test_golden_reviews`` rewrites the answers; read the difference before committing it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from tests.fakes import (
    NOON,
    FakeAccessReviewer,
    FakeBackground,
    FakeGrantStore,
    FakeLiveObjects,
    FakeNamespaceLabels,
    FakeTicketGuard,
    FakeWorkloadInventory,
)
from tests.worlds import LEFTPAD, LODASH, LODASH_INJECTION, LOG4J, LOG4SHELL, OPENSSL, World, digest_of
from webhook.api.answerers import AdmissionFace
from webhook.api.app import create_app
from webhook.engines.admission.enforcing import ClusterParts
from webhook.model.owners import Controller, OwnedPod
from webhook.telemetry.metrics import Metrics

FOLDER = Path(__file__).parent / "reviews"
REQUESTS = sorted(FOLDER.glob("*.request.json"))


def cluster() -> ClusterParts:
    """Namespaces of every mode, a Deployment with a Pod, and somebody with the right for break-glass."""
    modes = {"staging": "warn", "lab": "audit", "dev": "off"}
    labels = {"shop": {}, **{name: {"bomgate.dev/enforce": mode} for name, mode in modes.items()}}
    chain = (
        Controller("apps/v1", "ReplicaSet", "web-1", "rs-1"),
        Controller("apps/v1", "Deployment", "web", "d-1"),
    )
    pod = OwnedPod(("rs-1", "d-1"), NOON, frozenset({digest_of("registry.example/shop/blocked:1")}), frozenset())
    return ClusterParts(
        FakeNamespaceLabels(memory=labels),
        FakeWorkloadInventory({"rs-1": chain}, {"d-1": [pod]}),
        FakeAccessReviewer({("kubernetes-admin", "breakglass", "shop")}),
        FakeGrantStore(),
        FakeLiveObjects(),
        FakeTicketGuard(),
        FakeBackground(),
    )


def answer(request: Path) -> str:
    """The answer of a world with one blocked, one risky and one clean image, as indented JSON.

    In its cluster the Deployment ``web`` runs the blocked image, and kubernetes-admin may break the glass in ``shop``.
    """
    world = World(cluster=cluster())
    world.image("registry.example/shop/blocked:1", LOG4J, LEFTPAD, OPENSSL)
    world.image("registry.example/shop/risky:1", LODASH, LEFTPAD)
    world.image("registry.example/shop/clean:1", LEFTPAD)
    world.image("registry.example/shop/unasked:1", "pkg:npm/never-asked@1.0.0")
    world.answer_all([(LOG4J, [LOG4SHELL]), (LODASH, [LODASH_INJECTION]), (LEFTPAD, [])])
    face = AdmissionFace(world.reviewer, world.policy, Metrics(CollectorRegistry()), world.clock, lambda: None)
    answer = create_app(face).flask.test_client().post("/validate?timeout=5s", data=request.read_bytes())
    return json.dumps(answer.get_json(), indent=2, ensure_ascii=False) + "\n"


def golden(request: Path) -> Path:
    """The file of the answer."""
    return request.with_name(request.name.replace(".request.", ".response."))


@pytest.mark.parametrize("request_file", REQUESTS, ids=lambda path: path.name.partition(".")[0])
def test_the_answer_is_the_golden_one(request_file: Path) -> None:
    assert answer(request_file) == golden(request_file).read_text(encoding="utf-8")


def test_there_are_goldens() -> None:
    assert len(REQUESTS) >= 10


if __name__ == "__main__":
    for other_request in REQUESTS:
        golden(other_request).write_text(answer(other_request), encoding="utf-8")
