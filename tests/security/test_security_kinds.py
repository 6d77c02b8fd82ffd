"""Kinds: what carries images is judged through lists and maps, and what is not judged is never allowed in silence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.chart.values import ROOT
from tests.unit.api.test_app import Face
from tests.unit.api.test_reviews import review
from webhook.api.reviews import decode_review
from webhook.cli.unjudged import Unjudged, unjudged
from webhook.errors import ConfigError, InvalidInput
from webhook.model.actions import Action
from webhook.model.kinds import WORKLOAD_KINDS
from webhook.model.objects import workload_of
from webhook.model.policies import ExtraKind, Policy
from webhook.settings.kinds import read_kind

PAGE = ROOT / "docs" / "how-to" / "custom-kinds.md"
EXAMPLES: list[dict[str, Any]] = list(
    yaml.safe_load_all((Path(__file__).parent / "kinds.yaml").read_text(encoding="utf-8"))
)


def documented() -> list[dict[str, Any]]:
    """The entries of ``policy.kinds`` in the table of the guide."""
    rows = re.findall(r"^\| \w+ \| `[\w.-]+` \| `(\{.*\})` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return [yaml.safe_load(row) for row in rows]


KINDS = tuple(read_kind(index, entry) for index, entry in enumerate(documented()))


def images(content: Any) -> Iterator[str]:
    """Every image that is written anywhere in an example."""
    if isinstance(content, Mapping):
        content = list(content.values())
    if isinstance(content, list):
        for item in content:
            yield from images(item)
    elif isinstance(content, str) and content.startswith("registry.example/"):
        yield content


def key(manifest: Mapping[str, Any]) -> tuple[str, str]:
    return str(manifest["apiVersion"]).rpartition("/")[0], str(manifest["kind"])


def title(manifest: Any) -> str:
    return ".".join(reversed(key(manifest))) if isinstance(manifest, dict) else ""


def missed(manifest: Mapping[str, Any], extra: tuple[ExtraKind, ...]) -> Unjudged | None:
    return unjudged("f.yaml", manifest, workload_of(manifest, extra), extra)


def suggested(found: Unjudged) -> tuple[ExtraKind, ...]:
    """The entries that a report asks for, as somebody would put them into the settings file."""
    entries = yaml.safe_load("\n".join(found.entries))
    return tuple(read_kind(index, entry) for index, entry in enumerate(entries))


def test_every_kind_of_the_guide_has_an_example_and_every_example_is_of_the_guide() -> None:
    assert len(KINDS) > 40
    assert sorted((kind.group, kind.kind) for kind in KINDS) == sorted(map(key, EXAMPLES))


@pytest.mark.parametrize("manifest", EXAMPLES, ids=title)
def test_the_line_of_the_guide_reads_every_image_of_its_kind(manifest: dict[str, Any]) -> None:
    workload = workload_of(manifest, KINDS)
    assert workload is not None
    assert sorted(container.image for container in workload.containers) == sorted(images(manifest))
    assert missed(manifest, KINDS) is None


@pytest.mark.parametrize("manifest", EXAMPLES, ids=title)
def test_a_kind_that_nobody_named_is_reported_with_lines_that_have_all_of_it_judged(manifest: dict[str, Any]) -> None:
    assert workload_of(manifest) is None
    found = missed(manifest, ())
    assert found is not None
    workload = workload_of(manifest, suggested(found))
    assert workload is not None
    assert sorted(container.image for container in workload.containers) == sorted(images(manifest))
    assert missed(manifest, suggested(found)) is None


@pytest.mark.parametrize("manifest", EXAMPLES, ids=title)
def test_a_kind_whose_path_leads_nowhere_is_reported(manifest: dict[str, Any]) -> None:
    group, kind = key(manifest)
    wrong = (read_kind(0, {"group": group, "kind": kind, "podSpecPath": "spec.elsewhere.spec"}),)
    found = missed(manifest, wrong)
    assert found is not None
    assert found.nowhere == ("spec.elsewhere.spec",)
    assert found.places


def test_a_part_that_no_path_reaches_is_reported_although_another_part_is_judged() -> None:
    manifest = next(example for example in EXAMPLES if example["kind"] == "RayCluster")
    head = (read_kind(0, {"group": "ray.io", "kind": "RayCluster", "podSpecPath": "spec.headGroupSpec.template.spec"}),)
    found = missed(manifest, head)
    assert found is not None
    assert [place.partition(".containers")[0] for place in found.places] == [
        "spec.autoscalerOptions.image",
        "spec.workerGroupSpecs[0].template.spec",
        "spec.workerGroupSpecs[1].template.spec",
    ]


@pytest.mark.parametrize(
    ("spec", "place"),
    [
        ({"containers": [{"name": "c", "resources": {}}]}, "spec.containers"),
        (
            {"deep": [[{"x": {"ephemeralContainers": [{"image": "a"}]}}]]},
            "spec.deep[0][0].x.ephemeralContainers[0].image",
        ),
        ({"containers": {"web": {"image": "a"}}}, "spec.containers.web.image"),
        ({"image": {"repository": "a", "tag": "1"}}, "spec.image"),
        ({"volumes": [{"image": {"reference": "a"}}]}, "spec.volumes[0].image"),
        ({"a.b/c": {"image": "a"}}, 'spec["a.b/c"].image'),
        ({"jobImage": "a"}, "spec.jobImage"),
    ],
)
def test_whatever_looks_like_a_container_is_reported_with_its_true_place(spec: Any, place: str) -> None:
    found = missed({"apiVersion": "example.org/v1", "kind": "Odd", "spec": spec}, ())
    assert found is not None
    assert found.places == (place,)


@pytest.mark.parametrize(
    "manifest",
    [
        {"apiVersion": "v1", "kind": "ConfigMap", "data": {"containers": "x", "file": "image: a"}},
        {"apiVersion": "v1", "kind": "PersistentVolume", "spec": {"rbd": {"image": "disk"}}},
        {"apiVersion": "v1", "kind": "Node", "status": {"images": [{"names": ["a"]}], "image": "a"}},
        {"apiVersion": "x.org/v1", "kind": "Odd", "metadata": {"annotations": {"image": "a"}}, "spec": {"images": []}},
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "spec": {"containers": [{"image": "a"}]},
        },
        {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"image": "a"}},
    ],
    ids=title,
)
def test_what_names_no_image_that_runs_is_not_reported(manifest: dict[str, Any]) -> None:
    assert missed(manifest, ()) is None


def test_a_kind_can_be_said_to_have_no_images_that_run() -> None:
    manifest = {"apiVersion": "example.org/v1", "kind": "Logo", "spec": {"image": "logo"}}
    assert missed(manifest, ()) is not None
    assert missed(manifest, (read_kind(0, {"group": "example.org", "kind": "Logo", "ignore": True}),)) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["containers", "image", "template", "spec", "jobs", "x.y"]), inner, max_size=3
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_no_image_below_a_pod_spec_is_lost_whatever_its_shape(spec: Any) -> None:
    """It is judged, or the object is refused; a shape is never a reason to skip a part of it."""
    extra = (read_kind(0, {"group": "example.org", "kind": "Odd", "podSpecPath": "spec.jobs[*].template.spec"}),)
    manifest = {"apiVersion": "example.org/v1", "kind": "Odd", "spec": spec}
    try:
        workload = workload_of(manifest, extra)
    except InvalidInput:
        return
    assert workload is not None
    jobs = (spec.get("jobs") if isinstance(spec, dict) else None) or []
    expected = [
        (f"spec.jobs[{number}].template.spec.containers[{index}]", container["image"])
        for number, job in enumerate(jobs)
        if job and job.get("template") and job["template"].get("spec")
        for index, container in enumerate(job["template"]["spec"].get("containers") or [])
        if container.get("image")
    ]
    assert [(container.path, container.image) for container in workload.containers] == expected
    assert workload.is_blank == (not expected)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"kind": "Odd"}, "podSpecPath is missing"),
        ({"kind": "Odd", "podSpecPath": []}, "podSpecPath is missing"),
        ({"kind": "Odd", "podSpecPath": ""}, "podSpecPath is missing or not a text"),
        ({"kind": "Odd", "podSpecPath": 5}, "podSpecPath is missing or not a text"),
        ({"kind": "Odd", "podSpecPath": "spec..pod"}, "cannot be read"),
        ({"kind": "Odd", "podSpecPath": ".spec"}, "cannot be read"),
        ({"kind": "Odd", "podSpecPath": "spec.jobs[]"}, "cannot be read"),
        ({"kind": "Odd", "podSpecPath": "[*].spec"}, "leads nowhere"),
        ({"kind": "Odd", "podSpecPath": "metadata.annotations.pod"}, "what it runs is not in there"),
        ({"kind": "Odd", "podSpecPath": "status.pod"}, "what it runs is not in there"),
        ({"kind": "Odd", "podSpecPath": "spec.containers"}, "a part of a pod spec"),
        ({"kind": "Odd", "podSpecPath": "spec.containers[*]"}, "a part of a pod spec"),
        ({"kind": "Odd", "imagePath": "kind"}, "what it runs is not in there"),
        ({"kind": "Odd", "podSpecPath": ["spec.good", "spec."]}, "cannot be read"),
        ({"kind": "Odd", "group": "example.org/v1", "podSpecPath": "spec"}, "group cannot be"),
        ({"kind": "odd things", "podSpecPath": "spec"}, "kind cannot be"),
        ({"kind": "Deployment", "group": "apps", "podSpecPath": "spec"}, "reads by itself"),
        ({"kind": "Odd", "ignore": True, "imagePath": "spec.image"}, "exclude each other"),
        ({"kind": "Odd", "ignore": "yes"}, "ignore cannot be"),
    ],
)
def test_an_entry_that_could_lead_nowhere_is_refused_at_the_start(entry: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_kind(3, {"group": "example.org", **entry} if entry.get("kind") == "Odd" else entry)
    assert said in caught.value.message
    assert "policy.kinds[3]" in caught.value.message
    assert caught.value.remedy


def test_every_built_in_kind_is_refused_as_an_entry() -> None:
    for group, kind in WORKLOAD_KINDS:
        with pytest.raises(ConfigError, match="reads by itself"):
            read_kind(0, {"group": group, "kind": kind, "podSpecPath": "spec"})


# -- through the webhook ----------------------------------------------------------------------------------------------

JOBS = "spec.replicatedJobs[*].template.spec.template.spec"
GROUP = {"group": "jobset.x-k8s.io", "version": "v1alpha2", "kind": "JobSet"}


def face(on_error: Action = Action.WARN, path: str = JOBS) -> Face:
    """A webhook that reads JobSets."""
    entry = {"group": "jobset.x-k8s.io", "kind": "JobSet", "podSpecPath": path}
    return Face(Policy(on_error=on_error, extra_kinds=(read_kind(0, entry),)))


def job_set(*listed: str, **metadata: Any) -> dict[str, Any]:
    """A JobSet with a Job an image."""
    specs = [{"containers": [{"name": "c", "image": image}]} for image in listed]
    jobs = [{"name": f"j{n}", "template": {"spec": {"template": {"spec": spec}}}} for n, spec in enumerate(specs)]
    return {"metadata": {"name": "js", "namespace": "shop", **metadata}, "spec": {"replicatedJobs": jobs}}


def ask(of: Face, **request: Any) -> dict[str, Any]:
    return of.post(review(kind=GROUP, resource={"resource": "jobsets"}, **request))


def test_every_template_of_a_list_is_judged_and_the_denial_names_the_true_field() -> None:
    answer = ask(face(), object=job_set("shop/good:1", "shop/bad:1"))
    assert not answer["allowed"]
    assert "spec.replicatedJobs[1].template.spec.template.spec.containers[0] (c)" in answer["status"]["message"]


def test_an_update_judges_what_any_template_brings_and_nothing_else() -> None:
    of = face()
    before = job_set("shop/good:1", "shop/bad:1")
    labelled = job_set("shop/good:1", "shop/bad:1", labels={"a": "b"})
    assert ask(of, operation="UPDATE", object=labelled, oldObject=before)["allowed"]
    brought = {"object": before, "oldObject": job_set("shop/good:1", "shop/good:1")}
    assert not ask(of, operation="UPDATE", **brought)["allowed"]


def test_an_object_without_a_pod_spec_where_one_should_be_is_let_in_with_a_warning_and_counted() -> None:
    of = face()
    answer = ask(of, object=job_set())
    assert answer["allowed"]
    assert answer["warnings"] == [f"bomgate found no image in this JobSet: nothing at {JOBS}"]
    assert 'decision="warn",kind="JobSet",operation="CREATE",reason="no-pod-spec"} 1.0' in of.scraped()
    # Whoever edits a label of it later is not told again.
    assert "warnings" not in ask(of, operation="UPDATE", object=job_set(labels={"a": "b"}), oldObject=job_set())


ODD: list[Any] = [
    {"replicatedJobs": {"a": 1}},
    {
        "replicatedJobs": [
            {"template": {"spec": {"template": {"spec": {"containers": {"c": {"image": "shop/bad:1"}}}}}}}
        ]
    },
    {"replicatedJobs": [{"template": {"spec": {"template": {"spec": [{"containers": []}]}}}}]},
    "text",
]


@pytest.mark.parametrize("spec", ODD)
@pytest.mark.parametrize(("on_error", "allowed"), [(Action.WARN, True), (Action.DENY, False)])
def test_a_pod_spec_in_an_odd_shape_is_decided_by_on_error(spec: Any, on_error: Action, allowed: bool) -> None:
    answer = ask(face(on_error), object={**job_set(), "spec": spec})
    assert answer["allowed"] is allowed
    assert "could not decide" in str(answer)


ODD_PARTS: list[Any] = [
    "text",
    {"template": []},
    {"template": {"spec": {"template": {"spec": {"containers": {"c": 1}}}}}},
    {"template": {"spec": {"template": {"spec": {"containers": [{"name": 5, "image": "shop/good:1"}, 7]}}}}},
]


@pytest.mark.parametrize("part", ODD_PARTS)
def test_an_odd_part_of_an_object_hides_no_other_part(part: Any) -> None:
    for image, allowed in (("shop/bad:1", False), ("shop/good:1", True)):
        made = job_set(image)
        for parts in ([part, *made["spec"]["replicatedJobs"]], [*made["spec"]["replicatedJobs"], part]):
            answer = ask(face(Action.WARN), object={**made, "spec": {"replicatedJobs": parts}})
            assert answer["allowed"] is allowed, answer
            assert ("could not decide" in str(answer)) is allowed


def test_what_is_created_is_judged_although_it_says_that_it_is_being_deleted() -> None:
    made = job_set("shop/bad:1", deletionTimestamp="2026-01-01T00:00:00Z")
    assert not ask(face(Action.WARN), object=made)["allowed"]
    assert ask(face(Action.WARN), operation="UPDATE", object=made, oldObject=job_set("shop/good:1"))["allowed"]


@pytest.mark.parametrize("beside", [{"name": "x", "image": 5}, 7, {"name": [], "image": "shop/good:1"}])
def test_an_odd_container_hides_no_other_container(beside: Any) -> None:
    for image, allowed in (("shop/bad:1", False), ("shop/good:1", True)):
        for key in ("containers", "initContainers", "volumes"):
            one = {"name": "v", "image": {"reference": image}} if key == "volumes" else {"name": [1], "image": image}
            spec = {"containers": [], "imagePullSecrets": 3, key: [beside, one]}
            jobs = [{"template": {"spec": {"template": {"spec": spec}}}}]
            answer = ask(face(Action.WARN), object={**job_set(), "spec": {"replicatedJobs": jobs}})
            assert answer["allowed"] is allowed, answer


def test_a_path_that_names_a_key_of_a_list_is_decided_by_on_error() -> None:
    answer = ask(face(Action.DENY, JOBS.replace("[*]", "")), object=job_set("shop/good:1"))
    assert "spec.replicatedJobs is a list" in answer["status"]["message"]


@pytest.mark.parametrize("spec", ODD)
def test_an_odd_object_can_be_mended_and_can_go(spec: Any) -> None:
    of = face(Action.DENY)
    odd = {**job_set(), "spec": spec}
    assert ask(of, operation="DELETE", object=None, oldObject=odd)["allowed"]
    assert ask(of, operation="UPDATE", subResource="status", object=odd, oldObject=odd)["allowed"]
    going = {**job_set(deletionTimestamp="2026-01-01T00:00:00Z"), "spec": spec}
    assert ask(of, operation="UPDATE", object=going, oldObject=odd)["allowed"]
    assert ask(of, operation="UPDATE", object=job_set("shop/good:1"), oldObject=odd)["allowed"]
    assert not ask(of, operation="UPDATE", object=job_set("shop/bad:1"), oldObject=odd)["allowed"]
    assert not ask(of, operation="UPDATE", object=odd, oldObject=odd)["allowed"]


def test_the_ticket_of_an_odd_object_stays_known_so_that_it_is_no_new_one() -> None:
    odd = {**job_set(annotations={"bomgate.dev/break-glass": "OPS-1"}), "spec": 5}
    body = review(kind=GROUP, operation="UPDATE", object=job_set("shop/bad:1"), oldObject=odd)
    before = decode_review(json.dumps(body).encode(), face().world.policy.extra_kinds).old_workload
    assert before is not None
    assert before.annotations == (("bomgate.dev/break-glass", "OPS-1"),)


@pytest.mark.parametrize("operation", ["DELETE", "CONNECT"])
@pytest.mark.parametrize("content", [None, {"kind": "PodExecOptions"}, {"spec": 5}, [], "text"])
def test_a_deletion_and_a_connection_are_never_refused_whatever_comes_with_them(operation: str, content: Any) -> None:
    of = face(Action.DENY)
    pods = {"group": "", "version": "v1", "kind": "Pod"}
    for kind in (GROUP, pods, {"group": "", "version": "v1", "kind": "PodExecOptions"}):
        assert of.post(review(kind=kind, operation=operation, object=None, oldObject=content))["allowed"]
        assert of.post(review(kind=kind, operation=operation, object=content, oldObject=None))["allowed"]
