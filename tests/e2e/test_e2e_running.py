"""Workloads that run: what comes up, what a controller is told, and that nothing that runs is ever held up."""

from __future__ import annotations

from collections.abc import Callable

import kubernetes.client
import pytest

from tests.e2e.answers import call
from tests.e2e.catalogue import BLOCKED, CAUTION, CLEAN, CLEANER, reference
from tests.e2e.cluster import Cluster
from tests.e2e.deciding import turn_bad
from tests.e2e.manifests import creator, deployment, pod
from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate
from tests.e2e.registration import EVERYTHING, Registration, register

pytestmark = pytest.mark.usefixtures("controllers")


@pytest.fixture(scope="module")
def pods_only(install: Callable[..., Bomgate]) -> Bomgate:
    """An installation that enforces on Pods alone."""
    return install("pods-only", policy={"enforceOn": "pods"})


@pytest.fixture(scope="module")
def wide(main: Bomgate, cluster: Cluster) -> str:
    """A registration of the main installation for every operation and subresource, as after a mistake."""
    register(cluster, Registration("wide", main.port, main.authority.pem, EVERYTHING))
    return "wide"


def wait_for_pods(core: kubernetes.client.CoreV1Api, namespace: str, number: int) -> None:
    """Wait until exactly so many Pods are there, all of them ready."""

    def ready() -> bool:
        pods = core.list_namespaced_pod(namespace).items
        conditions = [v1_pod.status.conditions or () for v1_pod in pods if v1_pod.metadata.deletion_timestamp is None]
        return len(pods) == number and all(
            any(condition.type == "Ready" and condition.status == "True" for condition in of_pod)
            for of_pod in conditions
        )

    wait_until(ready, 30, f"{number} ready Pods")


def test_a_clean_deployment_comes_up(
    cluster: Cluster, core: kubernetes.client.CoreV1Api, apps: kubernetes.client.AppsV1Api, namespace: str
) -> None:
    manifest = deployment(namespace, "web", CLEAN, CLEANER, replicas=3)
    assert call(creator(cluster.client, "Deployment"), namespace, manifest).allowed
    wait_for_pods(core, namespace, 3)
    assert {item.status.phase for item in core.list_namespaced_pod(namespace).items} == {"Running"}
    wait_until(
        lambda: apps.read_namespaced_deployment("web", namespace).status.available_replicas == 3, 10, "availability"
    )


def test_a_deployment_with_caution_comes_up(
    cluster: Cluster, core: kubernetes.client.CoreV1Api, namespace: str
) -> None:
    assert call(creator(cluster.client, "Deployment"), namespace, deployment(namespace, "web", CAUTION)).allowed
    wait_for_pods(core, namespace, 1)


def test_where_only_pods_are_enforced_the_replica_set_tells_of_the_denial_in_an_event(
    pods_only: Bomgate, cluster: Cluster, core: kubernetes.client.CoreV1Api, new_namespace: Callable[..., str]
) -> None:
    namespace = new_namespace("pods-only")
    answer = call(creator(cluster.client, "Deployment"), namespace, deployment(namespace, "web", BLOCKED))
    assert answer.allowed
    assert "would be denied: CVE-2026-10001 CVSS 9.8" in answer.warnings[0]

    def failures() -> list[str]:
        events = core.list_namespaced_event(namespace, field_selector="reason=FailedCreate").items
        return [event.message for event in events if event.involved_object.kind == "ReplicaSet"]

    message = wait_until(failures, 20, "the event")[0]
    assert 'admission webhook "pods-only.e2e.bomgate.dev" denied the request: Pod' in message
    assert "CVE-2026-10001 CVSS 9.8 in maven/org.example.web/parser@2.14.1 Blocked" in message
    assert core.list_namespaced_pod(namespace).items == []


def test_a_deployment_can_be_scaled_up_and_down(
    cluster: Cluster, core: kubernetes.client.CoreV1Api, namespace: str
) -> None:
    call(creator(cluster.client, "Deployment"), namespace, deployment(namespace, "web", CLEAN))
    wait_for_pods(core, namespace, 1)
    for number in (3, 0):
        assert cluster.kubectl("-n", namespace, "scale", "deployment/web", f"--replicas={number}").code == 0
        wait_for_pods(core, namespace, number)


def test_a_running_pod_whose_verdict_turned_bad_can_still_be_labelled(
    main: Bomgate, core: kubernetes.client.CoreV1Api, namespace: str
) -> None:
    core.create_namespaced_pod(namespace, pod(namespace, "web", reference("turning-3")))
    wait_for_pods(core, namespace, 1)
    turn_bad(main, core, namespace, 3)

    answer = call(core.patch_namespaced_pod_with_http_info, "web", namespace, {"metadata": {"labels": {"new": "yes"}}})
    assert answer.allowed
    assert answer.warnings == ()
    assert answer.data.metadata.labels["new"] == "yes"


def test_a_deployment_whose_verdict_turned_bad_can_still_be_labelled_and_scaled_down(
    main: Bomgate,
    cluster: Cluster,
    core: kubernetes.client.CoreV1Api,
    apps: kubernetes.client.AppsV1Api,
    namespace: str,
) -> None:
    manifest = deployment(namespace, "web", reference("turning-4"), replicas=2)
    assert call(creator(cluster.client, "Deployment"), namespace, manifest).allowed
    wait_for_pods(core, namespace, 2)
    turn_bad(main, core, namespace, 4)

    patch = {"metadata": {"labels": {"new": "yes"}}, "spec": {"replicas": 1}}
    answer = call(apps.patch_namespaced_deployment_with_http_info, "web", namespace, patch)
    assert answer.allowed
    assert answer.warnings == ()
    wait_for_pods(core, namespace, 1)


def test_an_update_to_a_blocked_image_is_denied_and_what_runs_goes_on(
    cluster: Cluster, core: kubernetes.client.CoreV1Api, namespace: str
) -> None:
    call(creator(cluster.client, "Deployment"), namespace, deployment(namespace, "web", CLEAN))
    wait_for_pods(core, namespace, 1)
    ran = cluster.kubectl("-n", namespace, "set", "image", "deployment/web", f"c0={BLOCKED}")
    assert ran.code == 1
    assert f"Deployment {namespace}/web is denied: image {BLOCKED}: CVE-2026-10001" in ran.err
    wait_for_pods(core, namespace, 1)
    assert core.list_namespaced_pod(namespace).items[0].spec.containers[0].image == CLEAN


def test_a_running_pod_cannot_be_changed_to_a_blocked_image(core: kubernetes.client.CoreV1Api, namespace: str) -> None:
    core.create_namespaced_pod(namespace, pod(namespace, "web", CLEAN))
    patch = {"spec": {"containers": [{"name": "c0", "image": BLOCKED}]}}
    assert call(core.patch_namespaced_pod_with_http_info, "web", namespace, patch).denied


def test_neither_delete_nor_finalizers_nor_status_nor_scale_are_ever_blocked(
    main: Bomgate,
    wide: str,
    cluster: Cluster,
    core: kubernetes.client.CoreV1Api,
    apps: kubernetes.client.AppsV1Api,
    new_namespace: Callable[..., str],
) -> None:
    namespace, image = new_namespace(wide), reference("turning-5")
    assert call(creator(cluster.client, "Deployment"), namespace, deployment(namespace, "web", image)).allowed
    held = pod(namespace, "held", image)
    held["metadata"]["finalizers"] = ["e2e.bomgate.dev/hold"]
    core.create_namespaced_pod(namespace, held)
    wait_for_pods(core, namespace, 2)
    turn_bad(main, core, namespace, 5)

    status = {"status": {"conditions": [{"type": "Odd", "status": "True"}]}}
    assert call(core.patch_namespaced_pod_status_with_http_info, "held", namespace, status).allowed
    scaled = call(apps.patch_namespaced_deployment_scale_with_http_info, "web", namespace, {"spec": {"replicas": 0}})
    assert scaled.allowed
    assert call(apps.delete_namespaced_deployment_with_http_info, "web", namespace).allowed
    assert call(core.delete_namespaced_pod_with_http_info, "held", namespace).allowed
    wait_until(
        lambda: core.read_namespaced_pod("held", namespace).metadata.deletion_timestamp, 5, "the mark of deletion"
    )
    # Nothing new may be put into a Pod that is on its way out, but letting it go must always be possible.
    released = call(core.patch_namespaced_pod_with_http_info, "held", namespace, {"metadata": {"finalizers": None}})
    assert released.allowed
    wait_for_pods(core, namespace, 0)


def test_eviction_is_not_blocked_when_the_verdict_turned_bad(
    main: Bomgate, wide: str, core: kubernetes.client.CoreV1Api, new_namespace: Callable[..., str]
) -> None:
    namespace = new_namespace(wide)
    core.create_namespaced_pod(namespace, pod(namespace, "web", reference("turning-6")))
    wait_for_pods(core, namespace, 1)
    turn_bad(main, core, namespace, 6)
    eviction = {"metadata": {"name": "web", "namespace": namespace}}
    assert call(core.create_namespaced_pod_eviction_with_http_info, "web", namespace, eviction).allowed
    wait_for_pods(core, namespace, 0)
