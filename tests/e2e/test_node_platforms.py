"""The platforms of a real cluster's nodes, and what bomgate says without the right to list them."""

from __future__ import annotations

from collections.abc import Iterator

import kubernetes.client
import pytest

from tests.e2e.cluster import Cluster
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.connection import connect, server_of
from webhook.clients.kube.nodes import NodePlatforms
from webhook.clients.kube.options import KubeOptions
from webhook.clients.machine import SystemClock
from webhook.errors import Final
from webhook.model.deadlines import Deadline

Core = kubernetes.client.CoreV1Api
LABELS = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64"}


@pytest.fixture
def api(cluster: Cluster) -> Iterator[KubeApi]:
    options = KubeOptions(kubeconfig=cluster.kubeconfig)
    made = KubeApi(connect(options, {}, SystemClock()), options, SystemClock())
    yield made
    made.close()


@pytest.fixture
def arm_node(core: Core) -> Iterator[str]:
    """A second node, on which nothing is placed."""
    core.create_node({"metadata": {"name": "node-arm", "labels": LABELS}, "spec": {"unschedulable": True}})
    yield "node-arm"
    core.delete_node("node-arm")


@pytest.mark.usefixtures("controllers", "arm_node")
def test_the_platforms_of_nodes_with_and_without_labels_are_seen(api: KubeApi, core: Core) -> None:
    info = core.read_node("node-1").status.node_info
    assert (info.operating_system, info.architecture) == ("linux", "amd64")
    assert NodePlatforms(api, KubeOptions(), SystemClock()).platforms() == ("linux/amd64", "linux/arm64")
    assert core.read_node("node-1").metadata.labels is None, "else its status was not needed"


@pytest.mark.usefixtures("controllers")
def test_a_platform_that_no_node_has_does_not_count(api: KubeApi) -> None:
    assert NodePlatforms(api, KubeOptions(), SystemClock()).platforms() == ("linux/amd64",)


@pytest.mark.usefixtures("arm_node")
def test_metadata_alone_leaves_out_spec_and_status(api: KubeApi) -> None:
    soon = Deadline(SystemClock().monotonic() + 20)
    page, whole = api.list_nodes("", soon), api.list_nodes("", soon, whole=True)
    assert page is not None
    assert whole is not None
    assert b'"kubernetes.io/arch":"arm64"' in page
    assert b'"nodeInfo":' in whole
    assert b'"nodeInfo":' not in page


def test_without_the_right_the_missing_one_is_named(cluster: Cluster, core: Core) -> None:
    request = {"spec": {"audiences": [], "expirationSeconds": 3600}}
    token = core.create_namespaced_service_account_token("default", "default", request).status.token
    configuration = kubernetes.client.Configuration(host=cluster.url)
    configuration.ssl_ca_cert = str(cluster.certificate)
    configuration.api_key = {"authorization": f"Bearer {token}"}
    api = KubeApi(server_of(configuration), KubeOptions(), SystemClock())
    with pytest.raises(Final, match="bomgate may not list nodes in the cluster") as caught:
        api.list_nodes("", Deadline(SystemClock().monotonic() + 20))
    api.close()
    assert "with the verb list on the resource nodes of the API group ''" in caught.value.remedy
