"""LeaderLock in memory and on a double of the API server; the end-to-end tests run the suite on a real one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from kubernetes import client

from tests.doubles.versions import VersionedServer
from tests.fakes import FakeClock
from tests.memory.cluster import MemoryLease, MemoryLock
from tests.ports.leader_lock import LeaderLockSuite, NewLock
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.connection import server_of
from webhook.clients.kube.leases import LeaseLock
from webhook.clients.kube.options import KubeOptions
from webhook.errors import ConfigError, Final

LEASES = "/apis/coordination.k8s.io/v1/leases"


@pytest.fixture
def server() -> Iterator[VersionedServer]:
    with VersionedServer() as running:
        yield running


@pytest.fixture
def api(server: VersionedServer, clock: FakeClock) -> Iterator[KubeApi]:
    made = KubeApi(server_of(client.Configuration(host=server.url)), KubeOptions(), clock)
    yield made
    made.close()


def lease_lock(api: KubeApi, clock: FakeClock) -> LeaseLock:
    return LeaseLock(api, ("bomgate", "bomgate-controller"), 15, clock)


class TestMemoryLock(LeaderLockSuite):
    @pytest.fixture
    def new_lock(self, clock: FakeClock) -> NewLock:
        lease = MemoryLease()
        return lambda: MemoryLock(lease, clock)


class TestLeaseLock(LeaderLockSuite):
    @pytest.fixture
    def new_lock(self, api: KubeApi, clock: FakeClock) -> NewLock:
        return lambda: lease_lock(api, clock)


def test_the_lease_tells_people_who_leads_and_since_when(
    server: VersionedServer, api: KubeApi, clock: FakeClock
) -> None:
    lock = lease_lock(api, clock)
    lock.acquire("a", now=clock.now())
    clock.advance(5)
    lock.acquire("a", now=clock.now())
    (lease,) = server.kept("leases")
    assert lease["spec"] == {
        "holderIdentity": "a",
        "leaseDurationSeconds": 15,
        "acquireTime": "2026-03-01T12:00:00.000000Z",
        "renewTime": "2026-03-01T12:00:05.000000Z",
        "leaseTransitions": 0,
    }
    lock.release("a")
    clock.advance(1)
    lease_lock(api, clock).acquire("b", now=clock.now())
    (lease,) = server.kept("leases")
    assert (lease["spec"]["holderIdentity"], lease["spec"]["leaseTransitions"]) == ("b", 1)


def test_the_other_machines_clock_does_not_count(server: VersionedServer, api: KubeApi, clock: FakeClock) -> None:
    ahead, behind = FakeClock(clock.current + timedelta(hours=1)), FakeClock(clock.current - timedelta(hours=1))
    holder, waiting = lease_lock(api, ahead), lease_lock(api, behind)
    assert holder.acquire("a", now=ahead.now())
    for _ in range(4):
        assert not waiting.acquire("b", now=behind.now())
        behind.advance(10)
        ahead.advance(10)
        assert holder.acquire("a", now=ahead.now()), "its renewal is seen, whatever time it states"
    assert not waiting.acquire("b", now=behind.now())
    behind.advance(15)
    assert waiting.acquire("b", now=behind.now())


def test_whoever_touches_the_lease_besides_does_not_end_the_lead(
    server: VersionedServer, api: KubeApi, clock: FakeClock
) -> None:
    lock = lease_lock(api, clock)
    lock.acquire("a", now=clock.now())

    def annotate() -> None:
        server.before_write = lambda: None
        (lease,) = server.kept("leases")
        server.put(LEASES, "bomgate", {**lease, "metadata": {"name": "bomgate-controller", "annotations": {"x": "y"}}})

    server.before_write = annotate
    assert lock.acquire("a", now=clock.now())


def test_of_two_that_take_a_free_lease_at_once_one_gets_it(
    server: VersionedServer, api: KubeApi, clock: FakeClock
) -> None:
    def somebody_is_faster() -> None:
        server.before_write = lambda: None
        assert lease_lock(api, clock).acquire("b", now=clock.now())

    server.before_write = somebody_is_faster
    assert not lease_lock(api, clock).acquire("a", now=clock.now())


def test_a_namespace_that_is_missing_is_named(server: VersionedServer, api: KubeApi, clock: FakeClock) -> None:
    server.collections.clear()
    with pytest.raises(Final, match="no namespace bomgate"):
        lease_lock(api, clock).acquire("a", now=clock.now())


@pytest.mark.parametrize("place", [("a/b", "lease"), ("bomgate", "a/b"), ("", "lease")])
def test_what_is_no_name_is_refused(api: KubeApi, clock: FakeClock, place: tuple[str, str]) -> None:
    with pytest.raises(ConfigError):
        LeaseLock(api, place, 15, clock)
