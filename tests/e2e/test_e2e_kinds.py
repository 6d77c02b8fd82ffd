"""A kind of an operator, judged by the product on a real API server."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import kubernetes.client
import pytest

from tests.certificates import Authority
from tests.e2e.catalogue import BLOCKED, CLEAN
from tests.e2e.cluster import Cluster
from tests.e2e.manifests import containers
from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate
from tests.e2e.registration import INSTANCE_LABEL, Registration

GROUP = "jobset.x-k8s.io"
PATH = "spec.replicatedJobs[*].template.spec.template.spec"


@pytest.fixture(scope="module")
def place(
    cluster: Cluster, install: Callable[..., Bomgate], new_namespace: Callable[..., str], authority: Authority
) -> str:
    """A namespace in which JobSets are judged."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"openAPIV3Schema": anything}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema, "subresources": {"status": {}}}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"jobsets.{GROUP}",
            "annotations": {"api-approved.kubernetes.io": "unapproved, for a test"},
        },
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"plural": "jobsets", "singular": "jobset", "kind": "JobSet"},
            "versions": [version],
        },
    }
    ran = cluster.kubectl("apply", "-f", "-", manifest=definition)
    assert ran.code == 0, ran.err
    wait_until(lambda: cluster.kubectl("get", "jobsets", "-A").code == 0, 60, "the custom resource")
    bomgate = install("kinds", policy={"kinds": [{"group": GROUP, "kind": "JobSet", "podSpecPath": PATH}]})
    rules = [(GROUP, ["jobsets", "jobsets/*"], ["*"])]
    manifest = Registration("kinds", bomgate.port, authority.pem, rules).manifest()
    manifest["metadata"]["name"] = "bomgate-kinds-more"
    manifest["webhooks"][0]["name"] = "more.kinds.e2e.bomgate.dev"
    kubernetes.client.AdmissionregistrationV1Api(cluster.client).create_validating_webhook_configuration(manifest)
    namespace = new_namespace("kinds")
    probe = job_set(namespace, "probe", BLOCKED)
    wait_until(lambda: cluster.kubectl("create", "-f", "-", "--dry-run=server", manifest=probe).code, 60, "a denial")
    return namespace


def job_set(namespace: str, name: str, *images: str) -> dict[str, Any]:
    """A JobSet with a Job an image."""
    jobs = [
        {"name": f"j{number}", "template": {"spec": {"template": {"spec": {"containers": containers(image)}}}}}
        for number, image in enumerate(images)
    ]
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": f"{GROUP}/v1", "kind": "JobSet", "metadata": metadata, "spec": {"replicatedJobs": jobs}}


def test_every_template_in_a_list_is_judged_and_the_message_names_it(cluster: Cluster, place: str) -> None:
    ran = cluster.kubectl("create", "-f", "-", manifest=job_set(place, "js", CLEAN, BLOCKED))
    assert ran.code == 1
    assert "spec.replicatedJobs[1].template.spec.template.spec.containers[0] (c0)" in ran.err
    assert "CVE-2026-10001" in ran.err


def test_an_update_may_not_bring_what_a_creation_may_not_and_all_of_it_can_go(cluster: Cluster, place: str) -> None:
    assert cluster.kubectl("create", "-f", "-", manifest=job_set(place, "up", CLEAN)).code == 0
    brought = cluster.kubectl("replace", "-f", "-", manifest=job_set(place, "up", CLEAN, BLOCKED))
    assert "CVE-2026-10001" in brought.err
    labelled = cluster.kubectl("label", "jobset/up", "-n", place, "a=b")
    assert labelled.code == 0, labelled.err
    # Of a shape in which nothing can be read: it can still go.
    odd = cluster.kubectl(
        *("patch", "jobset/up", "-n", place, "--type=merge", "-p", json.dumps({"spec": {"replicatedJobs": "odd"}}))
    )
    assert "could not decide" in odd.err
    gone = cluster.kubectl("delete", "jobset/up", "-n", place, "--timeout=30s")
    assert gone.code == 0, gone.err


def test_what_has_no_pod_spec_where_it_should_be_is_let_in_with_a_warning(cluster: Cluster, place: str) -> None:
    ran = cluster.kubectl("create", "-f", "-", manifest=job_set(place, "empty"))
    assert ran.code == 0, ran.err
    assert f"bomgate found no image in this JobSet: nothing at {PATH}" in ran.err
    assert cluster.kubectl("get", "namespace", place, "-o", f"jsonpath={{.metadata.labels.{INSTANCE_LABEL}}}").code == 0
