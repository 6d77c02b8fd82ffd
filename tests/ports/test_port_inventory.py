"""WorkloadInventory: what the fake and the API server's owners promise alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from kubernetes import client

from tests.copies import replace
from tests.doubles.kubeobjects import ObjectServer
from tests.fakes import NOON, FakeClock, FakeWorkloadInventory
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.connection import server_of
from webhook.clients.kube.options import KubeOptions
from webhook.clients.kube.owners import KubeOwners
from webhook.errors import Retryable, SourceError
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest
from webhook.model.owners import Controller, OwnedPod, Revision
from webhook.model.workloads import OwnerRef
from webhook.ports import WorkloadInventory

ONE = Digest(f"sha256:{'1' * 64}")
REPLICA_SET = OwnerRef("apps/v1", "ReplicaSet", "web-1", "rs-1")
EARLIER = NOON - dt.timedelta(days=1)


@dataclass
class Subject:
    """A Deployment ``web`` with a ReplicaSet and a Pod that runs the digest ONE of ``app:1``; and a way to break it."""

    inventory: WorkloadInventory
    break_it: Callable[[], None]


def fake() -> FakeWorkloadInventory:
    revision = Revision(EARLIER, frozenset({"app:1"}))
    chain = (
        Controller("apps/v1", "ReplicaSet", "web-1", "rs-1", "app=web", revision, revision.references),
        Controller("apps/v1", "Deployment", "web", "d-1", "app=web", references=revision.references),
    )
    pod = OwnedPod(("rs-1", "d-1"), NOON, frozenset({ONE}), frozenset({("docker.io/library/app:1", ONE)}))
    return FakeWorkloadInventory({"rs-1": chain}, {"d-1": [pod]}, {"d-1": [revision]})


def cluster(server: ObjectServer) -> None:
    def add(kind: str, name: str, uid: str, owner: tuple[str, str, str] | None, **content: Any) -> None:
        references = []
        if owner is not None:
            of, called, its = owner
            references = [{"apiVersion": "apps/v1", "kind": of, "name": called, "uid": its, "controller": True}]
        metadata = {
            "name": name,
            "namespace": "shop",
            "uid": uid,
            "labels": {"app": "web"},
            "ownerReferences": references,
            "creationTimestamp": f"{NOON if kind == 'Pod' else EARLIER:%Y-%m-%dT%H:%M:%SZ}",
        }
        server.add({"kind": kind, "metadata": metadata, **content})

    spec = {"containers": [{"name": "c", "image": "app:1"}]}
    selected = {"selector": {"matchLabels": {"app": "web"}}, "template": {"spec": spec}}
    add("Deployment", "web", "d-1", None, spec=selected)
    add("ReplicaSet", "web-1", "rs-1", ("Deployment", "web", "d-1"), spec=selected)
    statuses = {"phase": "Running", "containerStatuses": [{"name": "c", "imageID": f"docker.io/library/app@{ONE}"}]}
    add("Pod", "web-1-a", "p-1", ("ReplicaSet", "web-1", "rs-1"), spec=spec, status=statuses)


@pytest.fixture(params=["fake", "kube"])
def subject(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[Subject]:
    if request.param == "fake":
        made = fake()
        yield Subject(made, lambda: setattr(made, "error", Retryable("Later.")))
        return
    with ObjectServer() as server:
        cluster(server)
        api = KubeApi(server_of(client.Configuration(host=server.url)), KubeOptions(), clock)

        def break_it() -> None:
            for path in ("replicasets/web-1", "deployments/web", "replicasets"):
                server.answers[f"/apis/apps/v1/namespaces/shop/{path}"] = (503, {})
            server.answers["/api/v1/namespaces/shop/pods"] = (503, {})

        yield Subject(KubeOwners(api), break_it)
        api.close()


@pytest.fixture
def soon(clock: FakeClock) -> Deadline:
    return Deadline(clock.monotonic() + 5)


def test_the_chain_of_owners_is_read_nearest_first(subject: Subject, soon: Deadline) -> None:
    found = subject.inventory.owners(REPLICA_SET, "shop", soon)
    assert [(controller.kind, controller.name, controller.uid) for controller in found] == [
        ("ReplicaSet", "web-1", "rs-1"),
        ("Deployment", "web", "d-1"),
    ]
    for controller in found:
        assert (controller.names("app:1"), controller.names(f"docker.io/library/app:1@{ONE}")) == (True, True)
        assert (controller.names("app:2"), controller.names(f"app@{ONE}")) == (False, False)


@pytest.mark.parametrize("lie", [{"uid": "rs-2"}, {"name": "web-2"}, {"kind": "StatefulSet"}, {"kind": "Gadget"}])
def test_a_reference_that_is_not_true_names_nobody(subject: Subject, soon: Deadline, lie: dict[str, str]) -> None:
    assert list(subject.inventory.owners(replace(REPLICA_SET, **lie), "shop", soon)) == []


def test_the_pods_of_the_top_owner_say_what_they_run(subject: Subject, soon: Deadline) -> None:
    owners = subject.inventory.owners(REPLICA_SET, "shop", soon)
    (pod,) = subject.inventory.pods(owners, "shop", soon)
    assert pod == OwnedPod(("rs-1", "d-1"), NOON, frozenset({ONE}), frozenset({("docker.io/library/app:1", ONE)}))


def test_the_templates_that_pods_were_made_of_are_known(subject: Subject, soon: Deadline) -> None:
    owners = subject.inventory.owners(REPLICA_SET, "shop", soon)
    assert list(subject.inventory.revisions(owners, "shop", soon)) == [Revision(EARLIER, frozenset({"app:1"}))]


def test_a_failure_is_an_error_and_no_answer(subject: Subject, soon: Deadline) -> None:
    owners = subject.inventory.owners(REPLICA_SET, "shop", soon)
    subject.break_it()
    with pytest.raises(SourceError):
        subject.inventory.owners(REPLICA_SET, "shop", soon)
    with pytest.raises(SourceError):
        list(subject.inventory.pods(owners, "shop", soon))
    with pytest.raises(SourceError):
        subject.inventory.revisions(owners, "shop", soon)
