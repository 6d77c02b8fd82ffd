"""Trivy Operator's reports on a real API server, with custom resources of the same names as its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes.client
import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.processes import wait_until
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.connection import connect, server_of
from webhook.clients.kube.options import KubeOptions
from webhook.clients.kube.sbomreports import CLUSTER, GROUP, NAMESPACED, VERSION, ClusterReports, cluster_report_names
from webhook.clients.machine import SystemClock
from webhook.errors import Final
from webhook.model.components import Sbom
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, parse_image
from webhook.model.workloads import OwnerRef, Workload
from webhook.sboms import parse

ROOT = Path(__file__).resolve().parents[2]
DIGEST, OTHER = Digest(f"sha256:{'c' * 64}"), Digest(f"sha256:{'d' * 64}")
IMAGE, UNKNOWN = parse_image("registry.test/team/reported:1"), parse_image("registry.test/team/unknown:1")
POD = Workload("", "Pod", "default", "web-5d8-x", controller=OwnerRef("apps/v1", "ReplicaSet", "web-5d8", "uid"))


def soon() -> Deadline:
    return Deadline(SystemClock().monotonic() + 20)


def definition(plural: str, kind: str, scope: str) -> dict[str, Any]:
    """A custom resource that takes any content; the operator's own has the same group, version and names."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": VERSION, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {"group": GROUP, "scope": scope, "names": names, "versions": [version]},
    }


def report(kind: str, name: str, digest: str, *names: str) -> dict[str, Any]:
    components = [
        {"bom-ref": str(number), "type": "library", "name": name, "version": "1", "purl": f"pkg:npm/{name}@1.0.0"}
        for number, name in enumerate(names)
    ]
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": components}
    artifact = {"repository": "team/reported", "tag": "1", "digest": digest}
    content = {"artifact": artifact, "registry": {"server": "registry.test"}, "components": bom}
    return {"apiVersion": f"{GROUP}/{VERSION}", "kind": kind, "metadata": {"name": name}, "report": content}


def names(sboms: Any) -> list[str]:
    found: list[Sbom] = list(sboms)
    return [str(purl) for sbom in found for purl in sbom.components]


@pytest.fixture(scope="module")
def api(cluster: Cluster) -> Iterator[KubeApi]:
    """The API server, reached with a kubeconfig file."""
    options = KubeOptions(kubeconfig=cluster.kubeconfig)
    made = KubeApi(connect(options, {}, SystemClock()), options, SystemClock())
    yield made
    made.close()


@pytest.fixture(scope="module")
def before(api: KubeApi) -> list[str]:
    """What is found while the cluster does not know of such reports."""
    reports = ClusterReports(api, parse)
    return names(reports.fetch(IMAGE, DIGEST, soon())) + names(reports.of(POD, "app").fetch(IMAGE, DIGEST, soon()))


@pytest.fixture(scope="module")
def reports(cluster: Cluster, api: KubeApi, before: list[str]) -> ClusterReports:
    definitions = kubernetes.client.ApiextensionsV1Api(cluster.client)
    for arguments in ((CLUSTER[2], "ClusterSbomReport", "Cluster"), (NAMESPACED[2], "SbomReport", "Namespaced")):
        definitions.create_custom_resource_definition(definition(*arguments))
    (name,) = cluster_report_names(IMAGE)
    custom = kubernetes.client.CustomObjectsApi(cluster.client)

    def created() -> bool:
        try:
            custom.create_cluster_custom_object(*CLUSTER, report("ClusterSbomReport", name, DIGEST, "of-the-cluster"))
            custom.create_namespaced_custom_object(
                *NAMESPACED[:2],
                "default",
                NAMESPACED[2],
                report("SbomReport", "replicaset-web-5d8-app", f"registry.test/team/reported@{DIGEST}", "of-web"),
            )
        except kubernetes.client.ApiException as problem:
            if problem.status == 404:
                return False
            raise
        return True

    wait_until(created, 20, "the API server knowing its new resources", pause=0.2)
    return ClusterReports(api, parse)


def test_without_the_custom_resources_there_is_no_sbom_and_no_error(before: list[str]) -> None:
    assert before == []


def test_the_report_about_a_digest_is_found_by_its_name(reports: ClusterReports) -> None:
    assert names(reports.fetch(IMAGE, DIGEST, soon())) == ["pkg:npm/of-the-cluster@1.0.0"]


def test_a_report_about_another_digest_of_the_tag_does_not_count(reports: ClusterReports) -> None:
    assert names(reports.fetch(IMAGE, OTHER, soon())) == []


def test_an_image_without_a_report_has_none(reports: ClusterReports) -> None:
    assert names(reports.fetch(UNKNOWN, DIGEST, soon())) == []


def test_the_report_of_the_controller_of_a_pod_comes_first(reports: ClusterReports) -> None:
    assert names(reports.of(POD, "app").fetch(IMAGE, DIGEST, soon())) == ["pkg:npm/of-web@1.0.0"]
    assert names(reports.of(POD, "other").fetch(IMAGE, DIGEST, soon())) == ["pkg:npm/of-the-cluster@1.0.0"]


def test_without_the_right_the_missing_one_is_named(cluster: Cluster, reports: ClusterReports) -> None:
    core = kubernetes.client.CoreV1Api(cluster.client)
    request = {"spec": {"audiences": [], "expirationSeconds": 3600}}
    token = core.create_namespaced_service_account_token("default", "default", request).status.token
    configuration = kubernetes.client.Configuration(host=cluster.url)
    configuration.ssl_ca_cert = str(cluster.certificate)
    configuration.api_key = {"authorization": f"Bearer {token}"}
    api = KubeApi(server_of(configuration), KubeOptions(), SystemClock())
    with pytest.raises(Final, match=r"get clustersbomreports\.aquasecurity\.github\.io in the cluster") as caught:
        ClusterReports(api, parse).fetch(IMAGE, DIGEST, soon())
    api.close()
    assert "ClusterRole in the cluster with the verb get on the resource clustersbomreports" in caught.value.remedy


def test_an_api_server_that_is_not_to_be_trusted_gets_no_token(cluster: Cluster) -> None:
    configuration = kubernetes.client.Configuration(host=cluster.url)
    configuration.api_key = {"authorization": "Bearer secret"}
    api = KubeApi(server_of(configuration), KubeOptions(), SystemClock())
    with pytest.raises(Final, match="certificate of the API server is not trusted"):
        ClusterReports(api, parse).fetch(IMAGE, DIGEST, soon())
    api.close()


def test_the_product_reads_them_when_the_settings_say_so(
    reports: ClusterReports, cluster: Cluster, tmp_path: Path
) -> None:
    settings = {
        "database": {"url": f"sqlite:///{tmp_path / 'bomgate.db'}"},
        "sbom": {"sources": ["clusterReports"]},
        "kube": {"kubeconfig": str(cluster.kubeconfig)},
    }
    config = tmp_path / "bomgate.json"
    config.write_text(json.dumps(settings))
    image = f"{IMAGE.text}@{DIGEST}"
    command = [sys.executable, "-m", "webhook", "sbom", "fetch", image, "--output", "json", "--config", str(config)]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["result"], told["components"]["usable"]) == ("found", 1)
