"""Beside other webhooks: what was judged is what is stored, and what another one denies leaves nothing behind."""

from __future__ import annotations

import base64
import itertools
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import kubernetes.client
import pytest

from tests.certificates import Authority
from tests.doubles.otherwebhook import OtherWebhook, Patch, other_webhook
from tests.e2e.answers import Answer, call
from tests.e2e.catalogue import BLOCKED, CLEAN, CLEANER, CONTENTS, digest
from tests.e2e.chart.users import client_of, create_role, grant
from tests.e2e.cluster import Cluster
from tests.e2e.manifests import Manifest, deployment, pod
from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate, write_sbom
from tests.e2e.registration import INSTANCE_LABEL
from tests.e2e.rights import GRANTS, SERVE, account, define

pytestmark = pytest.mark.usefixtures("controllers")
INSTANCE, TICKET = "beside", "bomgate.dev/break-glass"
TAGS = {f"registry.example/shop/beside:{name}": name for name in ("clean", "blocked")}
Core, Apps = kubernetes.client.CoreV1Api, kubernetes.client.AppsV1Api
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def bomgate(install: Callable[..., Bomgate], cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Bomgate:
    """An installation that judges and pins; ben may use break-glass."""
    define(cluster, GRANTS)
    create_role(cluster, "beside-breaker", "bomgate.dev", ["breakglass"], ["use"])
    kubeconfig = account(cluster, INSTANCE, SERVE, tmp_path_factory.mktemp("rights"))
    kube = {"cluster": True, "kubeconfig": str(kubeconfig)}
    made: Bomgate = install(INSTANCE, kube=kube, serve={"workers": 1})
    for tag, name in TAGS.items():
        file = write_sbom(made.folder, digest(name), CONTENTS[name])
        made.run("sbom", "add", file, "--image", f"{tag}@{digest(name)}")
    configure(cluster, "Mutating", "m-bomgate", made.port, made.authority, path="/mutate")
    return made


@pytest.fixture(scope="module")
def other(cluster: Cluster, bomgate: Bomgate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OtherWebhook]:
    """Another webhook, asked before ours and after it, and to validate; it does nothing until a test says what."""
    authority = Authority()
    with other_webhook(authority.issue(), tmp_path_factory.mktemp("other")) as one:
        # Configurations are asked in the order of their names.
        configure(cluster, "Mutating", "a-other", one.port, authority, path="/before")
        configure(cluster, "Mutating", "z-other", one.port, authority, path="/after")
        configure(cluster, "Validating", "a-other", one.port, authority, path="/validate")
        namespace = cluster.create_namespace("beside-probe", {INSTANCE_LABEL: INSTANCE})

        def asked() -> bool:
            create(cluster, "admin", pod(namespace, "web", CLEAN), dry_run="All")
            return {"/before", "/after", "/validate"} <= {asked_at for asked_at, _ in one.seen}

        wait_until(asked, 30, "the first calls of the other webhook")
        yield one


@pytest.fixture
def namespace(cluster: Cluster, other: OtherWebhook) -> Iterator[str]:
    made = cluster.create_namespace(f"{INSTANCE}-{next(_numbers)}", {INSTANCE_LABEL: INSTANCE})
    for user in ("dora", "ben"):
        grant(cluster, user, "edit", made)
    grant(cluster, "ben", "beside-breaker", made)
    yield made
    other.patch, other.denies = (lambda *_: []), (lambda *_: None)


def configure(cluster: Cluster, kind: str, name: str, port: int, authority: Authority, *, path: str) -> None:
    """Register a webhook for Pods and Deployments of the namespaces of these tests."""
    webhook = {
        "name": f"{name}.other.example",
        "clientConfig": {
            "url": f"https://127.0.0.1:{port}{path}",
            "caBundle": base64.b64encode(authority.pem).decode(),
        },
        "rules": [
            {"apiGroups": [group], "apiVersions": ["v1"], "resources": [plural], "operations": ["CREATE", "UPDATE"]}
            for group, plural in (("", "pods"), ("apps", "deployments"))
        ],
        "namespaceSelector": {"matchLabels": {INSTANCE_LABEL: INSTANCE}},
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "timeoutSeconds": 5,
        "admissionReviewVersions": ["v1"],
        **({"reinvocationPolicy": "IfNeeded"} if kind == "Mutating" else {}),
    }
    manifest = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": f"{kind}WebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [webhook],
    }
    applied = cluster.kubectl("apply", "-f", "-", manifest=manifest)
    assert applied.code == 0, applied.err


def create(cluster: Cluster, user: str, manifest: Manifest, **options: Any) -> Answer:
    client = cluster.client if user == "admin" else client_of(cluster, user)
    namespace = manifest["metadata"]["namespace"]
    if manifest["kind"] == "Pod":
        return call(Core(client).create_namespaced_pod_with_http_info, namespace, manifest, **options)
    return call(Apps(client).create_namespaced_deployment_with_http_info, namespace, manifest, **options)


def under(ticket: str, manifest: Manifest) -> Manifest:
    return {**manifest, "metadata": {**manifest["metadata"], "annotations": {TICKET: ticket}}}


def to_image(image: str) -> Patch:
    return [{"op": "replace", "path": "/spec/containers/0/image", "value": image}]


def with_sidecar(made: dict[str, Any]) -> Patch:
    """Adds a container where it is not there yet: a webhook can be asked again about what others have changed."""
    sidecar = {"op": "add", "path": "/spec/containers/-", "value": {"name": "mesh", "image": BLOCKED}}
    return [] if len(made["spec"]["containers"]) > 1 else [sidecar]


def on_pods(path: str, patch: Callable[[dict[str, Any]], Patch]) -> Callable[[str, dict[str, Any]], Patch]:
    """Changes Pods that are created, when it is asked under a path."""

    def change(asked: str, request: dict[str, Any]) -> Patch:
        return patch(request["object"]) if (asked, request["kind"]["kind"]) == (path, "Pod") else []

    return change


def images(answer: Answer) -> list[str]:
    assert answer.allowed, answer.message
    return [container.image for container in answer.data.spec.containers]


@pytest.mark.parametrize("path", ["/before", "/after"])
def test_an_image_that_another_webhook_puts_in_is_judged(
    cluster: Cluster, namespace: str, other: OtherWebhook, path: str
) -> None:
    tag = "registry.example/shop/beside:blocked"
    by_tag = to_image(tag)
    wait_until(lambda: create(cluster, "dora", pod(namespace, "web", tag), dry_run="All").denied, 20, "the tag")
    for patch in (lambda _: to_image(BLOCKED), lambda _: by_tag, with_sidecar):
        other.patch = on_pods(path, patch)
        answer = create(cluster, "dora", pod(namespace, "web", CLEAN))
        assert answer.denied, answer.message
        assert "CVE-2026-10001" in answer.text
    other.patch = on_pods(path, lambda _: to_image(CLEANER))
    assert images(create(cluster, "dora", pod(namespace, "web", BLOCKED))) == [CLEANER], "what is stored is judged"


@pytest.mark.parametrize("path", ["/before", "/after"])
def test_a_tag_that_another_webhook_puts_in_is_pinned_to_what_was_judged(
    cluster: Cluster, namespace: str, other: OtherWebhook, path: str
) -> None:
    tag = "registry.example/shop/beside:clean"

    def swap(made: dict[str, Any]) -> Patch:
        return [] if "beside:clean" in made["spec"]["containers"][0]["image"] else to_image(tag)

    other.patch = on_pods(path, swap)
    answer = create(cluster, "dora", pod(namespace, "web", "registry.example/shop/beside:blocked"))
    assert images(answer) == [f"{tag}@{digest('clean')}"]


@pytest.mark.parametrize("path", ["/before", "/after"])
def test_a_ticket_that_another_webhook_sets_or_takes_off_is_what_counts(
    cluster: Cluster, namespace: str, other: OtherWebhook, path: str
) -> None:
    def annotate(made: dict[str, Any]) -> Patch:
        return [{"op": "add", "path": "/metadata/annotations", "value": {TICKET: f"INC-{path}"}}]

    other.patch = on_pods(path, annotate)
    answer = create(cluster, "dora", pod(namespace, "web", BLOCKED))
    assert answer.denied
    assert "dora may not use breakglass.bomgate.dev" in answer.text
    other.patch = on_pods(path, lambda _: [{"op": "replace", "path": "/metadata/annotations", "value": {}}])
    answer = create(cluster, "ben", under("INC-1", pod(namespace, "web", BLOCKED)))
    assert answer.denied
    assert grants(cluster, namespace) == []
    other.patch = lambda *_: []
    assert create(cluster, "ben", under("INC-1", pod(namespace, "web", BLOCKED))).allowed


def grants(cluster: Cluster, namespace: str) -> list[dict[str, Any]]:
    custom = kubernetes.client.CustomObjectsApi(cluster.client)
    items = custom.list_namespaced_custom_object("bomgate.dev", "v1alpha1", namespace, "breakglassgrants")["items"]
    return [{**item["spec"], **item.get("status", {})} for item in items]


def test_a_ticket_of_a_change_that_another_webhook_denies_is_not_used_up(
    cluster: Cluster, namespace: str, other: OtherWebhook
) -> None:
    web = under("INC-1", deployment(namespace, "web", BLOCKED))
    other.denies = lambda path, _: "not today" if path == "/validate" else None
    for _ in range(2):
        answer = create(cluster, "ben", web)
        assert not answer.allowed
        assert "not today" in answer.message
    other.denies = lambda *_: None
    other_object = under("INC-1", deployment(namespace, "other", BLOCKED))
    answer = create(cluster, "ben", other_object)
    assert answer.allowed, answer.message
    wait_until(lambda: [made for made in grants(cluster, namespace) if "confirmedAt" in made], 20, "the confirmation")
    (kept,) = grants(cluster, namespace)
    assert kept["workload"]["name"] == "other"
    assert "was used for Deployment other" in create(cluster, "ben", web).text
    pods = Core(cluster.client).list_namespaced_pod
    wait_until(lambda: pods(namespace).items, 30, "its Pod")


def test_an_admission_that_another_webhook_denies_is_not_noted(
    bomgate: Bomgate, cluster: Cluster, namespace: str, other: OtherWebhook
) -> None:
    tag = "registry.example/shop/beside:clean"
    made = create(cluster, "dora", deployment(namespace, "web", CLEAN))
    assert made.allowed, made.message
    uid = made.data.metadata.uid

    def noted() -> bool:
        with closing(sqlite3.connect(bomgate.database)) as database:
            return bool(database.execute("SELECT 1 FROM admissions WHERE uid = ?", (uid,)).fetchall())

    other.denies = lambda path, _: "not today" if path == "/validate" else None
    patch = Apps(client_of(cluster, "dora")).patch_namespaced_deployment_with_http_info
    for _ in range(3):
        assert "not today" in call(patch, "web", namespace, deployment(namespace, "web", tag)).message
    time.sleep(12)  # two looks, and the time until notes are written
    assert not noted()
    other.denies = lambda *_: None
    assert call(patch, "web", namespace, deployment(namespace, "web", tag)).allowed
    wait_until(noted, 30, "the note")
