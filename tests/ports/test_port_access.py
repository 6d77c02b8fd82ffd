"""AccessReviewer: what the fake and the API server's reviews promise alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from kubernetes import client

from tests.doubles.kubeobjects import ObjectServer
from tests.fakes import FakeAccessReviewer, FakeClock
from webhook.clients.kube.access import AccessReviews
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.connection import server_of
from webhook.clients.kube.options import KubeOptions
from webhook.errors import Retryable, SourceError
from webhook.model.deadlines import Deadline
from webhook.model.reviews import Requester
from webhook.ports import AccessReviewer

PATH = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
BEN = Requester("ben", "u-1", ("staff",), (("scopes", ("a", "b")),))


@dataclass
class Subject:
    """A reviewer that allows nothing yet; ways to give ben the right in ``shop``, and to break it."""

    access: AccessReviewer
    give: Callable[[], None]
    break_it: Callable[[], None]
    server: ObjectServer | None = None


@pytest.fixture(params=["fake", "kube"])
def subject(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[Subject]:
    if request.param == "fake":
        fake = FakeAccessReviewer()
        yield Subject(
            fake,
            lambda: fake.allowed.add(("ben", "breakglass", "shop")),
            lambda: setattr(fake, "error", Retryable("Later.")),
        )
        return
    with ObjectServer() as server:
        server.answers[PATH] = (201, {"status": {"allowed": False}})
        api = KubeApi(server_of(client.Configuration(host=server.url)), KubeOptions(), clock)
        yield Subject(
            AccessReviews(api, clock),
            lambda: server.answers.update({PATH: (201, {"status": {"allowed": True}})}),
            lambda: server.answers.update({PATH: (500, {})}),
            server,
        )
        api.close()


@pytest.fixture
def soon(clock: FakeClock) -> Deadline:
    return Deadline(clock.monotonic() + 5)


def test_who_has_the_right_may_and_nobody_else(subject: Subject, soon: Deadline) -> None:
    assert not subject.access.may_use(BEN, "breakglass", "shop", soon)
    subject.give()
    assert subject.access.may_use(BEN, "breakglass", "shop", soon)
    assert not subject.access.may_use(Requester(""), "breakglass", "shop", soon), "nobody"


def test_a_failure_is_an_error_and_no_right(subject: Subject, soon: Deadline) -> None:
    subject.give()
    subject.break_it()
    with pytest.raises(SourceError):
        subject.access.may_use(BEN, "breakglass", "shop", soon)


def test_all_that_is_known_of_the_user_is_asked_about(subject: Subject, soon: Deadline) -> None:
    subject.access.may_use(BEN, "breakglass", "shop", soon)
    if subject.server is None:
        return
    ((_, _, body),) = subject.server.sent
    assert body["spec"] == {
        "resourceAttributes": {"namespace": "shop", "verb": "use", "group": "bomgate.dev", "resource": "breakglass"},
        "user": "ben",
        "uid": "u-1",
        "groups": ["staff"],
        "extra": {"scopes": ["a", "b"]},
    }
