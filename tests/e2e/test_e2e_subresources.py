"""What a real API server keeps of writes that are no update of the object: never an image that nobody was asked about.

The lists of subresources are the API server's own, so that a new release with another one makes a test fail.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.catalogue import CLEAN
from tests.e2e.cluster import Cluster
from tests.e2e.manifests import WORKLOADS, pod, workload
from tests.e2e.processes import Ran
from tests.e2e.reading import at

OTHER = "registry.example/other:1"
NOTE, TICKET = "example.com/note", "bomgate.dev/break-glass"
PLURALS = {kind: f"{kind.lower()}s" for kind in (*WORKLOADS, "Pod")}
GROUPS = {kind: WORKLOADS[kind][0] if kind in WORKLOADS else "v1" for kind in PLURALS}

WRITERS = {
    "Pod": {"binding", "ephemeralcontainers", "eviction", "resize", "status"},
    "Deployment": {"scale", "status"},
    "ReplicaSet": {"scale", "status"},
    "StatefulSet": {"scale", "status"},
    "DaemonSet": {"status"},
    "ReplicationController": {"scale", "status"},
    "Job": {"status"},
    "CronJob": {"status"},
    "PodTemplate": set[str](),
}
"""Kind → subresources that write to it."""
CONNECTS = {"attach", "exec", "log", "portforward", "proxy"}
"""Of a Pod; they write nothing of it."""
KEEPS_ANNOTATIONS = {("Pod", "binding")} | {(kind, "status") for kind in WRITERS if kind != "PodTemplate"}
"""What writes annotations beside what it is for; the ticket of break-glass can come and go in this way."""


def place(kind: str, namespace: str, rest: str = "") -> str:
    root = "/api/v1" if GROUPS[kind] == "v1" else f"/apis/{GROUPS[kind]}"
    return f"{root}/namespaces/{namespace}/{PLURALS[kind]}{rest}"


def read(cluster: Cluster, path: str) -> dict[str, Any]:
    answer = cluster.get(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def subresources(cluster: Cluster, kind: str) -> set[str]:
    """What the API server says that it has."""
    root = "/api/v1" if GROUPS[kind] == "v1" else f"/apis/{GROUPS[kind]}"
    names = [item["name"] for item in read(cluster, root)["resources"]]
    return {name.partition("/")[2] for name in names if name.startswith(f"{PLURALS[kind]}/")}


def images(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        yield from (content["image"],) if isinstance(content.get("image"), str) else ()
        content = list(content.values())
    for item in content if isinstance(content, list) else ():
        yield from images(item)


@pytest.mark.parametrize("kind", WRITERS)
def test_the_api_server_has_no_way_of_writing_that_is_not_tried_here(cluster: Cluster, kind: str) -> None:
    assert subresources(cluster, kind) - CONNECTS == WRITERS[kind]


@pytest.fixture
def spot(cluster: Cluster) -> str:
    """A namespace that no installation is asked about."""
    numbers = len(cluster.kubectl("get", "namespaces", "-o", "name").out.split())
    return cluster.create_namespace(f"subresources-{numbers}", {"e2e.bomgate.dev/instance": "none"})


def written(part: str) -> dict[str, Any]:
    """What is sent to a subresource that is created."""
    kinds = {"binding": ("v1", "Binding"), "eviction": ("policy/v1", "Eviction")}
    body: dict[str, Any] = {"apiVersion": kinds[part][0], "kind": kinds[part][1], "metadata": {"name": "web"}}
    return body | ({"target": {"kind": "Node", "name": "node-1"}} if part == "binding" else {})


@pytest.mark.parametrize(("kind", "part"), [(kind, part) for kind, parts in WRITERS.items() for part in sorted(parts)])
def test_no_subresource_but_that_of_ephemeral_containers_writes_an_image(
    cluster: Cluster, spot: str, kind: str, part: str
) -> None:
    made = pod(spot, "web", CLEAN) if kind == "Pod" else workload(kind, spot, "web", CLEAN, replicas=0)
    if part == "binding":
        made["spec"]["schedulerName"] = "nobody"
    assert cluster.kubectl("create", "-f", "-", manifest=made).code == 0
    path, verb = place(kind, spot, f"/web/{part}"), "create" if part in ("binding", "eviction") else "replace"

    def write() -> Ran:
        body = written(part) if verb == "create" else read(cluster, path)
        body["metadata"].pop("resourceVersion", None)  # controllers write to it, too
        body["metadata"]["annotations"] = {**body["metadata"].get("annotations", {}), NOTE: "written", TICKET: "OPS-1"}
        if part == "ephemeralcontainers":
            body["spec"]["ephemeralContainers"] = [{"name": "debug", "image": OTHER}]
        else:
            body = json.loads(json.dumps(body).replace(f'"{CLEAN}"', f'"{OTHER}"'))
        return cluster.kubectl(verb, "--raw", path, "-f", "-", manifest=body)

    ran = write()
    for _ in range(2):  # the controller of Jobs wrote after the read: when it began, or when all had succeeded
        if "field is immutable" in ran.err or "status.conditions: Invalid value" in ran.err:
            ran = write()
    refused = {("Pod", "ephemeralcontainers"), ("Pod", "resize")}
    assert ran.code == 0 or (kind, part) in refused, ran.err
    after = at(cluster, place(kind, spot, "/web"))
    if not after:
        assert part == "eviction"
        return
    expected = {CLEAN, OTHER} if part == "ephemeralcontainers" else {CLEAN}
    assert set(images(after.get("spec", {}))) == expected, ran.err
    kept = NOTE in after["metadata"].get("annotations", {})
    assert kept == ((kind, part) in KEEPS_ANNOTATIONS), ran.err
