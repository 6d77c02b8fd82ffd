"""Modes of namespaces, what was admitted before, and tags that are pinned, in a real cluster."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import kubernetes.client
import pytest

from tests.certificates import Authority
from tests.e2e.answers import call
from tests.e2e.catalogue import BLOCKED, CAUTION, CLEAN, CONTENTS, digest, reference
from tests.e2e.cluster import Cluster
from tests.e2e.deciding import turn_bad
from tests.e2e.manifests import creator, deployment, pod, workload
from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate, write_sbom
from tests.e2e.registration import INSTANCE_LABEL, JUDGED, Registration, register
from tests.e2e.rights import SERVE, account

pytestmark = pytest.mark.usefixtures("controllers")
INSTANCE, LABEL = "enforcing", "bomgate.dev/enforce"
Core, Apps = kubernetes.client.CoreV1Api, kubernetes.client.AppsV1Api


@pytest.fixture(scope="module")
def bomgate(install: Callable[..., Bomgate], cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Bomgate:
    """An installation that reads namespaces and owners with its own rights, and knows a tag."""
    kubeconfig = account(cluster, INSTANCE, SERVE, tmp_path_factory.mktemp("rights"))
    made = install(INSTANCE, kube={"cluster": True, "kubeconfig": str(kubeconfig)})
    for name in ("clean", "turning-2"):
        file = write_sbom(made.folder, digest(name), CONTENTS[name])
        made.run("sbom", "add", file, "--image", reference(name))
    return made


@pytest.fixture
def make(bomgate: Bomgate, cluster: Cluster, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Makes a namespace of a mode; without a label when it is empty."""
    number = iter(range(100))

    def namespace(mode: str = "deny") -> str:
        name = f"{INSTANCE}-{abs(hash(request.node.name)) % 10**8}-{next(number)}"
        return cluster.create_namespace(name, {INSTANCE_LABEL: INSTANCE} | ({LABEL: mode} if mode else {}))

    return namespace


def test_a_namespace_is_protected_where_its_labels_cannot_be_read(
    install: Callable[..., Bomgate], cluster: Cluster, authority: Authority
) -> None:
    bomgate = install("unaware", kube={"cluster": False}, policy={"enforce": "warn"})
    register(cluster, Registration("told", bomgate.port, authority.pem, JUDGED, path="/validate/deny"))
    create = Core(cluster.client).create_namespaced_pod_with_http_info
    answers = {}
    for instance in ("unaware", "told"):
        namespace = cluster.create_namespace(f"labelled-{instance}", {INSTANCE_LABEL: instance, LABEL: "deny"})
        answers[instance] = call(create, namespace, pod(namespace, "web", BLOCKED))
    assert answers["unaware"].allowed
    assert "CVE-2026-10001" in answers["unaware"].warnings[0]
    assert answers["told"].denied


def wait_for_pods(core: Core, namespace: str, number: int) -> list[Any]:
    """Wait until exactly so many Pods are there, all of them running; they."""

    def running() -> list[Any]:
        pods = core.list_namespaced_pod(namespace).items
        fine = [
            other_pod
            for other_pod in pods
            if other_pod.status.phase == "Running" and other_pod.metadata.deletion_timestamp is None
        ]
        return fine if len(fine) == len(pods) == number else []

    found = wait_until(running, 30, f"{number} running Pods")
    assert isinstance(found, list)
    return found


def failures(core: Core, namespace: str, kind: str) -> str:
    """What the controllers of a kind were told when they could not make something."""

    def told() -> list[str]:
        events = core.list_namespaced_event(namespace).items
        return [
            event.message
            for event in events
            if event.involved_object.kind == kind and "denied the request" in event.message
        ]

    found = wait_until(told, 20, f"the event of a {kind}")
    assert isinstance(found, list)
    return str(found[-1])


# -- modes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "allowed", "warnings", "noted"),
    [
        ("deny", False, 0, {}),
        ("", False, 0, {}),
        ("strict", False, 0, {}),
        ("warn", True, 1, {"decision": "warn", "would-be": "deny"}),
        ("audit", True, 0, {"decision": "allow", "would-be": "deny"}),
        ("off", True, 0, {}),
    ],
)
def test_the_label_of_a_namespace_says_what_becomes_of_a_verdict(
    cluster: Cluster,
    core: Core,
    make: Callable[[str], str],
    mode: str,
    allowed: bool,
    warnings: int,
    noted: dict[str, str],
) -> None:
    namespace = make(mode)
    answer = call(core.create_namespaced_pod_with_http_info, namespace, pod(namespace, "web", BLOCKED))
    assert answer.allowed == allowed, answer.message
    assert len(answer.warnings) == warnings
    prefix = f"{INSTANCE}.e2e.bomgate.dev/"
    audited = {key: value for key, value in cluster.audited(namespace, "web").items() if key.startswith(prefix)}
    assert {key.removeprefix(prefix): value for key, value in audited.items() if "images" not in key} == (
        noted if allowed else {"decision": "deny"}
    )


def test_a_new_label_takes_effect_at_once(core: Core, make: Callable[[str], str]) -> None:
    namespace = make("deny")

    def passes() -> bool:
        manifest = pod(namespace, "web", BLOCKED)
        return call(core.create_namespaced_pod_with_http_info, namespace, manifest, dry_run="All").allowed

    assert not passes()
    for mode, wanted in (("off", True), ("deny", False), ("warn", True), (None, False)):
        core.patch_namespace(namespace, {"metadata": {"labels": {LABEL: mode}}})
        wait_until(lambda wanted=wanted: passes() == wanted, 20, f"the mode {mode}")


def test_an_ephemeral_container_is_denied_or_warned_about_by_the_mode(core: Core, make: Callable[[str], str]) -> None:
    debug = {"spec": {"ephemeralContainers": [{"name": "debug", "image": BLOCKED, "targetContainerName": "c0"}]}}
    for mode, allowed in (("deny", False), ("warn", True)):
        namespace = make(mode)
        core.create_namespaced_pod(namespace, pod(namespace, "web", CLEAN))
        patch = core.patch_namespaced_pod_ephemeralcontainers_with_http_info
        answer = call(patch, "web", namespace, debug)
        assert (answer.allowed, len(answer.warnings)) == (allowed, int(allowed))


# -- admitted stays admitted ----------------------------------------------------------------------------------------


def test_a_deployment_whose_image_turned_bad_scales_heals_and_restarts_and_nothing_new_comes_in(
    bomgate: Bomgate, cluster: Cluster, core: Core, make: Callable[[str], str]
) -> None:
    namespace, image = make("deny"), reference("turning-0")
    assert call(creator(cluster.client, "Deployment"), namespace, deployment(namespace, "web", image)).allowed
    (first,) = wait_for_pods(core, namespace, 1)
    turn_bad(bomgate, core, namespace, 0)
    kept = bomgate.metric("bomgate_admitted_kept_total")

    assert cluster.kubectl("-n", namespace, "scale", "deployment/web", "--replicas=3").code == 0
    pods = wait_for_pods(core, namespace, 3)
    assert bomgate.metric("bomgate_admitted_kept_total") == kept + 2
    core.delete_namespaced_pod(first.metadata.name, namespace)
    wait_for_pods(core, namespace, 3)
    assert cluster.kubectl("-n", namespace, "rollout", "restart", "deployment/web").code == 0
    ran = cluster.kubectl("-n", namespace, "rollout", "status", "deployment/web", "--timeout=30s")
    assert ran.code == 0, ran.err
    again = {wait_for_pod.metadata.name for wait_for_pod in wait_for_pods(core, namespace, 3)}
    assert again.isdisjoint(other_pod.metadata.name for other_pod in pods)
    noted = cluster.audited(namespace, next(iter(again)))
    new = call(creator(cluster.client, "Deployment"), namespace, deployment(namespace, "other", image))
    assert new.denied
    assert "CVE-2026-20000" in new.text
    assert noted.get(f"{INSTANCE}.e2e.bomgate.dev/admitted", "Deployment web") == "Deployment web"


@pytest.mark.parametrize("kind", ["StatefulSet", "Deployment"])
def test_what_is_replaced_only_when_it_is_gone_comes_back_as_well(
    bomgate: Bomgate, cluster: Cluster, core: Core, make: Callable[[str], str], kind: str
) -> None:
    number = 1 if kind == "StatefulSet" else 7
    namespace, image = make("deny"), reference(f"turning-{number}")
    manifest = workload(kind, namespace, "db", image)
    if kind == "Deployment":
        manifest["spec"]["strategy"] = {"type": "Recreate"}
    assert call(creator(cluster.client, kind), namespace, manifest).allowed
    (first,) = wait_for_pods(core, namespace, 1)
    turn_bad(bomgate, core, namespace, number)
    if kind == "StatefulSet":
        core.delete_namespaced_pod(first.metadata.name, namespace, grace_period_seconds=0)
    else:
        assert cluster.kubectl("-n", namespace, "rollout", "restart", "deployment/db").code == 0

    def replaced() -> bool:
        pods = core.list_namespaced_pod(namespace).items
        return [other_pod.status.phase for other_pod in pods] == ["Running"] and pods[
            0
        ].metadata.uid != first.metadata.uid

    wait_until(replaced, 30, "another Pod")


def test_a_made_up_owner_lets_nothing_in(
    bomgate: Bomgate, cluster: Cluster, core: Core, make: Callable[[str], str]
) -> None:
    namespace, image = make("deny"), reference("turning-3")
    call(creator(cluster.client, "ReplicaSet"), namespace, workload("ReplicaSet", namespace, "web", image))
    (running,) = wait_for_pods(core, namespace, 1)
    turn_bad(bomgate, core, namespace, 3)
    true = running.metadata.owner_references[0]
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "controller": True, "name": true.name, "uid": true.uid}
    for lie in ({"uid": "00000000-0000-0000-0000-000000000001"}, {"name": "other"}, {"kind": "StatefulSet"}):
        manifest = pod(namespace, "liar", image)
        manifest["metadata"]["ownerReferences"] = [{**owner, **lie}]
        answer = call(core.create_namespaced_pod_with_http_info, namespace, manifest, dry_run="All")
        assert answer.denied, lie
    honest = pod(namespace, "other-image", BLOCKED)
    honest["metadata"]["ownerReferences"] = [owner]
    answer = call(core.create_namespaced_pod_with_http_info, namespace, honest, dry_run="All")
    assert answer.denied, "what the owner does not run is not admit by it"


def test_a_tag_counts_as_what_runs_under_it(
    bomgate: Bomgate, cluster: Cluster, core: Core, make: Callable[[str], str]
) -> None:
    namespace, tag = make("deny"), "registry.example/shop/turning-2:1"
    assert call(creator(cluster.client, "Deployment"), namespace, deployment(namespace, "web", tag)).allowed
    (first,) = wait_for_pods(core, namespace, 1)

    def runs(image: str) -> None:
        # kwok is no container runtime, so nobody says what the container runs.
        status = {"status": {"containerStatuses": [{"name": "c0", "imageID": f"registry.example/shop/any@{image}"}]}}
        core.patch_namespaced_pod_status(first.metadata.name, namespace, status)

    turn_bad(bomgate, core, namespace, 2)
    runs(digest("clean"))
    assert cluster.kubectl("-n", namespace, "scale", "deployment/web", "--replicas=2").code == 0
    assert "CVE-2026-20002" in failures(core, namespace, "ReplicaSet")
    runs(digest("turning-2"))
    wait_for_pods(core, namespace, 2)


# -- pinning --------------------------------------------------------------------------------------------------------


def register_mutation(cluster: Cluster, bomgate: Bomgate) -> None:
    client_config = {
        "url": f"https://127.0.0.1:{bomgate.port}/mutate",
        "caBundle": base64.b64encode(bomgate.authority.pem).decode(),
    }
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"]}
    webhook = {
        "name": "pinned.e2e.bomgate.dev",
        "clientConfig": client_config,
        "rules": [rule],
        "namespaceSelector": {"matchLabels": {INSTANCE_LABEL: INSTANCE}},
        "failurePolicy": "Fail",
        "reinvocationPolicy": "IfNeeded",
        "sideEffects": "None",
        "timeoutSeconds": 3,
        "admissionReviewVersions": ["v1"],
    }
    admission = kubernetes.client.AdmissionregistrationV1Api(cluster.client)
    admission.create_mutating_webhook_configuration({"metadata": {"name": "bomgate-pins"}, "webhooks": [webhook]})


def test_tags_of_pods_get_their_digest_and_nothing_else_is_touched(
    bomgate: Bomgate, cluster: Cluster, core: Core, apps: Apps, make: Callable[[str], str]
) -> None:
    namespace = make("warn")
    register_mutation(cluster, bomgate)
    tag = "registry.example/shop/clean:1"

    def images(number: int) -> list[str]:
        made = core.create_namespaced_pod(namespace, pod(namespace, f"web-{number}", tag, CAUTION, "unknown:1", tag))
        return [container.image for container in made.spec.containers]

    numbers = iter(range(1000))
    wanted = [f"{tag}@{digest('clean')}", CAUTION, "unknown:1", f"{tag}@{digest('clean')}"]
    wait_until(lambda: images(next(numbers)) == wanted, 30, "the first pinned Pod", pause=0.2)
    made = apps.create_namespaced_deployment(namespace, deployment(namespace, "web", tag))
    assert made.spec.template.spec.containers[0].image == tag
    wait_until(
        lambda: apps.read_namespaced_deployment("web", namespace).status.available_replicas == 1, 20, "availability"
    )
    (of_deployment,) = core.list_namespaced_pod(namespace, label_selector="app=web").items
    assert of_deployment.spec.containers[0].image == f"{tag}@{digest('clean')}"
    assert bomgate.metric("bomgate_mutations_total", result="pinned") >= 2
    kubernetes.client.AdmissionregistrationV1Api(cluster.client).delete_mutating_webhook_configuration("bomgate-pins")
