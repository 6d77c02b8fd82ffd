"""That a server-side dry run gets the same decision and leaves nothing behind."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from typing import Any

import kubernetes.client
import pytest

from tests.e2e.answers import call
from tests.e2e.catalogue import BLOCKED, CAUTION
from tests.e2e.cluster import Cluster
from tests.e2e.manifests import deployment, pod
from tests.e2e.product import Bomgate


@pytest.fixture(scope="module")
def untouched(install: Callable[..., Bomgate]) -> Bomgate:
    """An installation that only this file talks to, so that its database changes by nothing else."""
    return install("untouched", policy={"missingSbom": "deny", "unknown": "deny", "unassessed": "deny"})


def stored(bomgate: Bomgate) -> tuple[Any, list[str]]:
    """All that the store holds: the status as people see it, and every row of every table."""
    with contextlib.closing(sqlite3.connect(bomgate.database)) as database:
        return bomgate.json("db", "status"), list(database.iterdump())


def stored_at_the_end(bomgate: Bomgate) -> tuple[Any, list[str]]:
    """The same after the server has ended, which is when it writes down all that it remembers."""
    bomgate.stop()
    return stored(bomgate)


def test_a_strict_policy_denies_what_is_not_known_and_says_how_to_make_it_known(
    untouched: Bomgate, core: kubernetes.client.CoreV1Api, new_namespace: Callable[..., str]
) -> None:
    namespace = new_namespace("untouched")
    answer = call(
        core.create_namespaced_pod_with_http_info,
        namespace,
        pod(namespace, "web", "registry.example/shop/unheard-of:1"),
        dry_run="All",  # so as not to disturb the test below
    )
    assert answer.denied
    assert "The tag of this image is not known and could not be resolved to a digest" in answer.text
    assert "- Check that the tag exists, or name the image by its digest." in answer.text


def test_a_dry_run_is_decided_like_the_real_thing_and_leaves_no_trace(
    untouched: Bomgate, cluster: Cluster, core: kubernetes.client.CoreV1Api, new_namespace: Callable[..., str]
) -> None:
    namespace = new_namespace("untouched")
    before = stored(untouched)

    for manifest in (pod(namespace, "web", BLOCKED), deployment(namespace, "web", BLOCKED)):
        denied = cluster.kubectl("apply", "--dry-run=server", "-f", "-", manifest=manifest)
        assert denied.code == 1
        assert "CVE-2026-10001 CVSS 9.8" in denied.err
    for _ in range(3):
        warned = cluster.kubectl("apply", "--dry-run=server", "-f", "-", manifest=pod(namespace, "web", CAUTION))
        assert (warned.code, warned.out) == (0, "pod/web created (server dry run)\n")
        assert "CVE-2026-10003 CVSS 7.5" in warned.err
    assert stored_at_the_end(untouched) == before
    untouched.start()

    # The same for real does leave traces, so that this test would have seen them.
    call(core.create_namespaced_pod_with_http_info, namespace, pod(namespace, "web", BLOCKED))
    call(core.create_namespaced_pod_with_http_info, namespace, pod(namespace, "web", CAUTION))
    assert stored_at_the_end(untouched)[1] != before[1]
    assert [item.metadata.name for item in core.list_namespaced_pod(namespace).items] == ["web"]
