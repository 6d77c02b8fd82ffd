"""The watch of namespaces: what changes, what a failure leaves, and what is asked by name."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client

from tests.doubles.kubeobjects import ObjectServer
from tests.e2e.processes import wait_until
from tests.fakes import FakeClock
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.connection import server_of
from webhook.clients.kube.namespaces import NamespaceWatch
from webhook.clients.kube.options import KubeOptions
from webhook.errors import Retryable
from webhook.model.deadlines import Deadline

ENFORCE = "bomgate.dev/enforce"


@pytest.fixture
def server() -> Iterator[ObjectServer]:
    with ObjectServer() as running:
        running.namespace("shop", enforce="warn", team="web")
        yield running


@pytest.fixture
def watch(server: ObjectServer, clock: FakeClock) -> Iterator[NamespaceWatch]:
    api = KubeApi(server_of(client.Configuration(host=server.url)), KubeOptions(), clock)
    yield NamespaceWatch(api, clock)
    api.close()


@pytest.fixture
def running(server: ObjectServer, watch: NamespaceWatch) -> Iterator[None]:
    """The watch follows the cluster."""
    stop = threading.Event()
    thread = threading.Thread(target=watch.run, args=(stop,), daemon=True)
    thread.start()
    yield
    stop.set()
    server.changes.put(None)
    thread.join(timeout=10)
    assert not thread.is_alive()


def event(kind: str, name: str, version: str, **labels: str) -> dict[str, Any]:
    known = {f"bomgate.dev/{key}": value for key, value in labels.items()}
    return {"type": kind, "object": {"metadata": {"name": name, "resourceVersion": version, "labels": known}}}


def soon(clock: FakeClock) -> Deadline:
    return Deadline(clock.monotonic() + 5)


@pytest.mark.usefixtures("running")
def test_changes_are_followed_and_only_labels_of_bomgate_are_kept(server: ObjectServer, watch: NamespaceWatch) -> None:
    wait_until(lambda: watch.known("shop") == {ENFORCE: "warn"}, 10, "the list", pause=0.01)
    server.changes.put(event("ADDED", "bank", "2", enforce="deny"))
    server.changes.put(event("MODIFIED", "shop", "3", enforce="off"))
    wait_until(lambda: watch.known("shop") == {ENFORCE: "off"}, 10, "the change", pause=0.01)
    assert watch.known("bank") == {ENFORCE: "deny"}
    server.changes.put(event("DELETED", "bank", "4"))
    wait_until(lambda: watch.known("bank") is None, 10, "the end of a namespace", pause=0.01)


@pytest.mark.usefixtures("running")
def test_a_bookmark_without_a_time_of_creation_ends_no_watch(server: ObjectServer, watch: NamespaceWatch) -> None:
    wait_until(lambda: watch.known("shop") is not None, 10, "the list", pause=0.01)
    bookmark = {"metadata": {"resourceVersion": "2", "creationTimestamp": None}, "spec": {}, "status": {}}
    server.changes.put({"type": "BOOKMARK", "object": bookmark})
    server.changes.put(event("ADDED", "bank", "3", enforce="deny"))
    wait_until(lambda: watch.known("bank") is not None, 10, "the change", pause=0.01)
    assert server.paths("GET") == ["/api/v1/namespaces"], "listed once"


@pytest.mark.usefixtures("running")
def test_a_watch_whose_version_is_too_old_begins_with_a_new_list(server: ObjectServer, watch: NamespaceWatch) -> None:
    wait_until(lambda: watch.known("shop") is not None, 10, "the list", pause=0.01)
    server.namespace("late", enforce="audit")
    server.changes.put({"type": "ERROR", "object": {"kind": "Status", "code": 410, "metadata": {}}})
    server.changes.put(None)
    wait_until(lambda: watch.known("late") == {ENFORCE: "audit"}, 10, "the second list", pause=0.01)


def test_without_the_right_to_list_the_log_names_it_once_and_names_are_asked_one_by_one(
    server: ObjectServer, watch: NamespaceWatch, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers["/api/v1/namespaces"] = (403, {"message": "no"})
    stop = threading.Event()
    thread = threading.Thread(target=watch.run, args=(stop,), daemon=True)
    thread.start()
    wait_until(lambda: len(server.paths("GET")) >= 2, 10, "the second try", pause=0.01)
    stop.set()
    thread.join(timeout=15)
    (warning,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "bomgate may not list namespaces" in warning.__dict__["why"]
    assert watch.known("shop") is None
    assert watch.read("shop", soon(clock)) == {ENFORCE: "warn"}


def test_what_was_read_is_believed_for_a_moment_only(
    server: ObjectServer, watch: NamespaceWatch, clock: FakeClock
) -> None:
    watch.read("shop", soon(clock))
    assert watch.known("shop") == {ENFORCE: "warn"}
    clock.advance(6)
    assert watch.known("shop") is None


def test_after_a_failure_nothing_is_asked_for_a_moment(
    server: ObjectServer, watch: NamespaceWatch, clock: FakeClock
) -> None:
    server.answers["/api/v1/namespaces/shop"] = (503, {})
    for _ in range(3):
        with pytest.raises(Retryable):
            watch.read("shop", soon(clock))
    assert len(server.paths("GET")) == 1
    server.answers.clear()
    clock.advance(6)
    assert watch.read("shop", soon(clock)) == {ENFORCE: "warn"}
