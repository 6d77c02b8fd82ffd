"""NamespaceLabels: what the fake and the watch of the API server promise alike."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from kubernetes import client

from tests.doubles.kubeobjects import ObjectServer
from tests.e2e.processes import wait_until
from tests.fakes import FakeClock, FakeNamespaceLabels
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.connection import server_of
from webhook.clients.kube.namespaces import NamespaceWatch
from webhook.clients.kube.options import KubeOptions
from webhook.errors import Retryable, SourceError
from webhook.model.deadlines import Deadline
from webhook.ports import NamespaceLabels

ENFORCE = "bomgate.dev/enforce"


@dataclass
class Subject:
    """Labels of a cluster in which ``shop`` has the mode warn; a way to learn what is there, and one to break it."""

    labels: NamespaceLabels
    learn: Callable[[], None]
    break_it: Callable[[], None]


@pytest.fixture(params=["fake", "watch"])
def subject(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[Subject]:
    if request.param == "fake":
        fake = FakeNamespaceLabels({"shop": {ENFORCE: "warn"}})
        yield Subject(
            fake, lambda: fake.memory.update(fake.namespaces), lambda: setattr(fake, "error", Retryable("Later."))
        )
        return
    with ObjectServer() as server:
        server.namespace("shop", enforce="warn")
        api = KubeApi(server_of(client.Configuration(host=server.url)), KubeOptions(), clock)
        watch, stop = NamespaceWatch(api, clock), threading.Event()
        thread = threading.Thread(target=watch.run, args=(stop,), daemon=True)

        def learn() -> None:
            thread.start()
            server.changes.put({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "7"}}})
            wait_until(lambda: server.paths("WATCH"), 10, "the watch", pause=0.01)

        yield Subject(watch, learn, lambda: server.answers.update({"/api/v1/namespaces/shop": (503, {})}))
        stop.set()
        server.changes.put(None)
        if thread.is_alive():
            thread.join(timeout=10)
        api.close()


@pytest.fixture
def soon(clock: FakeClock) -> Deadline:
    return Deadline(clock.monotonic() + 5)


def test_nothing_is_in_memory_before_it_was_learnt(subject: Subject) -> None:
    assert subject.labels.known("shop") is None


def test_what_was_learnt_is_in_memory(subject: Subject) -> None:
    subject.learn()
    assert subject.labels.known("shop") == {ENFORCE: "warn"}
    assert subject.labels.known("bank") is None


def test_labels_can_be_read_by_name(subject: Subject, soon: Deadline) -> None:
    assert subject.labels.read("shop", soon) == {ENFORCE: "warn"}


def test_a_namespace_that_there_is_not_has_no_labels(subject: Subject, soon: Deadline) -> None:
    assert subject.labels.read("bank", soon) == {}
    assert subject.labels.read("no/name", soon) == {}


def test_a_failure_is_an_error_and_no_answer(subject: Subject, soon: Deadline) -> None:
    subject.break_it()
    with pytest.raises(SourceError):
        subject.labels.read("shop", soon)
