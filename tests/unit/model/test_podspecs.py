"""From Kubernetes objects to workloads."""

from __future__ import annotations

import json
from typing import Any

import pytest

from webhook.errors import InvalidInput
from webhook.model.podspecs import WORKLOAD_KINDS, decode_workload, workload_of
from webhook.model.policies import ExtraKind
from webhook.model.workloads import ContainerRole

POD_SPEC = {
    "containers": [{"name": "web", "image": "web:1"}],
    "initContainers": [{"name": "init", "image": "init:1"}],
    "ephemeralContainers": [{"name": "debug", "image": "debug:1"}],
    "volumes": [{"name": "data", "emptyDir": {}}, {"name": "model", "image": {"reference": "model:1"}}],
}
PATHS = {
    "Pod": "spec",
    "PodTemplate": "template.spec",
    "ReplicationController": "spec.template.spec",
    "Deployment": "spec.template.spec",
    "ReplicaSet": "spec.template.spec",
    "StatefulSet": "spec.template.spec",
    "DaemonSet": "spec.template.spec",
    "Job": "spec.template.spec",
    "CronJob": "spec.jobTemplate.spec.template.spec",
}


def manifest(group: str, kind: str, pod_spec: Any) -> dict[str, Any]:
    content: Any = pod_spec
    for part in reversed(PATHS[kind].split(".")):
        content = {part: content}
    api_version = f"{group}/v1" if group else "v1"
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x", "namespace": "shop"}, **content}


@pytest.mark.parametrize(("group", "kind"), WORKLOAD_KINDS)
def test_every_kind_yields_all_four_places_of_images_with_their_paths(group: str, kind: str) -> None:
    document = manifest(group, kind, POD_SPEC)
    path = PATHS[kind]
    expected = [
        (ContainerRole.INIT, "init", "init:1", f"{path}.initContainers[0]"),
        (ContainerRole.CONTAINER, "web", "web:1", f"{path}.containers[0]"),
        (ContainerRole.EPHEMERAL, "debug", "debug:1", f"{path}.ephemeralContainers[0]"),
        (ContainerRole.IMAGE_VOLUME, "model", "model:1", f"{path}.volumes[1].image"),
    ]
    for workload in (workload_of(document), decode_workload(json.dumps(document).encode(), group, kind)):
        assert workload is not None
        assert [(c.role, c.name, c.image, c.path) for c in workload.containers] == expected
        assert workload.title == f"{kind} shop/x"


def test_a_kind_without_pod_spec_yields_nothing() -> None:
    assert workload_of({"apiVersion": "v1", "kind": "ConfigMap", "data": {}}) is None
    assert decode_workload(b'{"data": {}}', "", "ConfigMap") is None


def test_a_kind_of_the_same_name_in_another_group_is_not_taken_for_the_built_in_one() -> None:
    assert decode_workload(b"{}", "example.org", "Deployment") is None


@pytest.mark.parametrize("hollow", [{}, {"spec": None}, {"spec": {}}, {"spec": {"template": None}}, {"metadata": None}])
def test_missing_and_null_parts_are_an_empty_workload(hollow: dict[str, Any]) -> None:
    workload = decode_workload(json.dumps(hollow).encode(), "apps", "Deployment")
    assert workload is not None
    assert workload.containers == ()


def test_unknown_fields_of_any_shape_change_nothing() -> None:
    document = manifest(
        "", "Pod", {**POD_SPEC, "newField": [[{"containers": 5}]], "containers": [{"image": "a", "resizePolicy": 7}]}
    )
    workload = decode_workload(json.dumps(document).encode(), "", "Pod")
    assert workload is not None
    assert [c.image for c in workload.containers] == ["init:1", "a", "debug:1", "model:1"]


def test_containers_without_image_are_left_out() -> None:
    workload = workload_of(manifest("", "Pod", {"containers": [{"name": "a"}, {"name": "b", "image": ""}]}))
    assert workload is not None
    assert workload.containers == ()


def test_the_controller_owner_and_our_annotations_are_kept() -> None:
    document = manifest("", "Pod", {})
    document["metadata"] = {
        "generateName": "web-",
        "annotations": {"bomgate.dev/break-glass": "T-1", "other": "x"},
        "ownerReferences": [
            {"apiVersion": "v1", "kind": "Other", "name": "o", "uid": "1"},
            {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "2", "controller": True},
        ],
        "deletionTimestamp": "2026-01-01T00:00:00Z",
    }
    workload = decode_workload(json.dumps(document).encode(), "", "Pod")
    assert workload is not None
    assert workload.controller is not None
    assert (workload.controller.kind, workload.controller.uid) == ("ReplicaSet", "2")
    assert workload.annotations == (("bomgate.dev/break-glass", "T-1"),)
    assert workload.deleting
    assert workload.name == "web-*"


def test_a_configured_kind_is_read_by_its_path() -> None:
    extra = (ExtraKind("argoproj.io", "Rollout", "spec.template.spec"),)
    document = {"apiVersion": "argoproj.io/v1", "kind": "Rollout", "spec": {"template": {"spec": POD_SPEC}}}
    assert workload_of(document) is None
    for workload in (
        workload_of(document, extra),
        decode_workload(json.dumps(document).encode(), "argoproj.io", "Rollout", extra),
    ):
        assert workload is not None
        assert len(workload.containers) == 4
    hollow = workload_of({"apiVersion": "argoproj.io/v1", "kind": "Rollout", "spec": 5}, extra)
    assert hollow is not None
    assert hollow.containers == ()


@pytest.mark.parametrize("raw", [b'{"spec": {"containers": "x"}}', b"[]", b'{"spec":', b"\xff", b"[" * 100_000])
def test_a_wrong_shape_is_bad_input(raw: bytes) -> None:
    with pytest.raises(InvalidInput, match="not of the shape"):
        decode_workload(raw, "", "Pod")


def test_a_document_without_kind_is_bad_input() -> None:
    with pytest.raises(InvalidInput, match="no apiVersion and kind"):
        workload_of({"apiVersion": "v1"})
