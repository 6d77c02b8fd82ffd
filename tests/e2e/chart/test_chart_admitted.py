"""Admitted stays admitted: what runs goes on, restarts and scales when its verdict turns bad; nothing new comes in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import kubernetes.client
import pytest

from tests.e2e.answers import call
from tests.e2e.catalogue import reference
from tests.e2e.chart.installation import Installation
from tests.e2e.deciding import pod_trier
from tests.e2e.manifests import deployment
from tests.e2e.product import Bomgate

NewNamespace = Callable[..., str]
IMAGE, VULNERABILITY = reference("turning-0"), "CVE-2026-20000"


@pytest.fixture
def namespace(new_namespace: NewNamespace) -> str:
    return new_namespace("deny")


@pytest.fixture
def running(installation: Installation, namespace: str) -> str:
    """A Deployment that runs; its image has a vulnerability that nobody has assessed."""
    apps = kubernetes.client.AppsV1Api(installation.cluster.client)
    answer = call(apps.create_namespaced_deployment_with_http_info, namespace, deployment(namespace, "shop", IMAGE))
    assert answer.allowed, answer.message
    wait_for(installation, namespace, 1)
    return "shop"


@pytest.fixture
def turned(installation: Installation, running: str, namespace: str, operator: Bomgate) -> Iterator[None]:
    """The verdict about the image that runs has turned bad."""
    operator.run("assess", VULNERABILITY, "--type", "Blocked", "--comment", "exploited", "--days", "1")
    denied = pod_trier(installation.cluster.client, namespace)
    installation.kubelet.wait(lambda: denied(IMAGE).denied, 30, "the denial")
    yield
    operator.run("assess", VULNERABILITY, "--clear", "--comment", "over")
    installation.kubelet.wait(lambda: denied(IMAGE).allowed, 30, "the end of the denial")


def wait_for(installation: Installation, namespace: str, number: int) -> None:
    def available() -> bool:
        return installation.get("deployment", "shop", namespace)["status"].get("availableReplicas") == number

    installation.kubelet.wait(available, 30, f"{number} Pods of the Deployment")


@pytest.mark.usefixtures("turned")
def test_what_runs_already_is_replaced_and_scaled_and_what_is_new_is_denied(
    installation: Installation, namespace: str
) -> None:
    kept = installation.metric("webhook", "bomgate_admitted_kept_total")
    (before,) = installation.get("pods", namespace=namespace)
    assert installation.cluster.kubectl("scale", "deploy/shop", "--replicas=3", "-n", namespace).code == 0
    wait_for(installation, namespace, 3)
    name = before["metadata"]["name"]
    assert installation.cluster.kubectl("delete", "pod", name, "-n", namespace).code == 0
    installation.kubelet.wait(
        lambda: name not in {item["metadata"]["name"] for item in installation.get("pods", namespace=namespace)},
        10,
        "the end of the first Pod",
    )
    wait_for(installation, namespace, 3)
    assert installation.metric("webhook", "bomgate_admitted_kept_total") >= kept + 3
    installation.kubelet.wait(
        lambda: installation.metric("controller", "bomgate_audit_workloads", action="deny") == 1, 20, "the audit"
    )
    apps = kubernetes.client.AppsV1Api(installation.cluster.client)
    new = call(apps.create_namespaced_deployment_with_http_info, namespace, deployment(namespace, "other", IMAGE))
    assert new.denied, new.message


@pytest.mark.usefixtures("turned")
def test_a_reference_to_an_owner_that_is_made_up_lets_nothing_in(installation: Installation, namespace: str) -> None:
    (running,) = installation.get("pods", namespace=namespace)
    (reference,) = running["metadata"]["ownerReferences"]
    made_up = {**reference, "uid": "00000000-0000-0000-0000-000000000001"}
    manifest = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "liar", "namespace": namespace, "ownerReferences": [made_up]},
        "spec": {"containers": [{"name": "web", "image": IMAGE}]},
    }
    core = kubernetes.client.CoreV1Api(installation.cluster.client)
    answer = call(core.create_namespaced_pod_with_http_info, namespace, manifest, dry_run="All")
    assert answer.denied, answer.message
