"""GrantStore: what the fake and the one in the API server promise alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from kubernetes import client

from tests.copies import replace
from tests.doubles.kubeobjects import ObjectServer
from tests.fakes import NOON, FakeClock, FakeGrantStore
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.connection import server_of
from webhook.clients.kube.grants import KubeGrants
from webhook.clients.kube.options import KubeOptions
from webhook.errors import BomgateError
from webhook.model.deadlines import Deadline
from webhook.model.grants import BreakGlassGrant, GrantedWorkload
from webhook.ports import GrantStore

WEB = GrantedWorkload("apps/v1", "Deployment", "web", "0a-1")
GRANT = BreakGlassGrant("shop", "INC-1", "ben", WEB, ("bad:1", "worse:1"), NOON, NOON + dt.timedelta(hours=8))


@pytest.fixture(params=["fake", "kube"])
def grants(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[GrantStore]:
    if request.param == "fake":
        yield FakeGrantStore()
        return
    with ObjectServer() as server:
        server.collections.add("/apis/bomgate.dev/v1alpha1/breakglassgrants")
        api = KubeApi(server_of(client.Configuration(host=server.url)), KubeOptions(), clock)
        yield KubeGrants(api, clock)
        api.close()


@pytest.fixture
def soon(clock: FakeClock) -> Deadline:
    return Deadline(clock.monotonic() + 5)


def test_a_grant_is_found_by_the_uid_of_its_workload_as_it_was_added(grants: GrantStore, soon: Deadline) -> None:
    grants.add(GRANT, soon)
    assert list(grants.find(["9-9", "0a-1"], "shop", soon)) == [GRANT]


def test_others_are_not_found(grants: GrantStore, soon: Deadline) -> None:
    grants.add(GRANT, soon)
    for uids, namespace in ((["9-9"], "shop"), (["0a-1"], "bank"), ([], "shop"), (["", "a b"], "shop")):
        assert list(grants.find(uids, namespace, soon)) == []


def test_a_further_grant_for_a_workload_is_kept_beside_the_first(grants: GrantStore, soon: Deadline) -> None:
    later = replace(GRANT, ticket="INC-2", at=NOON + dt.timedelta(days=1), until=NOON + dt.timedelta(days=2))
    grants.add(GRANT, soon)
    grants.add(later, soon)
    assert sorted(grant.ticket for grant in grants.find(["0a-1"], "shop", soon)) == ["INC-1", "INC-2"]


def test_a_ticket_makes_one_grant_in_a_namespace_and_is_remembered(grants: GrantStore, soon: Deadline) -> None:
    assert grants.of_ticket("INC-1", "shop", soon) is None
    assert grants.add(GRANT, soon)
    other = replace(GRANT, workload=replace(WEB, name="other", uid="0a-2"))
    assert not grants.add(other, soon)
    assert grants.of_ticket("INC-1", "shop", soon) == GRANT
    assert list(grants.find(["0a-2"], "shop", soon)) == []
    assert grants.add(replace(GRANT, namespace="bank"), soon)
    for ticket in ("INC-2", "inc-1", "INC-1/ü, any text"):
        assert grants.of_ticket(ticket, "shop", soon) is None
        assert grants.add(replace(other, ticket=ticket), soon)
        assert grants.of_ticket(ticket, "shop", soon) == replace(other, ticket=ticket)


def test_a_confirmation_is_for_one_grant_and_not_for_the_next_of_its_ticket(grants: GrantStore, soon: Deadline) -> None:
    first = grants.add(GRANT, soon)
    assert first is not None
    assert (first.confirmed, first.made is not None) == (False, True)
    grants.confirm(first, soon)
    found = grants.of_ticket("INC-1", "shop", soon)
    assert found is not None
    assert (found, found.confirmed) == (GRANT, True)
    grants.remove(first, soon)
    assert grants.of_ticket("INC-1", "shop", soon) is None
    second = grants.add(replace(GRANT, images=("other:1",)), soon)
    with pytest.raises(BomgateError):
        grants.confirm(first, soon)
    grants.remove(first, soon)
    found = grants.of_ticket("INC-1", "shop", soon)
    assert found == second
    assert found is not None
    assert not found.confirmed
