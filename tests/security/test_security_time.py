"""Time: slow registries, many images and a busy API server delay answers, and turn no denial into an admission."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.doubles.kubeobjects import ObjectServer
from tests.e2e.catalogue import BLOCKED, CLEAN, digest
from tests.e2e.processes import wait_until
from tests.security.attacked import (
    CONTROLLER,
    FORGED,
    NAMESPACE,
    Guarded,
    Listener,
    guarded,
    plain,
    pod,
    replica_set,
    silence,
)

REAL = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "rs-1", "controller": True}
DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "d-1", "controller": True}
OWNERS = "/apis/apps/v1/namespaces/shop/replicasets"


def unheard(host: str, number: int = 0) -> str:
    """An image that nobody knows, by digest."""
    return f"{host}/x/slow@sha256:{hashlib.sha256(f'unheard {number}'.encode()).hexdigest()}"


def prompt(connection: socket.socket) -> None:
    """Answer 404 to whatever is asked, at once."""
    while b"\r\n\r\n" in connection.recv(65536):
        connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture(scope="module")
def slow() -> Iterator[Listener]:
    listener = Listener(silence)
    yield listener
    listener.close()


@pytest.fixture(scope="module")
def quick() -> Iterator[Listener]:
    listener = Listener(prompt)
    yield listener
    listener.close()


@pytest.fixture(scope="module")
def shop(slow: Listener, quick: Listener, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """An installation with a Deployment whose Pods run a clean image, and whose ReplicaSet is ``web-1``."""
    folder = tmp_path_factory.mktemp("time")
    with guarded(folder / "shop", registries=plain(slow.host, quick.host)) as made:
        have_deployment(made.cluster)
        yield made


def have_deployment(cluster: ObjectServer) -> None:
    selector = {"selector": {"matchLabels": {"app": "web"}}}
    labels = {"app": "web"}
    template = {"template": {"spec": {"containers": [{"name": "c0", "image": CLEAN}]}}}
    cluster.add(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": NAMESPACE, "uid": "d-1"},
            "spec": {**selector, **template},
        }
    )
    cluster.add(
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": "web-1",
                "namespace": NAMESPACE,
                "uid": "rs-1",
                "labels": labels,
                "creationTimestamp": "2026-01-01T00:00:00Z",
                "ownerReferences": [DEPLOYMENT],
            },
            "spec": {**selector, **template},
        }
    )
    cluster.add(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": "web-1-a",
                "namespace": NAMESPACE,
                "labels": labels,
                "creationTimestamp": "2026-01-01T00:00:00Z",
                "ownerReferences": [REAL],
            },
            "spec": {"containers": [{"name": "c0", "image": CLEAN}]},
            "status": {"phase": "Running", "containerStatuses": [{"name": "c0", "imageID": f"x@{digest('clean')}"}]},
        }
    )


@pytest.mark.parametrize("owner", [None, FORGED, REAL], ids=["none", "forged", "real"])
@pytest.mark.parametrize("user", ["mallory", CONTROLLER], ids=["user", "controller"])
def test_a_slow_registry_beside_a_denied_image_lets_nothing_in(
    shop: Guarded, slow: Listener, owner: dict[str, object] | None, user: str
) -> None:
    answer = shop.ask(pod(unheard(slow.host), BLOCKED, owner=owner, user=user))
    assert not answer["allowed"], answer
    assert "CVE-2026-10001" in answer["status"]["message"]
    by_tag = shop.ask(pod(f"{slow.host}/x/slow:1", BLOCKED, owner=owner, user=user))
    assert not by_tag["allowed"], by_tag


def test_three_hundred_unknown_images_beside_a_denied_one_let_nothing_in(shop: Guarded, slow: Listener) -> None:
    images = [unheard(slow.host, number) for number in range(300)]
    assert not shop.ask(pod(*images, BLOCKED, owner=FORGED))["allowed"]
    assert not shop.ask(pod(*images, BLOCKED, owner=REAL, user=CONTROLLER))["allowed"]


def test_an_update_to_a_denied_image_beside_a_slow_one_is_denied(shop: Guarded, slow: Listener) -> None:
    update = pod(unheard(slow.host), BLOCKED, owner=FORGED, old=(CLEAN, CLEAN))
    assert not shop.ask(update)["allowed"]


def test_a_replica_set_of_a_real_deployment_that_never_ran_the_image_is_denied(shop: Guarded, slow: Listener) -> None:
    for user in ("mallory", CONTROLLER):
        made = replica_set(unheard(slow.host), BLOCKED, owner=DEPLOYMENT, user=user)
        assert not shop.ask(made)["allowed"]


def test_what_is_known_is_judged_when_no_time_is_left(shop: Guarded, slow: Listener) -> None:
    images = [unheard(slow.host, number) for number in range(20)]
    denied = shop.ask(pod(*images, BLOCKED, owner=FORGED), timeout="1ms")
    assert not denied["allowed"]
    assert shop.ask(pod(CLEAN), timeout="1ms")["allowed"]


def test_a_silent_registry_costs_the_images_of_another_nothing(shop: Guarded, slow: Listener, quick: Listener) -> None:
    """Far more searches of the silent registry than it has threads, and the other one is still asked at once."""
    crowd = [
        pod(*(unheard(slow.host, 1000 + 50 * other_number + number) for number in range(50)))
        for other_number in range(8)
    ]
    with ThreadPoolExecutor(len(crowd)) as pool:
        waiting = [pool.submit(shop.ask, entry, timeout="10s") for entry in crowd]
        wait_until(lambda: slow.accepted > 0, 20, "a search of the silent registry")
        answer = shop.ask(pod(unheard(quick.host, 2000)))
        assert "referrers:" in answer["warnings"][0], "it was asked, and it answered"
        for future in waiting:
            assert future.result()["allowed"], "a missing SBOM is warned about by default"


def test_one_silent_registry_does_not_keep_a_pod_from_learning_of_its_other_images(
    shop: Guarded, slow: Listener, quick: Listener
) -> None:
    answer = shop.ask(pod(unheard(slow.host, 3000), unheard(quick.host, 3001), unheard(slow.host, 3002)))
    (about,) = [line for line in answer["warnings"] if quick.host in line]
    assert "referrers:" in about, "it was asked, and it answered, beside the slow ones"


def test_a_warm_review_asks_nobody(tmp_path: Path) -> None:
    """On an installation that has nothing else to do: searches of other tests may still be going on elsewhere.

    Workers watch the namespaces and look at their connection from time to time, whether reviews come or not.
    """
    meanwhile = {"/api/v1/namespaces", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"}
    registry = Listener(prompt)

    def questions(cluster: ObjectServer) -> list[str]:
        return [path for _, path, _ in cluster.sent if path not in meanwhile]

    with closing(registry), guarded(tmp_path / "warm", registries=plain(registry.host)) as shop:
        have_deployment(shop.cluster)
        shop.ask(pod(CLEAN))
        before = (questions(shop.cluster), registry.accepted)
        for _ in range(20):
            assert shop.ask(pod(CLEAN))["allowed"]
            assert shop.ask(pod(CLEAN, owner=REAL, user=CONTROLLER))["allowed"]
            assert not shop.ask(pod(BLOCKED))["allowed"]
        assert (questions(shop.cluster), registry.accepted) == before


def test_where_all_images_are_known_the_owner_is_asked_for_once_and_only_for_a_would_be_denial(shop: Guarded) -> None:
    owner = {**REAL, "name": "asked-once", "uid": "asked-once"}
    path = f"{OWNERS}/asked-once"
    shop.ask(pod(CLEAN, owner=owner, user=CONTROLLER))
    assert path not in shop.cluster.paths("GET")
    assert not shop.ask(pod(BLOCKED, owner=owner, user=CONTROLLER))["allowed"]
    assert shop.cluster.paths("GET").count(path) == 1


def test_while_an_image_is_searched_for_the_owner_is_asked_at_the_same_time(shop: Guarded, slow: Listener) -> None:
    owner = {**REAL, "name": "asked-early", "uid": "asked-early"}
    asked = pod(unheard(slow.host, 4000), CLEAN, owner=owner, user=CONTROLLER)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(shop.ask, asked, timeout="10s")
        wait_until(lambda: f"{OWNERS}/asked-early" in shop.cluster.paths("GET"), 20, "the question")
        assert not answer.done(), "the question is put while the search goes on"
        assert answer.result()["allowed"], "a missing SBOM is warned about by default"


@pytest.mark.parametrize("images", [(BLOCKED,), ("slow", BLOCKED)], ids=["known", "searched"])
def test_an_api_server_that_is_silent_lets_in_only_what_a_controller_makes(
    shop: Guarded, slow: Listener, images: tuple[str, ...]
) -> None:
    named = [unheard(slow.host, 5000) if image == "slow" else image for image in images]
    shop.cluster.silent = (OWNERS,)
    kept = shop.bomgate.metric("bomgate_admitted_unproven_total")
    try:
        assert not shop.ask(pod(*named, owner=FORGED))["allowed"]
        assert not shop.ask(pod(*named, owner={**FORGED, "uid": "other"}, user="system:masters"))["allowed"]
        made = shop.ask(pod(*named, owner={**REAL, "uid": f"silent-{len(images)}"}, user=CONTROLLER))
    finally:
        shop.cluster.silent = ()
    assert made["allowed"], made
    assert shop.bomgate.metric("bomgate_admitted_unproven_total") == kept + 1


def test_an_api_server_that_refuses_lets_in_only_what_a_controller_makes(shop: Guarded) -> None:
    owner = {**REAL, "name": "refused", "uid": "refused"}
    for status, unproven in ((500, True), (403, True), (400, False), (431, False)):
        shop.cluster.answers[f"{OWNERS}/refused"] = (status, {"kind": "Status", "message": "no", "code": status})
        assert not shop.ask(pod(BLOCKED, owner=owner))["allowed"]
        assert shop.ask(pod(BLOCKED, owner=owner, user=CONTROLLER))["allowed"] is unproven, status


@pytest.mark.parametrize(
    "answer",
    [[], "text", {"metadata": 7}, {"metadata": {"uid": "odd", "name": "odd"}, "spec": {"selector": {"a": {}}}}],
)
def test_an_answer_of_the_api_server_that_cannot_be_used_lets_nothing_in(shop: Guarded, answer: object) -> None:
    owner = {**REAL, "name": "odd", "uid": "odd"}
    shop.cluster.answers[f"{OWNERS}/odd"] = (200, json.loads(json.dumps(answer)))
    assert not shop.ask(pod(BLOCKED, owner=owner, user=CONTROLLER))["allowed"]


def test_a_flood_of_claimed_owners_leaves_room_for_the_labels_of_a_new_namespace(shop: Guarded) -> None:
    shop.cluster.silent = (OWNERS,)
    try:
        claims = [pod(BLOCKED, owner={**FORGED, "uid": f"claim-{number}"}) for number in range(60)]
        with ThreadPoolExecutor(60) as pool:
            waiting = [pool.submit(shop.ask, claim, timeout="10s") for claim in claims]
            wait_until(lambda: shop.cluster.paths("GET").count(f"{OWNERS}/nope") > 8, 20, "questions")
            shop.cluster.namespace("brand-new", enforce="audit")
            fresh = pod(BLOCKED)
            fresh["request"]["namespace"] = fresh["request"]["object"]["metadata"]["namespace"] = "brand-new"
            assert shop.ask(fresh, path="/validate")["allowed"], "its label says audit"
            assert not any(future.result()["allowed"] for future in waiting)
    finally:
        shop.cluster.silent = ()
