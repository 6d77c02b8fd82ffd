"""Custom resources: assessment types and assessments as objects in the cluster, which decide and tell their status."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import kubernetes.client
import pytest

from tests.e2e.answers import call
from tests.e2e.catalogue import reference
from tests.e2e.chart.installation import Installation
from tests.e2e.chart.users import client_of, grant
from tests.e2e.deciding import TryPod, pod_trier

NewNamespace = Callable[..., str]
GROUP, VERSION = "bomgate.dev", "v1alpha1"


def resource(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    if kind == "Assessment":
        spec = {"author": "admin", **spec}  # as whom kubectl asks here
    return {"apiVersion": f"{GROUP}/{VERSION}", "kind": kind, "metadata": {"name": name}, "spec": spec}


OBJECTS = [
    resource("AssessmentType", "forbidden", action="deny", expiresAfterDays=30, description="not here"),
    resource("AssessmentType", "too-wide", action="warn", autoAssess={"min": 6.0, "max": 9.5}),
    resource("Assessment", "turning-1", vulnerability="CVE-2026-20001", type="Forbidden", comment="exploited"),
    resource("Assessment", "turning-2", vulnerability="CVE-2026-20002", type="Blocked", until="2020-01-01"),
    resource("Assessment", "turning-3", vulnerability="CVE-2026-20003", type="NoSuchType"),
]


@pytest.fixture(scope="module")
def try_pod(installation: Installation, new_namespace: NewNamespace) -> TryPod:
    """Asks whether a Pod would be admitted."""
    return pod_trier(installation.cluster.client, new_namespace("deny"))


@pytest.fixture(scope="module")
def objects(installation: Installation, try_pod: TryPod) -> Iterator[dict[str, Any]]:
    """The objects, applied; kind and name → the object with its status."""
    assert try_pod(reference("turning-1")).allowed
    ran = installation.cluster.kubectl("apply", "-f", "-", manifest=OBJECTS)
    assert ran.code == 0, ran.err
    kinds = "assessmenttypes,assessments"

    def told() -> dict[str, Any]:
        found = {f"{item['kind']} {item['metadata']['name']}": item for item in installation.get(kinds)}
        return found if all("status" in item for item in found.values()) else {}

    yield installation.kubelet.wait(told, 60, "a status of each object")
    # Read-only everywhere else: who deletes the objects takes their effect back.
    assert installation.cluster.kubectl("delete", kinds, "--all").code == 0
    installation.kubelet.wait(lambda: try_pod(reference("turning-1")).allowed, 60, "the end of the denial")


def ready(one: Any) -> tuple[str, str]:
    (condition,) = one["status"]["conditions"]
    assert condition["type"] == "Ready"
    return condition["status"], condition["reason"]


def test_the_status_says_what_is_in_force_and_what_is_wrong(objects: dict[str, Any]) -> None:
    assert ready(objects["AssessmentType forbidden"])[0] == "True"
    assert ready(objects["AssessmentType too-wide"]) == ("False", "Overlaps")
    assert ready(objects["Assessment turning-1"])[0] == "True"
    assert ready(objects["Assessment turning-3"]) == ("False", "UnknownType")


def test_an_assessment_says_how_many_images_it_touches_and_until_when(
    installation: Installation, objects: dict[str, Any]
) -> None:
    def counted() -> Any:
        return installation.get("assessment", "turning-1")["status"].get("images")

    assert installation.kubelet.wait(counted, 90, "the number of images") == 1
    assert "until" in objects["Assessment turning-1"]["status"]
    listed = installation.cluster.kubectl("get", "assessments").out.splitlines()
    assert listed[0].split()[:6] == ["NAME", "VULNERABILITY", "PACKAGE", "TYPE", "UNTIL", "IMAGES"]


@pytest.mark.usefixtures("objects")
def test_a_type_and_an_assessment_of_the_cluster_deny(installation: Installation, try_pod: TryPod) -> None:
    installation.kubelet.wait(lambda: try_pod(reference("turning-1")).denied, 30, "the denial")
    answer = try_pod(reference("turning-1"))
    assert "Forbidden" in answer.text or "forbidden" in answer.text
    assert "exploited" in answer.text


def test_an_old_file_is_applied_without_effect(objects: dict[str, Any], try_pod: TryPod) -> None:
    assert objects["Assessment turning-2"]["status"]["expired"] is True
    assert try_pod(reference("turning-2")).allowed


@pytest.mark.parametrize(
    ("name", "spec", "complaint"),
    [
        ("date", {"vulnerability": "CVE-1", "type": "Blocked", "until": "soon"}, "spec.until"),
        ("package", {"vulnerability": "CVE-1", "type": "Blocked", "package": "log4j"}, "spec.package"),
        ("typo", {"vulnerability": "CVE-1", "type": "Blocked", "name_space": "shop"}, "name_space"),
    ],
)
@pytest.mark.usefixtures("installation")
def test_what_is_malformed_is_refused_by_the_api_server(
    installation: Installation, name: str, spec: dict[str, str], complaint: str
) -> None:
    manifest = resource("Assessment", name, **spec)
    ran = installation.cluster.kubectl("apply", "--validate=strict", "-f", "-", manifest=manifest)
    assert ran.code != 0
    assert complaint in ran.err


def test_assessments_are_written_by_editors_and_read_by_viewers(installation: Installation) -> None:
    for user, role in (("vic", "view"), ("edna", "bomgate-editor")):
        grant(installation.cluster, user, role)
    manifest = resource("Assessment", "by-somebody", vulnerability="CVE-1", type="Ignore", author="edna")
    for user, status in (("vic", 403), ("edna", 201)):
        api = kubernetes.client.CustomObjectsApi(client_of(installation.cluster, user))
        create = api.create_cluster_custom_object_with_http_info
        assert call(create, GROUP, VERSION, "assessments", manifest, dry_run="All").status == status
        listed = call(api.list_cluster_custom_object_with_http_info, GROUP, VERSION, "assessments")
        assert listed.status == 200
