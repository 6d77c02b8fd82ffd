"""What is denied on a real API server, and what people get to read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import kubernetes.client
import pytest

from tests.e2e.answers import Answer, call
from tests.e2e.catalogue import BLOCKED, CAUTION, CLEAN, PARSER, PROVISIONED, digest
from tests.e2e.cluster import Cluster
from tests.e2e.manifests import SPEC_PATHS, WORKLOADS, creator, deployment, pod, workload
from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate, write_sbom

DENIAL = [
    rf"{{title}} is denied: image {re.escape(BLOCKED)}: "
    r"CVE-2026-10001 CVSS 9\.8 in maven/org\.example\.web/parser@2\.14\.1 Blocked\.",
    rf"{{path}} \(c0\): {re.escape(BLOCKED)}",
    rf"  digest: {digest('blocked')}",
    r"  - pkg:maven/org\.example\.web/parser@2\.14\.1: CVE-2026-10001 \(CVSS 9\.8, Critical\)",
    r"    CWE-502: Deserialization of Untrusted Data",
    r"    Blocked by auto-assess \(.*9\.0.*10\.0.*\) on (?P<on>[\d-]+), until (?P<until>[\d-]+) \d\d:\d\d UTC",
    r"What to do:",
    r"- use a version of the package, or an image, that does not have the vulnerability",
    r"- if it is harmless here: bomgate assess CVE-2026-10001 --package pkg:maven/org\.example\.web/parser "
    r"--type Ignore --comment '<why>'",
    r"- to ask for an exception: (create an AssessmentRequest in the namespace; "
    r"`kubectl explain assessmentrequest\.spec` says how|"
    r"bomgate requests create CVE-2026-10001 --package pkg:maven/org\.example\.web/parser "
    r"--namespace '<namespace>' --reason '<why>' --days 30)",
]
"""The lines of a denial, as patterns."""


def assert_full_denial(text: str, title: str, path: str) -> None:
    """Every line of the message, and the 30 days of the recommended Blocked."""
    lines = text.splitlines()
    matches = [
        re.fullmatch(pattern.format(title=re.escape(title), path=re.escape(path)) if "{" in pattern else pattern, line)
        for pattern, line in zip(DENIAL, lines, strict=True)
    ]
    assert all(matches), text
    days = {key: value for match in matches if match for key, value in match.groupdict().items()}
    assert dt.date.fromisoformat(days["until"]) - dt.date.fromisoformat(days["on"]) == dt.timedelta(days=30)


@pytest.fixture
def create_pod(core: kubernetes.client.CoreV1Api, namespace: str) -> Callable[..., Answer]:
    """Creates a Pod in this test's namespace."""

    def create(name: str, *images: str, dry_run: str | None = None, **spec: object) -> Answer:
        manifest = pod(namespace, name, *images, **spec)
        return call(core.create_namespaced_pod_with_http_info, namespace, manifest, dry_run=dry_run)

    return create


def test_a_deployment_with_a_blocked_component_is_denied_with_the_whole_story(cluster: Cluster, namespace: str) -> None:
    answer = call(
        creator(cluster.client, "Deployment"), namespace, deployment(namespace, "web", BLOCKED, CLEAN), dry_run="All"
    )
    assert answer.denied
    assert (answer.status, answer.reason) == (403, "Forbidden")
    assert answer.message.startswith('admission webhook "main.e2e.bomgate.dev" denied the request: ')
    assert_full_denial(answer.text, f"Deployment {namespace}/web", "spec.template.spec.containers[0]")


def test_a_pod_with_a_blocked_component_is_denied_with_the_whole_story(
    create_pod: Callable[..., Answer], core: kubernetes.client.CoreV1Api, namespace: str
) -> None:
    answer = create_pod("web", BLOCKED)
    assert answer.denied
    assert_full_denial(answer.text, f"Pod {namespace}/web", "spec.containers[0]")
    assert core.list_namespaced_pod(namespace).items == []


def test_kubectl_shows_the_whole_denial_and_exits_with_1(cluster: Cluster, namespace: str) -> None:
    ran = cluster.kubectl("apply", "-f", "-", manifest=pod(namespace, "web", BLOCKED))
    head, _, text = ran.err.partition("denied the request: ")
    assert ran.code == 1
    assert head == (
        'Error from server (Forbidden): error when creating "STDIN": admission webhook "main.e2e.bomgate.dev" '
    )
    assert_full_denial(text.rstrip("\n"), f"Pod {namespace}/web", "spec.containers[0]")


@pytest.mark.parametrize("kind", WORKLOADS)
def test_every_kind_of_workload_is_denied_and_allowed(cluster: Cluster, namespace: str, kind: str) -> None:
    create = creator(cluster.client, kind)
    path = SPEC_PATHS.get(kind, "spec.template.spec")

    denied = call(create, namespace, workload(kind, namespace, "bad", CLEAN, BLOCKED))
    assert denied.denied
    assert denied.text.startswith(f"{kind} {namespace}/bad is denied: image {BLOCKED}")
    assert f"{path}.containers[1] (c1): {BLOCKED}" in denied.text

    allowed = call(create, namespace, workload(kind, namespace, "good", CLEAN))
    assert allowed.allowed
    assert allowed.warnings == ()


def test_an_init_container_is_denied(create_pod: Callable[..., Answer]) -> None:
    answer = create_pod("web", CLEAN, initContainers=[{"name": "prepare", "image": BLOCKED}])
    assert answer.denied
    assert f"spec.initContainers[0] (prepare): {BLOCKED}" in answer.text


def test_an_image_volume_is_denied(create_pod: Callable[..., Answer]) -> None:
    answer = create_pod("web", CLEAN, volumes=[{"name": "data", "image": {"reference": BLOCKED}}])
    assert answer.denied
    assert f"spec.volumes[0].image (data): {BLOCKED}" in answer.text


def test_an_ephemeral_container_is_denied_or_allowed_through_its_own_subresource(
    create_pod: Callable[..., Answer], core: kubernetes.client.CoreV1Api, namespace: str
) -> None:
    assert create_pod("web", CLEAN).allowed
    attach = core.patch_namespaced_pod_ephemeralcontainers_with_http_info

    def debug(name: str, image: str) -> Answer:
        patch = {"spec": {"ephemeralContainers": [{"name": name, "image": image}]}}
        return call(attach, "web", namespace, patch)

    denied = debug("bad", BLOCKED)
    assert denied.denied
    assert f"spec.ephemeralContainers[0] (bad): {BLOCKED}" in denied.text
    assert debug("good", CLEAN).allowed
    running = core.read_namespaced_pod("web", namespace)
    assert [container.name for container in running.spec.ephemeral_containers] == ["good"]


def test_kubectl_debug_with_a_blocked_image_is_denied(
    create_pod: Callable[..., Answer], cluster: Cluster, namespace: str
) -> None:
    assert create_pod("web", CLEAN).allowed
    ran = cluster.kubectl("-n", namespace, "debug", "web", f"--image={BLOCKED}", "--attach=false")
    assert ran.code == 1
    assert "CVE-2026-10001" in ran.err


def test_a_provisioned_assessment_denies_with_its_comment_and_its_end(create_pod: Callable[..., Answer]) -> None:
    answer = create_pod("web", PROVISIONED)
    assert answer.denied
    assert "pkg:nuget/shop.legacy@4.0.0: CVE-2026-10005 (CVSS 6.1, Medium)" in answer.text
    assert re.search(r"Blocked by \S+ on [\d-]+, until 2099-01-01 00:00 UTC", answer.text)
    assert "comment: out of support" in answer.text


def test_an_image_that_is_only_known_by_its_tag_is_denied(main: Bomgate, create_pod: Callable[..., Answer]) -> None:
    document = write_sbom(main.folder, digest("tagged"), [PARSER])
    main.run("sbom", "add", document, "--image", f"registry.example/shop/tagged:7@{digest('tagged')}")
    wait_until(lambda: create_pod("web", "registry.example/shop/tagged:7", dry_run="All").denied, 20, "the denial")
    answer = create_pod("web", "registry.example/shop/tagged:7")
    assert f"digest: {digest('tagged')}" in answer.text


def test_an_sbom_in_the_directory_is_found_by_the_first_pod_that_needs_it(
    main: Bomgate, create_pod: Callable[..., Answer]
) -> None:
    write_sbom(main.sboms, digest("delivered"), [PARSER])
    answer = create_pod("web", f"registry.example/shop/delivered@{digest('delivered')}")
    assert answer.denied
    assert "CVE-2026-10001" in answer.text


@pytest.mark.parametrize(("image", "word"), [(BLOCKED, "deny"), (CAUTION, "warn"), (CLEAN, "allow")])
def test_the_audit_log_keeps_the_decision(
    cluster: Cluster, create_pod: Callable[..., Answer], namespace: str, image: str, word: str
) -> None:
    create_pod("web", image)
    annotations = wait_until(lambda: cluster.audited(namespace, "web"), 20, "the entry")
    assert annotations["main.e2e.bomgate.dev/decision"] == word


def test_what_every_container_has_to_be_told_is_told_once_per_image(create_pod: Callable[..., Answer]) -> None:
    answer = create_pod("web", BLOCKED, BLOCKED)
    assert answer.denied
    assert f"spec.containers[0] (c0), spec.containers[1] (c1): {BLOCKED}" in answer.text
    assert answer.text.count("CWE-502") == 1
