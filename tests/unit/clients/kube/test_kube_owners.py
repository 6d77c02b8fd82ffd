"""Owners and their Pods: every kind of controller, odd chains, and how much is read."""

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
from webhook.clients.kube.owners import KubeOwners
from webhook.errors import Final
from webhook.model.deadlines import Deadline
from webhook.model.owners import OwnedPod
from webhook.model.workloads import OwnerRef

ONE, TWO = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
CREATED = "2026-03-01T10:00:00Z"
REVISIONS = "/apis/apps/v1/controllerrevisions"
Object = dict[str, Any]


@pytest.fixture
def server() -> Iterator[ObjectServer]:
    with ObjectServer() as running:
        yield running


@pytest.fixture
def owners(server: ObjectServer, clock: FakeClock) -> Iterator[KubeOwners]:
    api = KubeApi(server_of(client.Configuration(host=server.url)), KubeOptions(), clock)
    yield KubeOwners(api)
    api.close()


@pytest.fixture
def soon(clock: FakeClock) -> Deadline:
    return Deadline(clock.monotonic() + 5)


def ref(kind: str, name: str, api_version: str = "apps/v1") -> OwnerRef:
    return OwnerRef(api_version, kind, name, f"{kind.lower()}-shop-{name}")


def add(server: ObjectServer, kind: str, name: str, owner: OwnerRef | None = None, **content: Any) -> Object:
    metadata: Object = {"name": name, "namespace": "shop", "creationTimestamp": CREATED, "labels": {"app": "web"}}
    if owner is not None:
        metadata["ownerReferences"] = [
            {
                "apiVersion": owner.api_version,
                "kind": owner.kind,
                "name": owner.name,
                "uid": owner.uid,
                "controller": True,
            }
        ]
    return server.add({"kind": kind, "metadata": metadata, **content})


def spec(*images: str) -> Object:
    return {"containers": [{"name": f"c{index}", "image": image} for index, image in enumerate(images)]}


def maker(*images: str, selector: Any = None) -> Object:
    return {"selector": selector or {"matchLabels": {"app": "web"}}, "template": {"spec": spec(*images)}}


def pods(owners: KubeOwners, reference: OwnerRef, soon: Deadline) -> list[OwnedPod]:
    return list(owners.pods(owners.owners(reference, "shop", soon), "shop", soon))


@pytest.mark.parametrize(
    ("kind", "api_version"),
    [
        ("ReplicationController", "v1"),
        ("ReplicaSet", "apps/v1"),
        ("StatefulSet", "apps/v1"),
        ("DaemonSet", "apps/v1"),
        ("Job", "batch/v1"),
    ],
)
def test_pods_of_every_kind_are_found(
    server: ObjectServer, owners: KubeOwners, soon: Deadline, kind: str, api_version: str
) -> None:
    owner = ref(kind, "web", api_version)
    add(server, kind, "web", spec=maker("app:1", selector={"app": "web"} if kind.endswith("Controller") else None))
    add(server, "Pod", "web-a", owner, spec=spec("app:1"), status={"phase": "Running"})
    add(server, "Pod", "of-another", ref(kind, "other", api_version), spec=spec("other:1"))
    add(server, "Pod", "of-nobody", spec=spec("other:1"))
    (pod,) = pods(owners, owner, soon)
    assert {name for name, _ in pod.tags} == {"docker.io/library/app:1"}


def test_pods_of_a_cron_job_are_those_of_its_jobs(server: ObjectServer, owners: KubeOwners, soon: Deadline) -> None:
    cron_job, job = ref("CronJob", "backup", "batch/v1"), ref("Job", "backup-1", "batch/v1")
    add(server, "CronJob", "backup", spec={"jobTemplate": {"spec": maker("app:1")}})
    add(server, "Job", "backup-1", cron_job, spec=maker("app:1"))
    made = add(server, "Pod", "backup-1-a", job, spec=spec("app:1"))
    made["metadata"]["labels"]["batch.kubernetes.io/job-name"] = "backup-1"
    (pod,) = pods(owners, cron_job, soon)
    assert pod.owners == (job.uid, cron_job.uid)


def test_pods_of_all_replica_sets_of_a_deployment_count_and_ended_ones_do_not(
    server: ObjectServer, owners: KubeOwners, soon: Deadline
) -> None:
    deployment = ref("Deployment", "web")
    add(server, "Deployment", "web", spec=maker("app:2"))
    for name, image in (("web-1", "app:1"), ("web-2", "app:2")):
        add(server, "ReplicaSet", name, deployment, spec=maker(image))
        add(server, "Pod", f"{name}-a", ref("ReplicaSet", name), spec=spec(image), status={"phase": "Running"})
    add(server, "Pod", "ended", ref("ReplicaSet", "web-1"), spec=spec("app:0"), status={"phase": "Failed"})
    leaving = add(server, "Pod", "leaving", ref("ReplicaSet", "web-1"), spec=spec("app:3"))
    leaving["metadata"]["deletionTimestamp"] = CREATED
    found = pods(owners, ref("ReplicaSet", "web-2"), soon)
    names = {name for pod in found for name, _ in pod.tags}
    assert names == {f"docker.io/library/app:{number}" for number in (1, 2, 3)}


def test_what_a_container_runs_is_told_by_its_status_or_by_a_digest_in_its_reference(
    server: ObjectServer, owners: KubeOwners, soon: Deadline
) -> None:
    replica_set = ref("ReplicaSet", "web")
    add(server, "ReplicaSet", "web", spec=maker("app:1"))
    images = ("app:1", "app:2", f"app@{TWO}", "Not An Image")
    statuses = [{"name": "c0", "imageID": f"docker.io/library/app@{ONE}"}, {"name": "c1", "imageID": TWO}]
    add(server, "Pod", "a", replica_set, spec=spec(*images), status={"containerStatuses": statuses})
    (pod,) = pods(owners, replica_set, soon)
    assert pod.digests == {ONE, TWO}
    tags = {("docker.io/library/app:1", ONE), ("docker.io/library/app:2", None)}
    assert pod.tags == tags, "a bare digest is that of the configuration"


def test_pods_are_read_only_as_far_as_they_are_asked_for(
    server: ObjectServer, owners: KubeOwners, soon: Deadline
) -> None:
    replica_set = ref("ReplicaSet", "web")
    add(server, "ReplicaSet", "web", spec=maker("app:1"))
    for number in range(250):
        add(server, "Pod", f"web-{number}", replica_set, spec=spec("app:1"))
    chain = owners.owners(replica_set, "shop", soon)
    next(owners.pods(chain, "shop", soon))
    assert server.paths("GET").count("/api/v1/namespaces/shop/pods") == 1
    assert len(list(owners.pods(chain, "shop", soon))) == 250


def test_a_selector_that_no_address_has_room_for_selects_by_owner(
    server: ObjectServer, owners: KubeOwners, soon: Deadline
) -> None:
    values = ["web", *(f"{number:063}" for number in range(17_000))]
    selector = {"matchExpressions": [{"key": "app", "operator": "In", "values": values}]}
    deployment, replica_set = ref("Deployment", "web"), ref("ReplicaSet", "web-1")
    add(server, "Deployment", "web", spec=maker("app:1", selector=selector))
    add(server, "ReplicaSet", "web-1", deployment, spec=maker("app:1", selector=selector))
    add(server, "ReplicaSet", "other", ref("Deployment", "other"), spec=maker("other:1"))
    add(server, "Pod", "web-1-a", replica_set, spec=spec("app:1"), status={"phase": "Running"})
    add(server, "Pod", "other-a", ref("ReplicaSet", "other"), spec=spec("other:1"), status={"phase": "Running"})
    (pod,) = pods(owners, replica_set, soon)
    assert pod.owners == (replica_set.uid, deployment.uid)
    (revision,) = owners.revisions(owners.owners(replica_set, "shop", soon), "shop", soon)
    assert revision.references == {"app:1"}


def test_expressions_of_a_selector_select(server: ObjectServer, owners: KubeOwners, soon: Deadline) -> None:
    expressions = [
        {"key": "app", "operator": "In", "values": ["web", "shop"]},
        {"key": "tier", "operator": "NotIn", "values": ["db"]},
        {"key": "app", "operator": "Exists"},
        {"key": "gone", "operator": "DoesNotExist"},
    ]
    add(server, "ReplicaSet", "web", spec=maker("app:1", selector={"matchExpressions": expressions}))
    for name, labels in (("a", {}), ("b", {"tier": "db"}), ("c", {"gone": "x"})):
        made = add(server, "Pod", name, ref("ReplicaSet", "web"), spec=spec(f"{name}:1"))
        made["metadata"]["labels"].update(labels)
    (pod,) = pods(owners, ref("ReplicaSet", "web"), soon)
    assert {name for name, _ in pod.tags} == {"docker.io/library/a:1"}


def test_templates_of_a_stateful_set_are_in_its_revisions(
    server: ObjectServer, owners: KubeOwners, soon: Deadline
) -> None:
    stateful_set = ref("StatefulSet", "db")
    add(server, "StatefulSet", "db", spec=maker("db:2"))
    server.collections.add(REVISIONS)
    for name, owner in (("db-1", stateful_set), ("other-1", ref("StatefulSet", "other"))):
        made = add(server, "Pod", name, owner, data={"spec": {"template": {"spec": spec("db:1"), "$patch": "replace"}}})
        server.objects[REVISIONS, "shop", name] = made
    chain = owners.owners(stateful_set, "shop", soon)
    (revision,) = owners.revisions(chain, "shop", soon)
    assert revision.references == {"db:1"}
    assert f"{revision.created:%Y-%m-%dT%H:%M:%SZ}" == CREATED


def test_a_job_stays_as_it_was_made_and_what_it_names_is_its_template(
    server: ObjectServer, owners: KubeOwners, soon: Deadline
) -> None:
    cron_job = ref("CronJob", "backup", "batch/v1")
    add(server, "CronJob", "backup", spec={"jobTemplate": {"spec": maker("app:2")}})
    add(server, "Job", "backup-1", cron_job, spec=maker("app:1"))
    chain = owners.owners(ref("Job", "backup-1", "batch/v1"), "shop", soon)
    assert [revision.references for revision in owners.revisions(chain, "shop", soon)] == [{"app:1"}]
    assert owners.revisions(owners.owners(cron_job, "shop", soon), "shop", soon) == []


def test_a_chain_ends_where_nothing_is_known_of_what_is_above(
    server: ObjectServer, owners: KubeOwners, soon: Deadline
) -> None:
    add(server, "ReplicaSet", "web-1", ref("Rollout", "web", "argoproj.io/v1alpha1"), spec=maker("app:1"))
    add(server, "ReplicaSet", "orphan", ref("Deployment", "gone"), spec=maker("app:1"))
    for name in ("web-1", "orphan"):
        assert [owner.name for owner in owners.owners(ref("ReplicaSet", name), "shop", soon)] == [name]


def test_a_chain_without_end_ends(server: ObjectServer, owners: KubeOwners, soon: Deadline) -> None:
    add(server, "ReplicaSet", "a", ref("ReplicaSet", "b"), spec=maker("app:1"))
    add(server, "ReplicaSet", "b", ref("ReplicaSet", "a"), spec=maker("app:1"))
    assert len(owners.owners(ref("ReplicaSet", "a"), "shop", soon)) == 3


@pytest.mark.parametrize("name", ["../web", "", "a b"])
def test_what_is_no_name_is_not_asked_for(server: ObjectServer, owners: KubeOwners, soon: Deadline, name: str) -> None:
    assert owners.owners(ref("ReplicaSet", name), "shop", soon) == []
    assert owners.owners(ref("ReplicaSet", "web"), name, soon) == []
    assert server.sent == []


def test_a_missing_right_is_named(server: ObjectServer, owners: KubeOwners, soon: Deadline) -> None:
    server.answers["/apis/apps/v1/namespaces/shop/replicasets/web"] = (403, {"message": "no"})
    with pytest.raises(Final, match=r"bomgate may not get replicasets\.apps in namespace shop"):
        owners.owners(ref("ReplicaSet", "web"), "shop", soon)
