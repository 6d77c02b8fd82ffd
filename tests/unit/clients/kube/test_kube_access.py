"""Reviews of access: what bomgate asks about its own rights, and an API server that knows no such reviews."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kubernetes import client

from tests.doubles.kubeobjects import ObjectServer
from tests.fakes import FakeClock
from webhook.clients.kube.access import AccessReviews
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.connection import server_of
from webhook.clients.kube.options import KubeOptions
from webhook.errors import Final, Retryable
from webhook.model.deadlines import Deadline
from webhook.model.reviews import Requester
from webhook.model.rights import Right

PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
STATUS = Right("patch", "assessments/status", "bomgate.dev")


@pytest.fixture
def server() -> Iterator[ObjectServer]:
    with ObjectServer() as running:
        yield running


@pytest.fixture
def access(server: ObjectServer, clock: FakeClock) -> Iterator[AccessReviews]:
    api = KubeApi(server_of(client.Configuration(host=server.url)), KubeOptions(), clock)
    yield AccessReviews(api, clock)
    api.close()


@pytest.mark.parametrize("allowed", [True, False])
def test_a_right_is_asked_about_with_its_subresource_and_without_blanks(
    server: ObjectServer, access: AccessReviews, allowed: bool
) -> None:
    server.answers[PATH] = (201, {"status": {"allowed": allowed}})
    assert access.allowed(STATUS) is allowed
    ((method, path, body),) = server.sent
    assert (method, path, body["kind"]) == ("POST", PATH, "SelfSubjectAccessReview")
    asked = {"verb": "patch", "group": "bomgate.dev", "resource": "assessments", "subresource": "status"}
    assert body["spec"] == {"resourceAttributes": asked}


def test_an_answer_without_a_status_allows_nothing(server: ObjectServer, access: AccessReviews) -> None:
    server.answers[PATH] = (201, {})
    assert not access.allowed(STATUS)


@pytest.mark.parametrize(("status", "error"), [(404, Final), (503, Retryable)])
def test_no_answer_about_a_right_is_an_error(
    server: ObjectServer, access: AccessReviews, status: int, error: type[Exception]
) -> None:
    server.answers[PATH] = (status, {})
    with pytest.raises(error):
        access.allowed(STATUS)


def test_where_nobody_can_be_asked_nobody_may_use_anything(
    server: ObjectServer, access: AccessReviews, clock: FakeClock
) -> None:
    server.answers["/apis/authorization.k8s.io/v1/subjectaccessreviews"] = (404, {})
    assert not access.may_use(Requester("ben"), "breakglass", "shop", Deadline(clock.monotonic() + 5))
