"""A real API server accepts everything that the chart renders to, and its registration spares the right calls."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator
from typing import Any

import kubernetes.client
import pytest

from tests.certificates import Authority
from tests.chart.rendering import NAMESPACE, is_built, objects, render
from tests.chart.sets import SETS
from tests.chart.values import ROOT
from tests.e2e.answers import call
from tests.e2e.cluster import Cluster
from tests.e2e.manifests import SPEC_PATHS, WORKLOADS, creator, pod, workload
from tests.e2e.processes import wait_until
from tests.e2e.recording import Recorder, Recording
from tests.e2e.registration import INSTANCE_LABEL
from tests.parts import unavailable

FOREIGN = ("monitoring.coreos.com/", "cert-manager.io/")
INSTANCE, MODE, TICKET = "chart", "bomgate.dev/enforce", "bomgate.dev/break-glass"
_NUMBERS = itertools.count(1)
IMAGE, OTHER = "registry.example/shop/web:1", "registry.example/shop/web:2"


@pytest.fixture(scope="module", autouse=True)
def helm_is_there() -> None:
    if not is_built():
        unavailable("no helm is built; `python tests/e2e/controlplane/build.py helm` builds it, with Go")


@pytest.fixture(scope="module")
def namespaces(cluster: Cluster) -> None:
    """What the objects are in; Pods of another level than restricted are refused, and their owners warned of."""
    levels = {f"pod-security.kubernetes.io/{what}": "restricted" for what in ("enforce", "warn")}
    cluster.create_namespace(NAMESPACE, {**levels, INSTANCE_LABEL: "none"})
    for name in SETS["everything"]["pullSecretNamespaces"]:
        cluster.create_namespace(name, {INSTANCE_LABEL: "none"})


@pytest.mark.usefixtures("namespaces")
@pytest.mark.parametrize("name", SETS)
def test_the_api_server_accepts_every_object_without_a_warning(cluster: Cluster, name: str) -> None:
    rendered = [item for item in objects(render(SETS[name])).values() if not item["apiVersion"].startswith(FOREIGN)]
    ran = cluster.kubectl("apply", "--dry-run=server", "-f", "-", manifest=rendered)
    assert (ran.code, ran.err) == (0, "")
    assert len(ran.out.splitlines()) == len(rendered)


@pytest.mark.usefixtures("namespaces")
def test_the_api_server_accepts_the_plain_manifest(cluster: Cluster) -> None:
    ran = cluster.kubectl("apply", "--dry-run=server", "-f", str(ROOT / "manifests" / "install.yaml"))
    assert (ran.code, ran.err) == (0, "")


# -- which requests the webhook is asked about ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def recorder(cluster: Cluster, authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    """Registered with the chart's own rules, selectors and conditions, each entry on a path of its name."""
    made = Recorder()
    with Recording(made, authority, tmp_path_factory.mktemp("recorder")) as port:
        values = {**SETS["default"], "namespaceSelector": {"matchLabels": {INSTANCE_LABEL: INSTANCE}}}
        manifest = objects(render(values))["ValidatingWebhookConfiguration", "bomgate"]
        manifest["metadata"] = {"name": f"bomgate-{INSTANCE}"}
        for entry in manifest["webhooks"]:
            bundle = base64.b64encode(authority.pem).decode()
            entry["clientConfig"] = {"url": f"https://127.0.0.1:{port}/{entry['name']}", "caBundle": bundle}
        admission = kubernetes.client.AdmissionregistrationV1Api(cluster.client)
        admission.create_validating_webhook_configuration(manifest)
        namespace = cluster.create_namespace("chart-probe", {INSTANCE_LABEL: INSTANCE, MODE: "deny"})
        create = kubernetes.client.CoreV1Api(cluster.client).create_namespaced_pod_with_http_info

        def asked() -> bool:
            call(create, namespace, pod(namespace, "probe", IMAGE), dry_run="All")
            return bool(made.asked)

        wait_until(asked, 30, "the first call of the webhook")
        yield made
        admission.delete_validating_webhook_configuration(f"bomgate-{INSTANCE}")


@pytest.fixture
def place(cluster: Cluster, recorder: Recorder) -> str:
    """A fresh protected namespace; nothing was asked so far."""
    name = f"chart-{next(_NUMBERS)}"
    cluster.create_namespace(name, {INSTANCE_LABEL: INSTANCE, MODE: "deny"})
    recorder.asked.clear()
    return name


def patch(cluster: Cluster, namespace: str, what: str, body: dict[str, Any], *options: str) -> None:
    ran = cluster.kubectl("-n", namespace, "patch", what, "--type=merge", "-p", json.dumps(body), *options)
    assert ran.code == 0, ran.err


def create(cluster: Cluster, manifest: dict[str, Any], *options: str) -> None:
    ran = cluster.kubectl("create", "-f", "-", *options, manifest=manifest)
    assert ran.code == 0, ran.err


@pytest.mark.parametrize("kind", WORKLOADS)
def test_a_new_workload_is_asked_about(cluster: Cluster, recorder: Recorder, place: str, kind: str) -> None:
    answer = call(creator(cluster.client, kind), place, workload(kind, place, "web", IMAGE, replicas=0), dry_run="All")
    assert answer.allowed
    assert recorder.asked == [("enforced.bomgate.dev", "CREATE", kind)]


def test_nothing_that_a_user_can_write_keeps_a_workload_from_being_asked_about(
    cluster: Cluster, recorder: Recorder, place: str
) -> None:
    deployment = workload("Deployment", place, "web", IMAGE, replicas=0)
    deployment["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "0123"}
    create(cluster, deployment)
    going = pod(place, "web", IMAGE)
    going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    create(cluster, going)
    assert {("CREATE", "Deployment"), ("CREATE", "Pod")} <= {pair[1:] for pair in recorder.asked}


@pytest.mark.parametrize("kind", [kind for kind in WORKLOADS if kind != "Job"])
def test_an_update_is_asked_about_when_its_template_or_its_ticket_changes(
    cluster: Cluster, recorder: Recorder, place: str, kind: str
) -> None:
    create(cluster, workload(kind, place, "web", IMAGE, replicas=0))

    def asks(change: dict[str, Any]) -> bool:
        """Whether an update is asked about; the API server may do so again when somebody else changed the object."""
        recorder.asked.clear()
        patch(cluster, place, f"{kind.lower()}/web", change)
        return ("enforced.bomgate.dev", "UPDATE", kind) in recorder.asked

    assert not asks({"metadata": {"labels": {"changed": "yes"}, "finalizers": ["example.com/wait"]}})
    assert not asks({"metadata": {"finalizers": None, "annotations": {"note": "nothing new"}}})
    if kind in ("Deployment", "ReplicaSet", "StatefulSet"):
        assert not asks({"spec": {"minReadySeconds": 1}})
    assert asks({"metadata": {"annotations": {TICKET: "OPS-1"}}})
    assert asks({"metadata": {"annotations": {TICKET: "OPS-2"}}})
    changed: dict[str, Any] = {"containers": [{"name": "c0", "image": OTHER}]}
    for key in reversed(SPEC_PATHS.get(kind, "spec.template.spec").split(".")):
        changed = {key: changed}
    assert asks(changed)


def test_a_pod_is_asked_about_when_an_image_comes_and_not_when_it_goes(
    cluster: Cluster, recorder: Recorder, place: str
) -> None:
    create(cluster, pod(place, "web", IMAGE))
    patch(cluster, place, "pod/web", {"metadata": {"labels": {"a": "b"}, "finalizers": ["example.com/wait"]}})
    assert recorder.asked == [("enforced.bomgate.dev", "CREATE", "Pod")]

    core = kubernetes.client.CoreV1Api(cluster.client)
    core.patch_namespaced_pod("web", place, {"spec": {"containers": [{"name": "c0", "image": OTHER}]}})
    debugger = {"spec": {"ephemeralContainers": [{"name": "debug", "image": OTHER}]}}
    core.patch_namespaced_pod_ephemeralcontainers("web", place, debugger)
    assert [pair[1:] for pair in recorder.asked[1:]] == [("UPDATE", "Pod"), ("UPDATE", "ephemeralcontainers")]

    recorder.asked.clear()
    core.delete_namespaced_pod("web", place, grace_period_seconds=0)
    patch(cluster, place, "pod/web", {"metadata": {"finalizers": None}})
    assert recorder.asked == []


@pytest.mark.parametrize("way", ["creation", "binding"])
def test_the_annotation_of_a_mirror_leaves_no_pod_of_a_person_out(
    cluster: Cluster, recorder: Recorder, place: str, way: str
) -> None:
    """Who creates the Pod can write it, and who binds it, which is no update of the Pod."""
    core = kubernetes.client.CoreV1Api(cluster.client)
    mirror = {"kubernetes.io/config.mirror": "0123"}
    made = pod(place, "web", IMAGE, **({"nodeName": "node-1"} if way == "creation" else {"schedulerName": "nobody"}))
    made["metadata"]["annotations"] = mirror if way == "creation" else {}
    create(cluster, made)
    assert recorder.asked == [("enforced.bomgate.dev", "CREATE", "Pod")]
    if way == "binding":
        binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "web", "annotations": mirror}}
        path = f"/api/v1/namespaces/{place}/pods/web/binding"
        create(cluster, {**binding, "target": {"kind": "Node", "name": "node-1"}}, "--raw", path)
    assert core.read_namespaced_pod("web", place).metadata.annotations == mirror
    recorder.asked.clear()
    core.patch_namespaced_pod("web", place, {"spec": {"containers": [{"name": "c0", "image": OTHER}]}})
    assert ("enforced.bomgate.dev", "UPDATE", "Pod") in recorder.asked


def test_a_kubelet_is_not_asked_about(cluster: Cluster, recorder: Recorder, place: str) -> None:
    as_node = ("--as=system:node:node-1", "--as-group=system:nodes", "--as-group=system:masters")
    mirror = pod(place, "static", IMAGE, nodeName="node-1")
    mirror["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "0123"}
    create(cluster, mirror, *as_node)
    create(cluster, pod(place, "by-a-node", IMAGE), *as_node)
    assert recorder.asked == []
    create(cluster, pod(place, "by-a-person", IMAGE), "--as=system:node:node-1", "--as-group=system:masters")
    assert len(recorder.asked) == 1


@pytest.mark.parametrize(
    ("mode", "entry"),
    [
        ("deny", ["enforced.bomgate.dev"]),
        ("warn", ["watched.bomgate.dev"]),
        ("audit", ["watched.bomgate.dev"]),
        ("nonsense", ["watched.bomgate.dev"]),
        (None, ["watched.bomgate.dev"]),
        ("off", []),
    ],
)
def test_each_mode_of_a_namespace_has_its_entry(
    cluster: Cluster, recorder: Recorder, mode: str | None, entry: list[str]
) -> None:
    labels = {INSTANCE_LABEL: INSTANCE} | ({} if mode is None else {MODE: mode})
    namespace = cluster.create_namespace(f"chart-mode-{mode or 'none'}".lower(), labels)
    recorder.asked.clear()
    create(cluster, pod(namespace, "web", IMAGE))
    assert [pair[0] for pair in recorder.asked] == entry


# -- the guard on the mode of namespaces ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guard(cluster: Cluster) -> Iterator[None]:
    """The chart's guard, and a user who may do everything to namespaces but exempt them."""
    rendered = objects(render(SETS["default"]))
    kinds = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
    parts = [rendered[kind, "bomgate-namespace-guard"] for kind in kinds]
    create(cluster, parts[0])
    create(cluster, parts[1])
    role = ("--verb=*", "--resource=namespaces,namespaces/status,namespaces/finalize")
    assert cluster.kubectl("create", "clusterrole", "chart-namespaces", *role).code == 0
    bound = ("--clusterrole=chart-namespaces", "--user=olga")
    assert cluster.kubectl("create", "clusterrolebinding", "chart-namespaces", *bound).code == 0
    namespace = cluster.create_namespace("chart-guard", {INSTANCE_LABEL: "none", MODE: "deny"})

    def refuses() -> bool:
        ran = cluster.kubectl(
            "label", "namespace", namespace, f"{MODE}=warn", "--overwrite", "--as=olga", "--dry-run=server"
        )
        return "bomgate-namespace-guard" in ran.err

    wait_until(refuses, 20, "the guard")
    yield
    for kind in kinds:
        cluster.kubectl("delete", kind.lower(), "bomgate-namespace-guard")


@pytest.mark.usefixtures("guard")
@pytest.mark.parametrize("part", ["", "status", "finalize"])
def test_the_mode_of_a_namespace_cannot_be_lowered_through_any_part_of_it(cluster: Cluster, part: str) -> None:
    """In the API server an update of ``status`` or ``finalize`` keeps the spec or the status, but not the labels."""
    namespace = kubernetes.client.CoreV1Api(cluster.client).read_namespace("chart-guard")
    body: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": "chart-guard",
            "labels": {**namespace.metadata.labels, MODE: "off"},
            "resourceVersion": namespace.metadata.resource_version,
        },
        "spec": {"finalizers": ["kubernetes"]},
    }
    path = "/".join(filter(None, ["/api/v1/namespaces/chart-guard", part]))
    lowered = cluster.kubectl("replace", f"--raw={path}", "-f", "-", "--as=olga", manifest=body)
    assert "bomgate-namespace-guard" in lowered.err
    body["metadata"]["labels"] = {**namespace.metadata.labels, "note": part or "whole"}
    changed = cluster.kubectl("replace", f"--raw={path}", "-f", "-", "--as=olga", manifest=body)
    assert changed.code == 0, changed.err
