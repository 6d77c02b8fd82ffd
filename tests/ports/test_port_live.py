"""LiveObjects and TicketGuard: what is read of single objects in the API server, and of its policies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client

from tests.doubles.kubeobjects import ObjectServer
from tests.fakes import FakeClock
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.connection import server_of
from webhook.clients.kube.live import KubeLiveObjects
from webhook.clients.kube.options import KubeOptions
from webhook.clients.kube.owners import KubeOwners
from webhook.clients.kube.ticketguard import KubeTicketGuard
from webhook.errors import SourceError
from webhook.model.deadlines import Deadline
from webhook.model.grants import SetTicket
from webhook.model.workloads import OwnerRef

WEB = OwnerRef("apps/v1", "Deployment", "web", "deployment-shop-web")
FIELD = {"f:metadata": {"f:annotations": {"f:bomgate.dev/break-glass": {}}}}
GUARDS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic"
GUARD = {"metadata": {"name": "guard", "creationTimestamp": "2026-01-01T00:00:00Z"}, "spec": {"failurePolicy": "Fail"}}
BINDING = {
    "metadata": {"name": "guard", "creationTimestamp": "2026-01-02T00:00:00Z"},
    "spec": {"policyName": "guard", "validationActions": ["Deny"]},
}


def at(minute: int) -> dt.datetime:
    return dt.datetime(2026, 3, 1, 12, minute, tzinfo=dt.UTC)


def written(minute: int, fields: dict[str, Any] | None = None, subresource: str = "") -> dict[str, Any]:
    """An entry of managedFields."""
    return {
        "manager": "someone",
        "time": f"2026-03-01T12:{minute:02}:00Z",
        "subresource": subresource,
        "fieldsV1": fields or {"f:spec": {"f:replicas": {}}},
    }


@pytest.fixture
def server() -> Iterator[ObjectServer]:
    with ObjectServer() as running:
        yield running


@pytest.fixture
def api(server: ObjectServer, clock: FakeClock) -> Iterator[KubeApi]:
    made = KubeApi(server_of(client.Configuration(host=server.url)), KubeOptions(), clock)
    yield made
    made.close()


@pytest.fixture
def soon(clock: FakeClock) -> Deadline:
    return Deadline(clock.monotonic() + 5)


def deployment(*fields: dict[str, Any], ticket: str | None = "INC-1") -> dict[str, Any]:
    annotations = {"bomgate.dev/break-glass": ticket} if ticket is not None else {}
    metadata = {"name": "web", "namespace": "shop", "creationTimestamp": "2026-03-01T12:00:00Z"}
    spec = {"template": {"spec": {"containers": [{"name": "c0", "image": "shop/web:1"}]}}}
    own = {"managedFields": list(fields), "annotations": annotations}
    return {"kind": "Deployment", "metadata": {**metadata, **own}, "spec": spec}


@pytest.mark.parametrize(
    ("fields", "changed", "ticket"),
    [
        ([], 0, None),
        ([written(5, FIELD)], 5, 5),
        ([written(5, FIELD), written(9)], 9, 5),
        ([written(5, FIELD), written(9, FIELD)], 9, 5),
        ([written(7, FIELD, "status"), written(3)], 3, 7),
        ([written(5, FIELD), written(8, subresource="scale"), written(9, subresource="status")], 5, 5),
    ],
)
def test_an_object_tells_when_it_was_written_and_its_ticket_was_set(
    server: ObjectServer, api: KubeApi, soon: Deadline, fields: list[Any], changed: int, ticket: int | None
) -> None:
    server.add(deployment(*fields))
    live = KubeLiveObjects(api).read(WEB, "shop", soon)
    assert live is not None
    assert (live.changed, live.references) == (at(changed), {"shop/web:1"})
    assert live.names("docker.io/shop/web:1")
    expected = SetTicket("INC-1", at(ticket) if ticket is not None else None)
    assert live.ticket == expected
    (owner,) = KubeOwners(api).owners(WEB, "shop", soon)
    assert owner.ticket == expected


def test_another_object_of_that_name_and_kinds_that_are_not_known_are_nothing(
    server: ObjectServer, api: KubeApi, soon: Deadline
) -> None:
    server.add(deployment(ticket=None))
    live = KubeLiveObjects(api)
    found = live.read(WEB, "shop", soon)
    assert found is not None
    assert found.ticket is None
    other = OwnerRef("apps/v1", "Deployment", "web", "other")
    strange = OwnerRef("apps/v1", "Rollout", "web", "deployment-shop-web")
    path = OwnerRef("apps/v1", "Deployment", "web/../web", "deployment-shop-web")
    for of in (other, strange, path):
        assert live.read(of, "shop", soon) is None
    assert [live.can_read(of) for of in (WEB, strange, OwnerRef("v1", "Pod", "web", ""))] == [True, False, True]


@pytest.mark.parametrize(
    ("policy", "binding"),
    [
        (None, BINDING),
        (GUARD, None),
        ({**GUARD, "spec": {"failurePolicy": "Ignore"}}, BINDING),
        (GUARD, {**BINDING, "spec": {**BINDING["spec"], "validationActions": ["Warn", "Audit"]}}),
        (GUARD, {**BINDING, "spec": {**BINDING["spec"], "policyName": "other"}}),
        (GUARD, {**BINDING, "spec": {**BINDING["spec"], "matchResources": {"namespaceSelector": {"matchLabels": {}}}}}),
    ],
)
def test_a_guard_that_does_not_refuse_everywhere_is_none(
    server: ObjectServer, api: KubeApi, soon: Deadline, clock: FakeClock, policy: Any, binding: Any
) -> None:
    for kind, given in (("ies", policy), ("ybindings", binding)):
        server.answers[f"{GUARDS}{kind}/guard"] = (404, {}) if given is None else (200, given)
    assert KubeTicketGuard(api, "guard", clock).since(soon) is None


def test_a_guard_counts_since_both_its_parts_are_there_and_is_looked_at_again_after_a_while(
    server: ObjectServer, api: KubeApi, soon: Deadline, clock: FakeClock
) -> None:
    server.answers = {f"{GUARDS}ies/guard": (200, GUARD), f"{GUARDS}ybindings/guard": (200, BINDING)}
    guard = KubeTicketGuard(api, "guard", clock)
    assert guard.since(soon) == guard.since(soon) == dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    assert len(server.sent) == 2
    server.answers[f"{GUARDS}ybindings/guard"] = (403, {})
    clock.advance(11)
    with pytest.raises(SourceError):
        guard.since(Deadline(clock.monotonic() + 5))
    assert KubeTicketGuard(api, "no/name", clock).since(soon) is None
