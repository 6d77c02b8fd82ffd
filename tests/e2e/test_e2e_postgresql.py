"""The webhook on PostgreSQL, which may go away and come back while a cluster asks for decisions."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.catalogue import BLOCKED
from tests.e2e.cluster import Cluster
from tests.e2e.deciding import TryPod, assert_decides, pod_trier
from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate
from tests.postgres import PostgresServer


@pytest.fixture(scope="module")
def replica(install: Callable[..., Bomgate], postgres: PostgresServer) -> Bomgate:
    """An installation whose store is a PostgreSQL database."""
    return install("replica", database={"url": postgres.url(postgres.new_database())})


@pytest.fixture(scope="module")
def try_pod(cluster: Cluster, replica: Bomgate, new_namespace: Callable[..., str]) -> TryPod:
    """Asks whether a Pod would be admitted where the installation decides."""
    return pod_trier(cluster.client, new_namespace("replica"))


def test_it_decides_from_a_postgresql_database(try_pod: TryPod) -> None:
    assert_decides(try_pod)


def test_decisions_go_on_while_the_database_is_down_and_it_is_followed_again_when_it_is_back(
    replica: Bomgate, postgres: PostgresServer, try_pod: TryPod
) -> None:
    postgres.stop()
    try:
        assert_decides(try_pod)
        wait_until(lambda: "store does not answer" in replica.log, 30, "the warning in the log")
        assert_decides(try_pod)
    finally:
        postgres.start()
    replica.run("assess", "CVE-2026-10001", "--type", "Ignore", "--comment", "after the outage", "--days", "1")
    wait_until(lambda: try_pod(BLOCKED).allowed, 20, "the permission")
    replica.run("assess", "CVE-2026-10001", "--clear", "--comment", "back to the rule")
    wait_until(lambda: try_pod(BLOCKED).denied, 20, "the denial")


def test_it_starts_and_decides_while_the_database_is_down(
    replica: Bomgate, postgres: PostgresServer, try_pod: TryPod
) -> None:
    replica.kill()
    postgres.stop()
    try:
        replica.start()
        assert_decides(try_pod)
    finally:
        postgres.start()


def test_without_a_copy_it_is_not_ready_until_the_database_is_back_and_does_not_exit(
    replica: Bomgate, postgres: PostgresServer, try_pod: TryPod
) -> None:
    replica.kill()
    for copy in (replica.folder / "state").iterdir():
        copy.unlink()
    postgres.stop()
    with ThreadPoolExecutor() as pool:
        try:
            starting = pool.submit(replica.start)
            wait_until(lambda: "not ready until it does" in replica.log, 60, "the warning in the log")
            wait_until(lambda: "store does not answer" in replica.log, 60, "a vain load")
            assert not replica.ready()
            assert not starting.done()
        finally:
            postgres.start()
        starting.result()
    assert_decides(try_pod)
