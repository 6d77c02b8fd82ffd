"""Break-glass: who has the right for it starts what is denied, with a ticket and for a time; nobody else does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import kubernetes.client
import pytest

from tests.e2e.answers import Answer, call
from tests.e2e.catalogue import BLOCKED, CLEAN
from tests.e2e.chart.installation import Installation
from tests.e2e.chart.users import client_of, grant
from tests.e2e.manifests import deployment, pod

NewNamespace = Callable[..., str]
TICKET = {"bomgate.dev/break-glass": "INC-4711"}


@pytest.fixture
def namespace(installation: Installation, new_namespace: NewNamespace) -> str:
    """A namespace that enforces, where dora and ben may edit and only ben may break the glass."""
    made = new_namespace("deny")
    for user in ("dora", "ben"):
        grant(installation.cluster, user, "edit", made)
    grant(installation.cluster, "ben", "bomgate-break-glass", made)
    return made


def with_ticket(manifest: dict[str, Any]) -> dict[str, Any]:
    return {**manifest, "metadata": {**manifest["metadata"], "annotations": TICKET}}


def create(installation: Installation, user: str, manifest: dict[str, Any], **options: Any) -> Answer:
    client, namespace = client_of(installation.cluster, user), manifest["metadata"]["namespace"]
    if manifest["kind"] == "Pod":
        core = kubernetes.client.CoreV1Api(client)
        return call(core.create_namespaced_pod_with_http_info, namespace, manifest, **options)
    apps = kubernetes.client.AppsV1Api(client)
    return call(apps.create_namespaced_deployment_with_http_info, namespace, manifest, **options)


def test_who_has_not_the_right_cannot_even_set_the_annotation(installation: Installation, namespace: str) -> None:
    for image in (BLOCKED, CLEAN):
        answer = create(installation, "dora", with_ticket(pod(namespace, "web", image)))
        assert not answer.allowed
        assert "can be set only by who may use breakglass.bomgate.dev" in answer.message
    assert installation.get("breakglassgrants", namespace=namespace) == []


def test_with_the_right_it_is_let_in_and_written_down(installation: Installation, namespace: str) -> None:
    denied = create(installation, "ben", pod(namespace, "web", BLOCKED))
    assert denied.denied, "without the annotation"
    answer = create(installation, "ben", with_ticket(pod(namespace, "web", BLOCKED)))
    assert answer.allowed, answer.message
    assert any("INC-4711" in warning for warning in answer.warnings), answer.warnings
    (kept,) = installation.get("breakglassgrants", namespace=namespace)
    assert (kept["spec"]["ticket"], kept["spec"]["user"]) == ("INC-4711", "ben")
    assert kept["spec"]["workload"]["uid"] == answer.data.metadata.uid
    assert kept["spec"]["images"] == [BLOCKED]


def test_a_dry_run_is_answered_alike_and_leaves_no_grant(installation: Installation, namespace: str) -> None:
    answer = create(installation, "ben", with_ticket(pod(namespace, "web", BLOCKED)), dry_run="All")
    assert answer.allowed, answer.message
    assert installation.get("breakglassgrants", namespace=namespace) == []


def test_what_controllers_make_of_it_runs(installation: Installation, namespace: str) -> None:
    answer = create(installation, "ben", with_ticket(deployment(namespace, "shop", BLOCKED, replicas=2)))
    assert answer.allowed, answer.message

    def available() -> bool:
        return installation.get("deployment", "shop", namespace)["status"].get("availableReplicas") == 2

    installation.kubelet.wait(available, 20, "two Pods of the Deployment")


def test_the_right_in_one_namespace_is_none_in_another(
    installation: Installation, namespace: str, new_namespace: NewNamespace
) -> None:
    other = new_namespace("deny")
    grant(installation.cluster, "ben", "edit", other)
    answer = create(installation, "ben", with_ticket(pod(other, "web", BLOCKED)))
    assert not answer.allowed
    assert f"can be set only by who may use breakglass.bomgate.dev in namespace {other}" in answer.message
