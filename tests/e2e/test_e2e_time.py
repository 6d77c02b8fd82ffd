"""Slow registries and claimed owners beside a denied image, on a real API server: the denial stands."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import kubernetes.client
import pytest

from tests.e2e.answers import Answer, call
from tests.e2e.catalogue import BLOCKED, CLEAN
from tests.e2e.cluster import Cluster
from tests.e2e.manifests import deployment, pod, workload
from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate
from tests.e2e.registration import INSTANCE_LABEL
from tests.e2e.rights import SERVE, account
from tests.security.attacked import Listener, silence

pytestmark = pytest.mark.usefixtures("controllers")
INSTANCE, LABEL = "time", "bomgate.dev/enforce"
Core, Apps = kubernetes.client.CoreV1Api, kubernetes.client.AppsV1Api


@pytest.fixture(scope="module")
def slow() -> Iterator[Listener]:
    """A registry that accepts connections and says nothing."""
    listener = Listener(silence)
    yield listener
    listener.close()


@pytest.fixture(scope="module")
def bomgate(
    install: Callable[..., Bomgate], cluster: Cluster, slow: Listener, tmp_path_factory: pytest.TempPathFactory
) -> Bomgate:
    kubeconfig = account(cluster, INSTANCE, SERVE, tmp_path_factory.mktemp("rights"))
    return install(
        INSTANCE,
        kube={"cluster": True, "kubeconfig": str(kubeconfig)},
        sbom={"sources": ["referrers"]},
        registries=[{"prefix": slow.host, "plainHttp": True, "allowPrivate": True}],
    )


@pytest.fixture(scope="module")
def namespace(bomgate: Bomgate, cluster: Cluster) -> str:
    return cluster.create_namespace("time-attacked", {INSTANCE_LABEL: INSTANCE, LABEL: "deny"})


@pytest.fixture(scope="module")
def owner(cluster: Cluster, namespace: str) -> dict[str, Any]:
    """The ReplicaSet of a Deployment whose Pods run a clean image, as an owner reference."""
    apps = Apps(cluster.client)
    apps.create_namespaced_deployment(namespace, deployment(namespace, "web", CLEAN))
    wait_until(
        lambda: apps.read_namespaced_deployment("web", namespace).status.available_replicas == 1, 30, "availability"
    )
    (made,) = apps.list_namespaced_replica_set(namespace).items
    return reference("ReplicaSet", made.metadata.name, made.metadata.uid)


def reference(kind: str, name: str, uid: str) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": True}


def unheard(slow: Listener, number: int) -> str:
    """An image at the silent registry that nobody knows."""
    return f"{slow.host}/x/slow@sha256:{hashlib.sha256(f'unheard {number}'.encode()).hexdigest()}"


def create(cluster: Cluster, namespace: str, name: str, images: list[str], by: dict[str, Any] | None) -> Answer:
    made = pod(namespace, name, *images)
    if by is not None:
        made["metadata"]["ownerReferences"] = [by]
    return call(Core(cluster.client).create_namespaced_pod_with_http_info, namespace, made, dry_run="All")


def test_a_denied_image_behind_a_slow_one_is_denied_whatever_owner_is_claimed(
    cluster: Cluster, namespace: str, slow: Listener, owner: dict[str, Any]
) -> None:
    forged = reference("ReplicaSet", "nope", "1b6ba5f3-1a1c-4bd1-9d0b-6f0e5f8b0c11")
    for number, by in enumerate((None, forged, owner)):
        answer = create(cluster, namespace, f"attack-{number}", [unheard(slow, number), BLOCKED], by)
        assert answer.denied, (by, answer)
        assert "CVE-2026-10001" in answer.text
    many = [unheard(slow, 100 + number) for number in range(300)]
    assert create(cluster, namespace, "attack-many", [*many, BLOCKED], forged).denied


def test_an_update_and_a_replica_set_of_a_real_deployment_are_denied(
    cluster: Cluster, namespace: str, slow: Listener, owner: dict[str, Any]
) -> None:
    core, apps = Core(cluster.client), Apps(cluster.client)
    core.create_namespaced_pod(namespace, pod(namespace, "victim", CLEAN, CLEAN))
    images = [{"name": f"c{number}", "image": image} for number, image in enumerate((unheard(slow, 50), BLOCKED))]
    names = [container.name for container in core.read_namespaced_pod("victim", namespace).spec.containers]
    patch = {"spec": {"containers": [{**image, "name": name} for image, name in zip(images, names, strict=True)]}}
    assert call(core.patch_namespaced_pod_with_http_info, "victim", namespace, patch, dry_run="All").denied

    top = apps.read_namespaced_deployment("web", namespace)
    made = workload("ReplicaSet", namespace, "web-forged", unheard(slow, 60), BLOCKED)
    made["metadata"]["ownerReferences"] = [reference("Deployment", "web", top.metadata.uid)]
    answer = call(apps.create_namespaced_replica_set_with_http_info, namespace, made, dry_run="All")
    assert answer.denied, answer


def test_what_the_deployment_runs_goes_on_beside_a_silent_registry(
    bomgate: Bomgate, cluster: Cluster, namespace: str, slow: Listener, owner: dict[str, Any]
) -> None:
    for number in range(3):
        create(cluster, namespace, f"busy-{number}", [unheard(slow, 200 + number)], None)
    apps = Apps(cluster.client)
    apps.patch_namespaced_deployment("web", namespace, {"spec": {"replicas": 2}})
    wait_until(lambda: apps.read_namespaced_deployment("web", namespace).status.available_replicas == 2, 30, "scaling")
    assert bomgate.metric("bomgate_admitted_unproven_total") == 0


def test_a_selector_that_no_address_has_room_for_lets_nothing_in(
    bomgate: Bomgate, cluster: Cluster, namespace: str
) -> None:
    """A question about it that broke would look like an API server that cannot be reached."""
    apps, core = Apps(cluster.client), Core(cluster.client)
    values = [f"{number:063}" for number in range(17_000)]
    made = deployment(namespace, "long", CLEAN)
    made["spec"]["selector"]["matchExpressions"] = [{"key": "pool", "operator": "In", "values": values}]
    made["spec"]["template"]["metadata"]["labels"]["pool"] = values[0]
    apps.create_namespaced_deployment(namespace, made)
    wait_until(lambda: apps.read_namespaced_deployment("long", namespace).status.available_replicas == 1, 60, "its Pod")
    (running,) = core.list_namespaced_pod(namespace, label_selector="app=long").items
    (of,) = running.metadata.owner_references
    attack = pod(namespace, "attack", BLOCKED)
    attack["metadata"]["ownerReferences"] = [reference("ReplicaSet", of.name, of.uid)]
    controller = "--as=system:serviceaccount:kube-system:replicaset-controller"
    ran = cluster.kubectl("create", "-f", "-", "--dry-run=server", controller, manifest=attack)
    assert ran.code == 1, ran.out
    assert "CVE-2026-10001" in ran.err
    assert bomgate.metric("bomgate_admitted_unproven_total") == 0
