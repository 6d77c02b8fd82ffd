"""From Kubernetes objects to workloads."""

from __future__ import annotations

import json
from typing import Any

import pytest

from webhook.errors import InvalidInput
from webhook.model.fieldpaths import parse_field_path
from webhook.model.kinds import WORKLOAD_KINDS
from webhook.model.objects import decode_workload, workload_of
from webhook.model.policies import ExtraKind
from webhook.model.workloads import ContainerRole, Workload

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


def kind(path: str, *, images: str = "") -> tuple[ExtraKind, ...]:
    """The configured kind of these tests."""
    pod_specs = (parse_field_path(path),) if path else ()
    return (ExtraKind("example.org", "Odd", pod_specs, (parse_field_path(images),) if images else ()),)


def both(document: dict[str, Any], extra: tuple[ExtraKind, ...]) -> Workload:
    """What is read of an object, which is the same for JSON and for a mapping."""
    document = {"apiVersion": "example.org/v1", "kind": "Odd", **document}
    first = workload_of(document, extra)
    assert first is not None
    assert decode_workload(json.dumps(document).encode(), "example.org", "Odd", extra) == first
    return first


def test_a_configured_kind_is_read_by_its_path() -> None:
    document = {"apiVersion": "example.org/v1", "kind": "Odd", "spec": {"template": {"spec": POD_SPEC}}}
    assert workload_of(document) is None
    assert len(both(document, kind("spec.template.spec")).containers) == 4


def test_every_pod_spec_that_a_path_leads_to_is_read_with_its_true_field_path() -> None:
    one, other = ({"spec": {"containers": [{"name": "c", "image": image}]}} for image in ("a:1", "b:1"))
    listed = both({"spec": {"jobs": [{"template": one}, {}, {"template": other}]}}, kind("spec.jobs[*].template.spec"))
    assert [(c.image, c.path) for c in listed.containers] == [
        ("a:1", "spec.jobs[0].template.spec.containers[0]"),
        ("b:1", "spec.jobs[2].template.spec.containers[0]"),
    ]
    mapped = both({"spec": {"sets": {"Master": one, "a.b": other}}}, kind("spec.sets.*.spec"))
    assert [(c.image, c.path) for c in mapped.containers] == [
        ("a:1", "spec.sets.Master.spec.containers[0]"),
        ("b:1", 'spec.sets["a.b"].spec.containers[0]'),
    ]


def test_all_entries_and_all_paths_of_a_kind_count_and_a_place_counts_once() -> None:
    spec = {"head": POD_SPEC, "steps": [{"image": "step:1"}, {"script": "x"}]}
    extra = (*kind("spec.head"), *kind("", images="spec.steps[*].image"), *kind("spec.head"))
    found = both({"spec": spec}, extra)
    assert [c.image for c in found.containers] == ["init:1", "web:1", "debug:1", "model:1", "step:1"]
    assert found.containers[-1].label == "spec.steps[0].image (steps[0])"


def test_the_pull_secrets_of_all_pod_specs_are_used() -> None:
    specs = [{"imagePullSecrets": [{"name": name}], **POD_SPEC} for name in ("one", "two", "one")]
    assert both({"spec": {"pods": specs}}, kind("spec.pods[*]")).pull_access.secrets == ("one", "two")


@pytest.mark.parametrize("hollow", [{}, {"spec": None}, {"spec": {}}, {"spec": {"jobs": []}}, {"spec": {"jobs": [{}]}}])
def test_a_path_that_leads_nowhere_is_told(hollow: dict[str, Any]) -> None:
    found = both(hollow, kind("spec.jobs[*].spec"))
    assert (found.containers, found.nowhere, found.is_blank) == ((), ("spec.jobs[*].spec",), True)
    partly = both({"spec": {"head": POD_SPEC}}, (*kind("spec.head"), *kind("spec.jobs[*].spec")))
    assert (partly.nowhere, partly.is_blank) == (("spec.jobs[*].spec",), False)


@pytest.mark.parametrize(
    "spec",
    [
        5,
        "text",
        [],
        {"jobs": {"a": {"spec": POD_SPEC}}},
        {"jobs": "text"},
        {"jobs": [5]},
        {"jobs": [{"spec": [POD_SPEC]}]},
        {"jobs": [{"spec": "text"}]},
        {"jobs": [{"spec": {"containers": {"web": {"image": "a:1"}}}}]},
        {"jobs": [{"spec": {"containers": [{"image": ["a:1"]}]}}]},
        {"jobs": [{"spec": {"containers": ["a:1"]}}]},
        {"jobs": [{"spec": POD_SPEC}, {"spec": {"containers": 1}}]},
    ],
)
def test_a_pod_spec_that_is_written_in_an_odd_way_is_bad_input_and_never_skipped(spec: Any) -> None:
    with pytest.raises(InvalidInput):
        both({"spec": spec}, kind("spec.jobs[*].spec"))


@pytest.mark.parametrize("image", [5, ["a:1"], {"repository": "a"}])
def test_an_image_that_is_no_text_is_bad_input(image: Any) -> None:
    with pytest.raises(InvalidInput, match=r"spec\.image is not the name of an image"):
        both({"spec": {"image": image}}, kind("", images="spec.image"))


@pytest.mark.parametrize(
    "raw",
    [b'{"spec": {"containers": "x"}}', b"[]", b'{"spec":', b"\xff", b"[" * 100_000, b'{"metadata": {"name": "\xff"}}'],
)
def test_a_wrong_shape_is_bad_input(raw: bytes) -> None:
    with pytest.raises(InvalidInput, match="not have the shape"):
        decode_workload(raw, "", "Pod")


def test_a_document_without_kind_is_bad_input() -> None:
    with pytest.raises(InvalidInput, match="no apiVersion and kind"):
        workload_of({"apiVersion": "v1"})
