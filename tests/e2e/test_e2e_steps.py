"""Steps that each look harmless: a namespace is relabelled in between, or an object is applied by the server."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import kubernetes.client
import pytest

from tests.e2e.answers import call
from tests.e2e.catalogue import BLOCKED, CLEAN
from tests.e2e.cluster import Cluster
from tests.e2e.manifests import Manifest, deployment, pod
from tests.e2e.processes import Ran, wait_until
from tests.e2e.product import Bomgate
from tests.e2e.registration import INSTANCE_LABEL
from tests.e2e.rights import SERVE, account

pytestmark = pytest.mark.usefixtures("controllers")
INSTANCE, MODE = "steps", "bomgate.dev/enforce"
Core, Apps = kubernetes.client.CoreV1Api, kubernetes.client.AppsV1Api
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def bomgate(install: Callable[..., Bomgate], cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Bomgate:
    """An installation that reads the labels of namespaces."""
    kubeconfig = account(cluster, INSTANCE, SERVE, tmp_path_factory.mktemp("rights"))
    return install(INSTANCE, kube={"cluster": True, "kubeconfig": str(kubeconfig)})


@pytest.fixture
def namespace(bomgate: Bomgate, cluster: Cluster) -> str:
    return cluster.create_namespace(f"{INSTANCE}-{next(_numbers)}", {INSTANCE_LABEL: INSTANCE})


def relabel(cluster: Cluster, namespace: str, mode: str) -> None:
    """Give the namespace a mode, and wait until bomgate knows it."""
    Core(cluster.client).patch_namespace(namespace, {"metadata": {"labels": {MODE: mode}}})
    asked = pod(namespace, "asked", BLOCKED)
    create = Core(cluster.client).create_namespaced_pod_with_http_info
    wait_until(
        lambda: [call(create, namespace, asked, dry_run="All").denied for _ in range(5)] == [mode == "deny"] * 5,
        20,
        f"the mode {mode}",
    )


def running(cluster: Cluster, namespace: str) -> list[str]:
    pods = Core(cluster.client).list_namespaced_pod(namespace).items
    return [
        v1_pod.metadata.name
        for v1_pod in pods
        if v1_pod.status.phase == "Running" and not v1_pod.metadata.deletion_timestamp
    ]


def apply(cluster: Cluster, manifest: Manifest, *options: str) -> Ran:
    return cluster.kubectl("apply", "--server-side", "-f", "-", *options, manifest=manifest)


def test_what_came_in_while_a_namespace_warned_lives_on_when_it_denies_and_brings_nothing_new(
    cluster: Cluster, namespace: str
) -> None:
    relabel(cluster, namespace, "warn")
    apps, core = Apps(cluster.client), Core(cluster.client)
    made = call(apps.create_namespaced_deployment_with_http_info, namespace, deployment(namespace, "web", BLOCKED))
    assert made.allowed
    assert made.warnings
    wait_until(lambda: len(running(cluster, namespace)) == 1, 30, "the Pod")
    relabel(cluster, namespace, "deny")
    assert cluster.kubectl("-n", namespace, "scale", "deployment/web", "--replicas=2").code == 0
    wait_until(lambda: len(running(cluster, namespace)) == 2, 30, "the second Pod")
    (first, _) = running(cluster, namespace)
    assert cluster.kubectl("-n", namespace, "delete", "pod", first, "--grace-period=0", "--force").code == 0
    wait_until(lambda: len(set(running(cluster, namespace)) - {first}) == 2, 30, "the Pod in its place")
    assert call(core.create_namespaced_pod_with_http_info, namespace, pod(namespace, "mine", BLOCKED)).denied
    other = deployment(namespace, "other", BLOCKED)
    assert call(apps.create_namespaced_deployment_with_http_info, namespace, other).denied


def test_a_mode_that_was_softened_and_put_back_leaves_no_way_in(cluster: Cluster, namespace: str) -> None:
    relabel(cluster, namespace, "deny")
    made = deployment(namespace, "web", CLEAN)
    assert apply(cluster, made).code == 0
    wait_until(lambda: len(running(cluster, namespace)) == 1, 30, "the Pod")
    for mode in ("warn", "deny"):
        relabel(cluster, namespace, mode)
    bad = deployment(namespace, "web", BLOCKED)
    ran = apply(cluster, bad)
    assert ran.code != 0
    assert "denied the request" in ran.err


def test_server_side_apply_is_judged_as_any_other_change(cluster: Cluster, namespace: str) -> None:
    clean, blocked = (deployment(namespace, "web", image) for image in (CLEAN, BLOCKED))
    ran = apply(cluster, blocked)
    assert ran.code != 0
    assert "denied the request" in ran.err
    assert apply(cluster, clean).code == 0
    assert apply(cluster, clean).code == 0, "nothing changes"
    assert apply(cluster, blocked, "--dry-run=server").code != 0
    # Another manager takes the field over, or sets but that part of the object.
    ran = apply(cluster, blocked, "--field-manager=other", "--force-conflicts")
    assert ran.code != 0
    assert "denied the request" in ran.err
    replicas = {**clean, "metadata": {**clean["metadata"], "labels": {"team": "web"}}}
    assert apply(cluster, replicas, "--field-manager=other", "--force-conflicts").code == 0
    image = Apps(cluster.client).read_namespaced_deployment("web", namespace).spec.template.spec.containers[0].image
    assert image == CLEAN
