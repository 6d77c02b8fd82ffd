"""What runs: chains of owners, templates and Pods, digests, and pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client

from tests.doubles.kubeobjects import ObjectServer
from tests.fakes import FakeClock
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.connection import server_of
from webhook.clients.kube.options import KubeOptions
from webhook.clients.kube.workloads import KubeWorkloads
from webhook.errors import Final
from webhook.model.pulling import PullAccess
from webhook.model.running import RunningWorkload
from webhook.model.workloads import ContainerRole

ONE, TWO = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
Object = dict[str, Any]


@pytest.fixture
def server() -> Iterator[ObjectServer]:
    with ObjectServer() as running:
        running.namespace("shop")
        yield running


@pytest.fixture
def workloads(server: ObjectServer, clock: FakeClock) -> Iterator[KubeWorkloads]:
    api = KubeApi(server_of(client.Configuration(host=server.url)), KubeOptions(), clock)
    yield KubeWorkloads(api, clock, [("argoproj.io", "Rollout")])
    api.close()


def owned(manifest: Object, kind: str, name: str, api_version: str = "apps/v1") -> Object:
    uid = f"{kind.lower()}-shop-{name}"
    reference = {"apiVersion": api_version, "kind": kind, "name": name, "uid": uid, "controller": True}
    manifest["metadata"]["ownerReferences"] = [reference]
    return manifest


def spec(image: str = "app:1", **more: Any) -> Object:
    return {"containers": [{"name": "app", "image": image}], **more}


def pod(name: str, image: str = "app:1", image_id: str = "", **status: Any) -> Object:
    statuses = [{"name": "app", "imageID": image_id}]
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": spec(image),
        "status": {"phase": "Running", "containerStatuses": statuses, **status},
    }


def maker(kind: str, name: str, image: str = "app:1", **pod_spec: Any) -> Object:
    template = {"template": {"spec": spec(image, **pod_spec)}}
    content = {"jobTemplate": {"spec": template}} if kind == "CronJob" else template
    return {"kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": content}


def told(found: Any) -> dict[str, RunningWorkload]:
    return {item.owner.title: item for item in found}


def test_pods_of_a_deployment_are_one_workload_with_the_digest_that_runs(
    server: ObjectServer, workloads: KubeWorkloads
) -> None:
    server.add(maker("Deployment", "web"))
    server.add(owned(maker("ReplicaSet", "web-1"), "Deployment", "web"))
    for number in range(3):
        server.add(owned(pod(f"web-1-{number}", image_id=f"registry.test/app@{ONE}"), "ReplicaSet", "web-1"))
    (found,) = workloads.workloads()
    assert (found.owner.title, found.owner.api_version, found.pods) == ("Deployment shop/web", "apps/v1", 3)
    (image,) = found.images
    assert (image.reference, image.digest, image.running) == ("app:1", ONE, True)
    assert image.container == "spec.template.spec.containers[0] (app)"
    assert image.judged == f"app:1@{ONE}"


def test_while_a_rollout_goes_on_old_and_new_images_are_both_there(
    server: ObjectServer, workloads: KubeWorkloads
) -> None:
    server.add(maker("Deployment", "web", "app:2"))
    for number, (image, digest) in enumerate((("app:1", ONE), ("app:2", TWO))):
        server.add(owned(maker("ReplicaSet", f"web-{number}", image), "Deployment", "web"))
        server.add(owned(pod(f"web-{number}-x", image, f"h/app@{digest}"), "ReplicaSet", f"web-{number}"))
    (found,) = workloads.workloads()
    assert {(image.judged, image.container.partition(" ")[0]) for image in found.images} == {
        (f"app:1@{ONE}", "spec.containers[0]"),
        (f"app:2@{TWO}", "spec.template.spec.containers[0]"),
    }


@pytest.mark.parametrize(
    ("kind", "api_version"),
    [
        ("Deployment", "apps/v1"),
        ("StatefulSet", "apps/v1"),
        ("DaemonSet", "apps/v1"),
        ("ReplicaSet", "apps/v1"),
        ("ReplicationController", "v1"),
        ("CronJob", "batch/v1"),
        ("Job", "batch/v1"),
    ],
)
def test_a_kind_without_pods_is_there_with_the_image_of_its_template(
    server: ObjectServer, workloads: KubeWorkloads, kind: str, api_version: str
) -> None:
    server.add(maker(kind, "idle"))
    (found,) = workloads.workloads()
    assert (found.owner.kind, found.owner.api_version, found.pods) == (kind, api_version, 0)
    (image,) = found.images
    assert (image.judged, image.running) == ("app:1", False)


def test_a_pod_of_a_cron_job_belongs_to_the_cron_job(server: ObjectServer, workloads: KubeWorkloads) -> None:
    server.add(maker("CronJob", "nightly"))
    server.add(owned(maker("Job", "nightly-1"), "CronJob", "nightly", "batch/v1"))
    server.add(owned(pod("nightly-1-x", image_id=f"h/app@{ONE}"), "Job", "nightly-1", "batch/v1"))
    (found,) = workloads.workloads()
    assert (found.owner.title, found.owner.group, found.pods) == ("CronJob shop/nightly", "batch", 1)


def test_a_job_that_has_ended_is_left_out(server: ObjectServer, workloads: KubeWorkloads) -> None:
    server.add({**maker("Job", "done"), "status": {"succeeded": 1}})
    server.add({**maker("Job", "failed"), "status": {"conditions": [{"type": "Failed", "status": "True"}]}})
    server.add(pod("over", status="x") | {"status": {"phase": "Succeeded"}})
    assert workloads.workloads() == []


def test_owners_without_a_pod_spec_end_the_chain_except_above_a_pod(
    server: ObjectServer, workloads: KubeWorkloads
) -> None:
    server.add(owned(maker("StatefulSet", "db"), "Database", "db", "db.test/v1"))
    server.add(owned(pod("db-0", image_id=f"h/app@{ONE}"), "StatefulSet", "db"))
    server.add(owned(pod("step-1", image_id=f"h/app@{ONE}"), "Workflow", "steps", "flow.test/v1alpha1"))
    server.add(owned(pod("static-1", image_id=f"h/app@{ONE}"), "Node", "node-1", "v1"))
    found = told(workloads.workloads())
    assert sorted(found) == ["Pod shop/static-1", "StatefulSet shop/db", "Workflow shop/steps"]
    assert found["Workflow shop/steps"].owner.api_version == "flow.test/v1alpha1"


def test_a_configured_kind_above_a_replica_set_is_the_top_owner(server: ObjectServer, workloads: KubeWorkloads) -> None:
    server.add(owned(maker("ReplicaSet", "web-1"), "Rollout", "web", "argoproj.io/v1alpha1"))
    server.add(owned(pod("web-1-x", image_id=f"h/app@{ONE}"), "ReplicaSet", "web-1"))
    assert list(told(workloads.workloads())) == ["Rollout shop/web"]


def test_a_ring_of_owners_ends(server: ObjectServer, workloads: KubeWorkloads) -> None:
    server.add(owned(maker("ReplicaSet", "a"), "ReplicaSet", "b"))
    server.add(owned(maker("ReplicaSet", "b"), "ReplicaSet", "a"))
    server.add(owned(pod("x", image_id=f"h/app@{ONE}"), "ReplicaSet", "a"))
    assert len(workloads.workloads()) == 1


def test_a_digest_counts_only_as_that_of_a_manifest(server: ObjectServer, workloads: KubeWorkloads) -> None:
    server.add(pod("config-digest", image_id=ONE))
    server.add(pod("docker", image_id=f"docker-pullable://h/app@{TWO}"))
    server.add(pod("pending"))
    server.add(pod("pinned", f"app:1@{ONE}", f"other/name@{TWO}"))
    found = told(workloads.workloads())
    assert found["Pod shop/config-digest"].images[0].judged == "app:1"
    assert found["Pod shop/docker"].images[0].judged == f"app:1@{TWO}"
    assert found["Pod shop/pending"].images[0].judged == "app:1"
    assert found["Pod shop/pinned"].images[0].judged == f"app:1@{ONE}"


def test_a_pod_that_waits_does_not_hide_what_the_others_run(server: ObjectServer, workloads: KubeWorkloads) -> None:
    server.add(maker("StatefulSet", "db"))
    server.add(owned(pod("db-0", image_id=f"h/app@{ONE}"), "StatefulSet", "db"))
    server.add(owned(pod("db-1"), "StatefulSet", "db"))
    (found,) = workloads.workloads()
    assert [image.judged for image in found.images] == [f"app:1@{ONE}"]
    assert found.pods == 2


def test_init_and_ephemeral_containers_and_image_volumes_have_their_digests(
    server: ObjectServer, workloads: KubeWorkloads
) -> None:
    mounts = [{"name": "data", "mountPath": "/d", "volumeStatus": {"image": {"imageRef": f"h/data@{TWO}"}}}]
    made = pod(
        "all",
        containerStatuses=[{"name": "app", "imageID": f"h/app@{ONE}", "volumeMounts": mounts}],
        initContainerStatuses=[{"name": "app", "imageID": f"h/init@{TWO}"}],
        ephemeralContainerStatuses=[{"name": "debug", "imageID": f"h/debug@{ONE}"}],
    )
    made["spec"] = {
        "initContainers": [{"name": "app", "image": "init:1"}],
        "containers": [{"name": "app", "image": "app:1"}],
        "ephemeralContainers": [{"name": "debug", "image": "debug"}],
        "volumes": [{"name": "data", "image": {"reference": "data:1"}}, {"name": "empty", "emptyDir": {}}],
    }
    server.add(made)
    (found,) = workloads.workloads()
    assert {image.role: image.judged for image in found.images} == {
        ContainerRole.INIT: f"init:1@{TWO}",
        ContainerRole.CONTAINER: f"app:1@{ONE}",
        ContainerRole.EPHEMERAL: f"debug:latest@{ONE}",
        ContainerRole.IMAGE_VOLUME: f"data:1@{TWO}",
    }


def test_an_image_that_was_pinned_on_the_way_is_that_of_the_template(
    server: ObjectServer, workloads: KubeWorkloads
) -> None:
    server.add(maker("DaemonSet", "agent"))
    server.add(owned(pod("agent-x", f"app:1@{ONE}", f"h/app@{ONE}"), "DaemonSet", "agent"))
    (found,) = workloads.workloads()
    assert [(image.judged, image.running) for image in found.images] == [(f"app:1@{ONE}", True)]


def test_pull_secrets_of_the_template_come_with_it(server: ObjectServer, workloads: KubeWorkloads) -> None:
    server.add(maker("Deployment", "web", imagePullSecrets=[{"name": "registry"}]))
    assert workloads.workloads()[0].pull_access == PullAccess("shop", ("registry",))


def test_what_is_being_deleted_is_left_out(server: ObjectServer, workloads: KubeWorkloads) -> None:
    going = pod("going", image_id=f"h/app@{ONE}")
    going["metadata"]["deletionTimestamp"] = "2026-03-01T12:00:00Z"
    server.add(going)
    assert workloads.workloads() == []


def test_lists_come_in_pages_and_replica_sets_as_metadata_alone(server: ObjectServer, workloads: KubeWorkloads) -> None:
    server.page = 2
    for number in range(5):
        server.add(maker("Deployment", f"web-{number}"))
        server.add(owned(maker("ReplicaSet", f"web-{number}-1"), "Deployment", f"web-{number}"))
        server.add(owned(pod(f"web-{number}-1-x", image_id=f"h/app@{ONE}"), "ReplicaSet", f"web-{number}-1"))
    assert len(workloads.workloads()) == 5
    assert server.paths("GET").count("/api/v1/pods") == 3
    assert not [path for path in server.paths("GET") if path.startswith("/apis/apps/v1/namespaces/shop/replicasets/")]


def test_only_the_named_namespaces_are_looked_at(server: ObjectServer, workloads: KubeWorkloads) -> None:
    server.add(pod("here"))
    server.add({**pod("there"), "metadata": {"name": "there", "namespace": "bank"}})
    assert list(told(workloads.workloads(["shop"]))) == ["Pod shop/here"]
    assert not [path for path in server.paths("GET") if "/namespaces/shop/" not in path]


def test_labels_of_namespaces_are_told_all_or_by_name(server: ObjectServer, workloads: KubeWorkloads) -> None:
    server.namespace("bank", enforce="off")
    assert workloads.namespaces() == {"shop": {}, "bank": {"bomgate.dev/enforce": "off"}}
    assert workloads.namespaces(["bank", "gone", "../x"]) == {"bank": {"bomgate.dev/enforce": "off"}}


def test_without_the_right_the_missing_one_is_named(server: ObjectServer, workloads: KubeWorkloads) -> None:
    server.answers["/apis/apps/v1/replicasets"] = (403, {"kind": "Status", "message": "no"})
    with pytest.raises(Final, match=r"list replicasets\.apps in the cluster") as caught:
        workloads.workloads()
    assert "ClusterRole" in caught.value.remedy
