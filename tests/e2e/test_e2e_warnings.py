"""What is allowed with a warning on a real API server, and that the warning arrives whole."""

from __future__ import annotations

import kubernetes.client

from tests.e2e.answers import Answer, call
from tests.e2e.catalogue import CAUTION, CLEAN, CROWD, HARMLESS, UNASSESSED, digest, reference
from tests.e2e.cluster import Cluster
from tests.e2e.manifests import creator, deployment, pod
from tests.e2e.product import Bomgate, write_sbom

CAUTION_LINE = f"containers[0] (c0): {CAUTION[:99]}…: CVE-2026-10003 CVSS 7.5 in npm/%40shop/trim@1.2.0 Caution"


def try_pod(core: kubernetes.client.CoreV1Api, namespace: str, *images: str) -> Answer:
    """Create a Pod."""
    return call(core.create_namespaced_pod_with_http_info, namespace, pod(namespace, "web", *images))


def test_caution_lets_a_deployment_through_with_a_warning(cluster: Cluster, namespace: str) -> None:
    answer = call(creator(cluster.client, "Deployment"), namespace, deployment(namespace, "web", CAUTION, replicas=0))
    assert answer.allowed
    assert answer.warnings == (CAUTION_LINE,)


def test_an_unassessed_vulnerability_lets_a_pod_through_with_a_warning(
    core: kubernetes.client.CoreV1Api, namespace: str
) -> None:
    answer = try_pod(core, namespace, UNASSESSED)
    assert answer.allowed
    assert len(answer.warnings) == 1
    assert answer.warnings[0].endswith("CVE-2026-10004 CVSS 5.0 in pypi/queue-tools@3.1 unassessed")


def test_a_clean_pod_gets_no_warning(core: kubernetes.client.CoreV1Api, namespace: str) -> None:
    answer = try_pod(core, namespace, CLEAN)
    assert answer.allowed
    assert answer.warnings == ()


def test_kubectl_prints_the_warning(cluster: Cluster, namespace: str) -> None:
    ran = cluster.kubectl("apply", "-f", "-", manifest=pod(namespace, "web", CAUTION))
    assert ran.code == 0
    assert ran.err == f"Warning: {CAUTION_LINE}\n"


def test_kubectl_can_be_told_to_fail_on_a_warning(cluster: Cluster, namespace: str) -> None:
    ran = cluster.kubectl("apply", "--warnings-as-errors", "-f", "-", manifest=pod(namespace, "web", CAUTION))
    assert ran.code == 1


def test_fourteen_images_get_ten_warnings_and_the_last_counts_the_rest(
    core: kubernetes.client.CoreV1Api, namespace: str
) -> None:
    answer = try_pod(core, namespace, *map(reference, CROWD))
    assert answer.allowed
    assert len(answer.warnings) == 10
    assert answer.warnings[-1] == "and 5 more images, see `bomgate check`"
    assert all("CVE-2026-10003" in line and len(line) <= 250 for line in answer.warnings[:9])


def test_control_characters_and_long_names_do_not_cost_a_warning(
    cluster: Cluster, core: kubernetes.client.CoreV1Api, namespace: str
) -> None:
    strange = "registry.example/shop/näme\x1b[31m\twith\nlines:1"
    answer = try_pod(core, namespace, reference("odd"), strange)
    assert answer.allowed
    assert len(answer.warnings) == 2
    assert all(line.isprintable() and len(line) <= 250 for line in answer.warnings)
    assert any("CVSS 8.1 in npm/very-very-" in line for line in answer.warnings)

    ran = cluster.kubectl("apply", "--dry-run=server", "-f", "-", manifest=pod(namespace, "other", reference("odd")))
    assert "CVSS 8.1 in npm/very-very-" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_an_image_without_an_sbom_is_allowed_with_a_warning_that_says_so(
    core: kubernetes.client.CoreV1Api, namespace: str
) -> None:
    answer = try_pod(core, namespace, f"registry.example/shop/unheard-of@{digest('unheard-of')}")
    assert answer.allowed
    assert len(answer.warnings) == 1
    assert "No SBOM of this image was found" in answer.warnings[0]


def test_a_component_that_nobody_has_asked_about_is_unknown_and_not_clean(
    main: Bomgate, core: kubernetes.client.CoreV1Api, namespace: str
) -> None:
    write_sbom(main.sboms, digest("fresh"), [*HARMLESS, "pkg:pypi/never-asked@1.0"])
    answer = try_pod(core, namespace, f"registry.example/shop/fresh@{digest('fresh')}")
    assert answer.allowed
    assert len(answer.warnings) == 1
    assert "1 of 3 components is unknown: no vulnerability source has answered for them" in answer.warnings[0]
