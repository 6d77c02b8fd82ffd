"""Every variant of the registration on a real API server: what is asked about, and what goes on whatever happens."""

from __future__ import annotations

import base64
import copy
import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import kubernetes.client
import pytest
import yaml

from tests.certificates import Authority
from tests.chart.rendering import is_built, render
from tests.chart.sets import SETS
from tests.chart.values import ROOT
from tests.e2e.answers import Answer, call
from tests.e2e.cluster import Cluster
from tests.e2e.manifests import deployment, pod
from tests.e2e.processes import free_port, wait_until
from tests.e2e.recording import Recorder, Recording
from tests.e2e.registration import INSTANCE_LABEL
from tests.parts import unavailable
from tests.security.test_security_registration import KINDS, how_to

pytestmark = pytest.mark.usefixtures("controllers", "rollouts")
INSTANCE = "registration"
LABELS = {INSTANCE_LABEL: INSTANCE, "bomgate.dev/enforce": "deny", "team": "web", "stage": "production"}
"""Of namespaces that every variant selects, and the main installation does not."""
IMAGE, OTHER = "registry.example/shop/web:1", "registry.example/shop/web:2"
SECONDS = 60.0
EVERYTHING = [
    "pods",
    "pods/*",
    "deployments",
    "deployments/*",
    "replicasets",
    "replicasets/*",
    "rollouts",
    "rollouts/*",
]
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def rollouts(cluster: Cluster) -> Iterator[None]:
    """A custom resource with all subresources, which a rule of the variant ``everything`` names."""
    if not is_built():
        unavailable("no helm is built; `python tests/e2e/controlplane/build.py helm` builds it, with Go")
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1alpha1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": anything},
        "subresources": {
            "status": {},
            "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"},
        },
    }
    names = {"plural": "rollouts", "singular": "rollout", "kind": "Rollout"}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "rollouts.argoproj.io"},
        "spec": {"group": "argoproj.io", "scope": "Namespaced", "names": names, "versions": [version]},
    }
    done(cluster, "apply", "-f", "-", manifest=definition)
    wait_until(lambda: cluster.kubectl("get", "rollouts", "-A").code == 0, SECONDS, "the custom resource")
    yield
    done(cluster, "delete", "crd", "rollouts.argoproj.io", "--wait=false")


def variant(name: str) -> list[dict[str, Any]]:
    """The webhook configurations of a variant."""
    if name.startswith("how-to"):
        text = how_to()
    elif name == "manifest":
        text = (ROOT / "manifests" / "install.yaml").read_text(encoding="utf-8")
    else:
        text = render(SETS["everything" if name == "widened" else name])
    kinds = KINDS[:1] if name == "widened" else KINDS
    found = [item for item in yaml.load_all(text, yaml.CSafeLoader) if item and item["kind"] in kinds]
    for entry in (entry for item in found for entry in item["webhooks"]):
        if name == "how-to-fail":
            entry["failurePolicy"] = "Fail"
        if name == "widened":  # as somebody might edit it by hand
            entry["failurePolicy"] = "Fail"
            entry["rules"] = [
                {"apiGroups": ["*"], "apiVersions": ["*"], "resources": EVERYTHING, "operations": ["*"], "scope": "*"}
            ]
    return found


@contextmanager
def registered(
    cluster: Cluster, configurations: list[dict[str, Any]], authority: Authority, port: int
) -> Iterator[None]:
    """Register at a port of loopback, only for namespaces with the labels of these tests."""
    made = []
    for item in copy.deepcopy(configurations):
        item["metadata"] = {"name": f"registration-{next(_NUMBERS)}"}
        for entry in item["webhooks"]:
            bundle = base64.b64encode(authority.pem).decode()
            entry["clientConfig"] = {"url": f"https://127.0.0.1:{port}/{entry['name']}", "caBundle": bundle}
            entry["namespaceSelector"].setdefault("matchLabels", {})[INSTANCE_LABEL] = INSTANCE
        done(cluster, "create", "-f", "-", manifest=item)
        made.append(f"{item['kind'].lower()}/{item['metadata']['name']}")
    try:
        yield
    finally:
        done(cluster, "delete", *made)


def done(cluster: Cluster, *arguments: str, manifest: Any = None) -> str:
    """Run kubectl; what it wrote."""
    ran = cluster.kubectl(*arguments, manifest=manifest)
    assert ran.code == 0, f"{arguments}: {ran.err}"
    return ran.out


def fresh(cluster: Cluster) -> str:
    return cluster.create_namespace(f"registration-{next(_NUMBERS)}", LABELS)


def fill(cluster: Cluster, namespace: str) -> None:
    """Have a Deployment with its Pod, a Pod that nobody owns, and a custom resource."""
    rollout = {**deployment(namespace, "roll", IMAGE), "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"}
    done(
        cluster,
        "create",
        "-f",
        "-",
        manifest=[deployment(namespace, "web", IMAGE), rollout, pod(namespace, "x", IMAGE)],
    )
    wait_until(lambda: pods(cluster, namespace, "app=web"), SECONDS, "the Pod of the Deployment")


def pods(cluster: Cluster, namespace: str, selector: str = "") -> list[str]:
    core = kubernetes.client.CoreV1Api(cluster.client)
    return [item.metadata.name for item in core.list_namespaced_pod(namespace, label_selector=selector).items]


def attempt(cluster: Cluster, manifest: dict[str, Any]) -> Answer:
    """Ask for a Pod without getting one."""
    create = kubernetes.client.CoreV1Api(cluster.client).create_namespaced_pod_with_http_info
    return call(create, manifest["metadata"]["namespace"], manifest, dry_run="All")


def all_goes(cluster: Cluster, namespace: str) -> None:
    """An owner goes with what it owns, a custom resource goes, and then the namespace with what is left in it."""
    done(cluster, "delete", "deployment/web", "-n", namespace, "--cascade=foreground", "--timeout=60s")
    assert pods(cluster, namespace, "app=web") == []
    done(cluster, "delete", "rollout/roll", "-n", namespace, "--timeout=60s")
    done(cluster, "delete", "namespace", namespace, "--timeout=60s")


VARIANTS = ("manifest", "small", "strict", "cert-manager", "everything", "how-to", "how-to-fail", "widened")


@pytest.mark.parametrize("name", VARIANTS)
def test_what_is_created_and_changed_is_asked_about_and_everything_can_go(
    cluster: Cluster, authority: Authority, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    recorder = Recorder()
    with (
        Recording(recorder, authority, tmp_path_factory.mktemp("recorder")) as port,
        registered(cluster, variant(name), authority, port),
    ):
        namespace = fresh(cluster)

        def asked() -> bool:
            answer = attempt(cluster, pod(namespace, "probe", IMAGE))
            assert answer.allowed, answer.message
            return bool(recorder.asked)

        wait_until(asked, SECONDS, "the first call of the webhook")
        fill(cluster, namespace)
        image = {"spec": {"template": {"spec": {"containers": [{"name": "c0", "image": OTHER}]}}}}
        done(cluster, "patch", "deployment/web", "-n", namespace, "-p", json.dumps(image))
        done(cluster, "scale", "deployment/web", "-n", namespace, "--replicas=2")
        # An own finalizer keeps it until it is taken away, which is an update of what is being deleted.
        done(cluster, "patch", "pod/x", "-n", namespace, "-p", '{"metadata":{"finalizers":["example.com/wait"]}}')
        connect = cluster.kubectl(
            "create", "--raw", f"/api/v1/namespaces/{namespace}/pods/x/exec?command=true", "-f", "-", manifest={}
        )
        assert "webhook" not in connect.err
        assert "matchConditions" not in connect.err
        done(cluster, "delete", "pod/x", "-n", namespace, "--wait=false", "--grace-period=0", "--force")
        done(cluster, "patch", "pod/x", "-n", namespace, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
        done(cluster, "create", "-f", "-", manifest=pod(namespace, "left", IMAGE))
        all_goes(cluster, namespace)
    kinds = {pair[1:] for pair in recorder.asked}
    assert kinds >= {("CREATE", "Deployment"), ("CREATE", "ReplicaSet"), ("CREATE", "Pod"), ("UPDATE", "Deployment")}
    assert (("CREATE", "Rollout") in kinds) == (name in ("everything", "widened"))
    assert {operation for operation, _ in kinds} == {"CREATE", "UPDATE"}


@pytest.mark.parametrize("name", ["manifest", "strict", "everything", "how-to-fail", "widened"])
def test_without_the_webhook_nothing_comes_in_but_all_can_go_and_the_cluster_lives_on(
    cluster: Cluster, authority: Authority, name: str
) -> None:
    namespace = fresh(cluster)
    fill(cluster, namespace)
    core = kubernetes.client.CoreV1Api(cluster.client)
    spared = ("kube-system", "bomgate-system")
    if "bomgate-system" not in done(cluster, "get", "namespaces", "-o", "name"):
        cluster.create_namespace("bomgate-system", {INSTANCE_LABEL: "none"})
    before = {excluded: core.read_namespace(excluded).metadata.labels for excluded in spared}
    # bomgate's namespace may ask for restricted Pods, which these are not.
    spared_labels = {**LABELS, "pod-security.kubernetes.io/enforce": "privileged"}
    with registered(cluster, variant(name), authority, free_port()):
        blocked = pod(namespace, "blocked", IMAGE)

        def refused() -> bool:
            return "failed calling webhook" in attempt(cluster, blocked).message

        wait_until(refused, SECONDS, "the first refusal")
        try:
            for excluded in spared:  # so that nothing but their names leaves them out
                core.patch_namespace(excluded, {"metadata": {"labels": spared_labels}})
                done(cluster, "create", "-f", "-", manifest=deployment(excluded, f"spared-{name}", IMAGE))
                wait_until(
                    lambda excluded=excluded: pods(cluster, excluded, f"app=spared-{name}"),
                    SECONDS,
                    f"the Pod in {excluded}",
                )
        finally:
            for excluded, labels in before.items():
                missing = {key: labels.get(key) for key in spared_labels}
                core.patch_namespace(excluded, {"metadata": {"labels": missing}})
        # What nodes and the controllers of the cluster live from.
        lease = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": "l", "namespace": namespace},
        }
        done(cluster, "create", "-f", "-", manifest=lease)
        condition = {"type": "Tried", "status": "True", "reason": "Test", "message": name}
        core.patch_node_status("node-1", {"status": {"conditions": [condition]}})
        done(cluster, "label", "pod/x", "-n", namespace, "tried=yes")
        # What autoscalers and controllers of operators write, and what drains ask for.
        done(cluster, "scale", "deployment/web", "-n", namespace, "--replicas=2")
        status = '{"status":{"phase":"Healthy"}}'
        done(cluster, "patch", "rollout/roll", "-n", namespace, "--type=merge", "--subresource=status", "-p", status)
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "x", "namespace": namespace}}
        done(
            cluster, "create", "--raw", f"/api/v1/namespaces/{namespace}/pods/x/eviction", "-f", "-", manifest=eviction
        )
        all_goes(cluster, namespace)
    for excluded in spared:
        done(cluster, "delete", "deployment", f"spared-{name}", "-n", excluded)
