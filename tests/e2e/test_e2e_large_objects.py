"""Large objects on a real API server, which writes some characters as six bytes: none is a way past a denial."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import kubernetes.client
import pytest

from tests.e2e.answers import call
from tests.e2e.catalogue import BLOCKED, CLEAN
from tests.e2e.cluster import Cluster
from tests.e2e.manifests import deployment, pod
from tests.e2e.product import Bomgate

FEW, MANY, MOST = 660_000, 1_300_000, 1_500_000
"""Of the character that becomes six bytes; the last is near the end of what etcd takes."""


@pytest.fixture(scope="module")
def bomgate(install: Callable[..., Bomgate]) -> Bomgate:
    return install("large")


@pytest.fixture(params=["Ignore", "Fail"])
def large(request: pytest.FixtureRequest, cluster: Cluster, bomgate: Bomgate, new_namespace: Any) -> Iterator[str]:
    """A namespace whose objects are judged, under each ``failurePolicy``."""
    admission = kubernetes.client.AdmissionregistrationV1Api(cluster.client)
    name = f"bomgate-{bomgate.name}"
    current = admission.read_validating_webhook_configuration(name)
    current.webhooks[0].failure_policy, current.webhooks[0].timeout_seconds = request.param, 20
    admission.replace_validating_webhook_configuration(name, current)
    errors = bomgate.metric("bomgate_admission_errors_total")
    yield new_namespace(bomgate.name)
    assert bomgate.metric("bomgate_admission_errors_total") == errors
    assert bomgate.metric("bomgate_reviews_unread_total") == 0


def with_args(spec: dict[str, Any], number: int) -> None:
    spec["containers"][0]["args"] = ["<" * number]


@pytest.mark.parametrize("number", [MANY, MOST])
def test_a_pod_with_a_denied_image_is_denied(core: kubernetes.client.CoreV1Api, large: str, number: int) -> None:
    manifest = pod(large, "web", BLOCKED)
    with_args(manifest["spec"], number)
    answer = call(core.create_namespaced_pod_with_http_info, large, manifest)
    assert answer.denied, answer.message
    assert "CVE-2026-10001" in answer.text


def test_an_update_gets_no_denied_image_in_and_every_other_one_passes(
    apps: kubernetes.client.AppsV1Api, large: str
) -> None:
    manifest = deployment(large, "web", CLEAN)
    with_args(manifest["spec"]["template"]["spec"], FEW)
    assert call(apps.create_namespaced_deployment_with_http_info, large, manifest).allowed
    container = {"name": "c0", "image": BLOCKED}
    change = {"spec": {"template": {"spec": {"containers": [container]}}}}
    answer = call(apps.patch_namespaced_deployment_with_http_info, "web", large, change)
    assert answer.denied, answer.message
    ordinary = {"metadata": {"labels": {"team": "shop"}}, "spec": {"replicas": 2}}
    answer = call(apps.patch_namespaced_deployment_with_http_info, "web", large, ordinary)
    assert answer.allowed, answer.message
