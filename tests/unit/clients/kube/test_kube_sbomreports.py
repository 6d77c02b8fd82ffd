"""SBOM reports in the cluster: their names, and which of them count."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.clients.kube.apiserver import REPORTS, Answer, ApiServer
from tests.unit.clients.kube.conftest import MakeApi
from webhook.clients.kube.sbomreports import (
    ClusterReports,
    cluster_report_names,
    short_hash,
    workload_report_names,
)
from webhook.clients.trail import Trail, explain
from webhook.errors import Final, InvalidInput
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, parse_image
from webhook.model.workloads import OwnerRef, Workload
from webhook.sboms import parse

DIGEST, OTHER = Digest(f"sha256:{'a' * 64}"), Digest(f"sha256:{'b' * 64}")
IMAGE = parse_image("registry.test/team/app:1")
NAME = short_hash("registry.test/team/app:1")


def report(digest: str | None, *purls: str, **more: Any) -> dict[str, Any]:
    """A report as Trivy Operator writes it."""
    artifact = {"repository": "team/app", "tag": "1"} | ({} if digest is None else {"digest": digest})
    components = [{"bom-ref": purl, "type": "library", "name": "x", "purl": purl} for purl in purls]
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": components, **more}
    content = {"artifact": artifact, "registry": {"server": "registry.test"}, "components": bom}
    return {"apiVersion": "aquasecurity.github.io/v1alpha1", "metadata": {"name": NAME}, "report": content}


@pytest.fixture
def reports(make_api: MakeApi) -> ClusterReports:
    return ClusterReports(make_api(), parse)


@pytest.mark.parametrize(
    ("image", "name"),
    [
        # The names that Trivy Operator's own tests expect.
        ("alpine:3.12.0", "56bcdb7c95"),
        ("docker.io/library/alpine:3.12.0", "56bcdb7c95"),
        ("rancher/local-path-provisioner:v0.0.14", "79b568748c"),
        ("k8s.gcr.io/kube-apiserver:v1.21.1", "6857f776bb"),
    ],
)
def test_names_of_reports_are_those_that_trivy_operator_gives(image: str, name: str) -> None:
    assert cluster_report_names(parse_image(image)) == [name]


def test_all_digests_of_a_repository_share_a_name_and_a_tag_beside_a_digest_is_tried_too() -> None:
    by_digest = short_hash("registry.test/team/app:")
    assert cluster_report_names(parse_image(f"registry.test/team/app@{DIGEST}")) == [by_digest]
    assert cluster_report_names(parse_image(f"registry.test/team/app:1@{DIGEST}")) == [by_digest, NAME]


@pytest.mark.parametrize(
    "stated", [DIGEST, f"registry.test/team/app@{DIGEST}", f"docker-pullable://registry.test/team/app@{DIGEST}"]
)
def test_a_report_about_the_digest_gives_its_components(
    server: ApiServer, reports: ClusterReports, soon: Deadline, stated: str
) -> None:
    server.answers[f"{REPORTS}/clustersbomreports/{NAME}"] = Answer(content=report(stated, "pkg:npm/left-pad@1.3.0"))
    (sbom,) = reports.fetch(IMAGE, DIGEST, soon)
    assert [str(purl) for purl in sbom.components] == ["pkg:npm/left-pad@1.3.0"]
    assert sbom.format == "cyclonedx-json"
    assert server.asked == [f"{REPORTS}/clustersbomreports/{NAME}"], "by name, never a list"


@pytest.mark.parametrize(
    ("stated", "answer"), [(OTHER, f"about {OTHER}"), ("", "states no digest"), (None, "states no digest")]
)
def test_a_report_about_another_or_no_digest_does_not_count(
    server: ApiServer, reports: ClusterReports, soon: Deadline, stated: str | None, answer: str
) -> None:
    server.answers[f"{REPORTS}/clustersbomreports/{NAME}"] = Answer(content=report(stated, "pkg:npm/a@1.0.0"))
    trail = Trail()
    assert reports.examine(IMAGE, DIGEST, soon, trail) == ()
    assert [(look.at, look.used) for look in trail.looks] == [(f"clustersbomreports/{NAME}", False)]
    assert trail.looks[0].answer.startswith(answer)


def test_without_reports_or_their_custom_resources_there_is_no_sbom(reports: ClusterReports, soon: Deadline) -> None:
    assert reports.fetch(IMAGE, DIGEST, soon) == ()


def test_a_missing_right_is_an_error(server: ApiServer, reports: ClusterReports, soon: Deadline) -> None:
    server.refuse(f"{REPORTS}/clustersbomreports/{NAME}", 403)
    with pytest.raises(Final, match=r"get clustersbomreports\.aquasecurity\.github\.io in the cluster"):
        reports.fetch(IMAGE, DIGEST, soon)


@pytest.mark.parametrize("content", [{}, {"report": {}}, {"report": None}, b"{", {"report": {"artifact": 5}}])
def test_a_report_of_another_shape_is_unreadable(
    server: ApiServer, reports: ClusterReports, soon: Deadline, content: Any
) -> None:
    server.answers[f"{REPORTS}/clustersbomreports/{NAME}"] = Answer(content=content)
    with pytest.raises(InvalidInput, match="does not have the shape of a report"):
        reports.fetch(IMAGE, DIGEST, soon)


def test_an_sbom_that_cannot_be_read_is_unreadable_and_says_where_it_is(
    server: ApiServer, reports: ClusterReports, soon: Deadline
) -> None:
    broken = report(DIGEST, bomFormat="SPDX?")
    server.answers[f"{REPORTS}/clustersbomreports/{NAME}"] = Answer(content=broken)
    with pytest.raises(InvalidInput, match=f"clustersbomreports/{NAME}: "):
        reports.fetch(IMAGE, DIGEST, soon)


def test_namespaced_reports_are_named_after_the_controller_or_the_workload_and_the_container() -> None:
    owner = OwnerRef("apps/v1", "ReplicaSet", "web-5d8", "uid")
    pod = Workload("", "Pod", "shop", "web-5d8-x2", controller=owner)
    assert workload_report_names(pod, "app") == ["replicaset-web-5d8-app", "pod-web-5d8-x2-app"]


def test_a_name_that_is_too_long_for_a_label_is_hashed() -> None:
    job = Workload("batch", "Job", "shop", "j" * 60)
    assert workload_report_names(job, "app") == [f"job-{short_hash('j' * 60 + '-app')}"]


def test_a_workload_that_has_run_nowhere_has_no_reports() -> None:
    assert workload_report_names(Workload("", "Pod", "shop", ""), "app") == []
    assert workload_report_names(Workload("", "Pod", "", "web"), "app") == []


def test_the_report_of_a_workload_comes_before_that_of_the_cluster(
    server: ApiServer, reports: ClusterReports, soon: Deadline
) -> None:
    path = f"{REPORTS}/namespaces/shop/sbomreports/statefulset-db-app"
    server.answers[path] = Answer(content=report(DIGEST, "pkg:npm/of-the-workload@1.0.0"))
    server.answers[f"{REPORTS}/clustersbomreports/{NAME}"] = Answer(
        content=report(DIGEST, "pkg:npm/of-the-cluster@1.0.0")
    )
    source = reports.of(Workload("apps", "StatefulSet", "shop", "db"), "app")
    assert [str(purl) for purl in source.fetch(IMAGE, DIGEST, soon)[0].components] == ["pkg:npm/of-the-workload@1.0.0"]
    del server.answers[path]
    assert [str(purl) for purl in source.fetch(IMAGE, DIGEST, soon)[0].components] == ["pkg:npm/of-the-cluster@1.0.0"]


def test_an_explained_search_tells_of_the_reports(server: ApiServer, reports: ClusterReports, soon: Deadline) -> None:
    server.answers[f"{REPORTS}/clustersbomreports/{NAME}"] = Answer(content=report(DIGEST, "pkg:npm/a@1.0.0"))
    found = explain([reports], IMAGE, DIGEST, soon)
    explanation = found.as_dict()
    assert explanation["result"] == "found"
    assert explanation["looked"] == [
        {
            "place": "cluster-report",
            "at": f"clustersbomreports/{NAME}",
            "answer": "a report about this digest",
            "used": True,
            "document": found.sboms[0].document_digest,
        }
    ]
