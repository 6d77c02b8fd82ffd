"""Asking the API server for one object: limits, and what is said when it does not answer as it should."""

from __future__ import annotations

import socket
import time

import pytest

from tests.fakes import FakeClock
from tests.unit.clients.kube.apiserver import REPORTS, Answer, ApiServer
from tests.unit.clients.kube.conftest import MakeApi
from webhook.clients.kube.api import KubeApi
from webhook.errors import DeadlineExceeded, Final, Retryable
from webhook.model.deadlines import Deadline

SECRET = "/api/v1/namespaces/shop/secrets/reg"
KIND = ("aquasecurity.github.io", "v1alpha1", "clustersbomreports")


def test_an_object_is_asked_for_by_its_name_with_the_token_alone(
    server: ApiServer, api: KubeApi, soon: Deadline
) -> None:
    server.answers[SECRET] = Answer(content=b'{"a": 1}')
    assert api.secret("shop", "reg", soon) == b'{"a": 1}'
    assert server.asked == [SECRET]
    assert server.tokens == ["Bearer secret-token"]


def test_what_does_not_exist_is_none(api: KubeApi, soon: Deadline) -> None:
    assert api.secret("shop", "reg", soon) is None
    assert api.service_account("shop", "default", soon) is None
    assert api.custom(KIND, "abc", "", soon) is None


@pytest.mark.parametrize("name", ["", "..", "../configmaps/x", "a/b", "A", "a b", "x" * 254, "a%2fb", "a?watch=1"])
def test_a_text_that_is_no_name_never_becomes_part_of_an_address(
    server: ApiServer, api: KubeApi, soon: Deadline, name: str
) -> None:
    assert api.secret("shop", name, soon) is None
    assert name == "" or api.secret(name, "reg", soon) is None
    assert server.asked == []


def test_a_missing_right_is_named_with_verb_resource_and_namespace(
    server: ApiServer, api: KubeApi, soon: Deadline
) -> None:
    server.refuse(SECRET, 403, 'secrets "reg" is forbidden: User "bomgate" cannot get resource "secrets"')
    with pytest.raises(Final) as caught:
        api.secret("shop", "reg", soon)
    assert "bomgate may not get secrets in namespace shop" in caught.value.message
    assert 'User "bomgate" cannot' in caught.value.message
    assert "Role in namespace shop with the verb get on the resource secrets" in caught.value.remedy


def test_a_missing_right_in_the_cluster_names_the_api_group(server: ApiServer, api: KubeApi, soon: Deadline) -> None:
    server.refuse(f"{REPORTS}/clustersbomreports/abc", 403)
    with pytest.raises(Final) as caught:
        api.custom(KIND, "abc", "", soon)
    assert "ClusterRole in the cluster" in caught.value.remedy
    assert "clustersbomreports of the API group 'aquasecurity.github.io'" in caught.value.remedy


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [(401, Final, "does not accept bomgate.s credentials"), (400, Final, "answered 400"), (302, Final, "answered 302")]
    + [(status, Retryable, f"answered {status}") for status in (408, 429, 500, 503, 504)],
)
def test_each_status_says_whether_asking_again_helps(
    server: ApiServer, api: KubeApi, soon: Deadline, status: int, kind: type[Exception], words: str
) -> None:
    server.refuse(SECRET, status)
    with pytest.raises(kind, match=words):
        api.secret("shop", "reg", soon)
    assert len(server.asked) == 1


def test_the_wait_that_the_api_server_asks_for_is_passed_on(server: ApiServer, api: KubeApi, soon: Deadline) -> None:
    server.refuse(SECRET, 429, Retry_After="7")
    with pytest.raises(Retryable) as caught:
        api.secret("shop", "reg", soon)
    assert caught.value.retry_after == 7


def test_a_redirect_does_not_take_the_token_elsewhere(server: ApiServer, api: KubeApi, soon: Deadline) -> None:
    other = ApiServer()
    server.answers[SECRET] = Answer(302, {}, {"Location": f"{other.url}/steal"})
    with pytest.raises(Final):
        api.secret("shop", "reg", soon)
    other.close()
    assert other.asked == []


def test_an_api_server_that_is_down_may_come_back(make_api: MakeApi, soon: Deadline) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        api = make_api(f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(Retryable, match=r"cannot be reached \(Connection refused\)"):
            api.secret("shop", "reg", soon)


def test_an_api_server_that_says_nothing_is_not_waited_for(make_api: MakeApi, soon: Deadline) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        api = make_api(f"http://127.0.0.1:{silent.getsockname()[1]}", read_seconds=0.05)
        with pytest.raises(Retryable, match=r"within 0\.05 s when asked for secrets/reg in namespace shop"):
            api.secret("shop", "reg", soon)


def test_an_answer_that_is_cut_off_is_no_answer(server: ApiServer, api: KubeApi, soon: Deadline) -> None:
    server.answers[SECRET] = Answer(content=b'{"a": 1}', cut=3)
    with pytest.raises(Retryable, match="was cut off"):
        api.secret("shop", "reg", soon)


def test_nothing_is_asked_after_the_deadline(server: ApiServer, api: KubeApi, clock: FakeClock) -> None:
    with pytest.raises(DeadlineExceeded, match="secrets/reg in namespace shop"):
        api.secret("shop", "reg", Deadline(clock.monotonic()))
    assert server.asked == []


def test_a_body_that_only_drips_ends_at_the_deadline(server: ApiServer, make_api: MakeApi, clock: FakeClock) -> None:
    class Running(FakeClock):
        def monotonic(self) -> float:
            return time.monotonic()

    server.answers[SECRET] = Answer(content=b'"%s"' % (b"x" * 500), chunk_seconds=0.02)
    with pytest.raises(DeadlineExceeded):
        make_api(used_clock=Running()).secret("shop", "reg", Deadline(time.monotonic() + 0.2))


def test_a_report_that_is_too_large_is_not_read(server: ApiServer, make_api: MakeApi, soon: Deadline) -> None:
    server.answers[f"{REPORTS}/clustersbomreports/abc"] = Answer(content=b"x" * 1001)
    with pytest.raises(Final, match="more than the 1000 bytes") as caught:
        make_api(max_report_bytes=1000).custom(KIND, "abc", "", soon)
    assert "kube.maxReportBytes" in caught.value.remedy


def test_a_certificate_that_is_not_trusted_is_said_so(server: ApiServer, make_api: MakeApi, soon: Deadline) -> None:
    api = make_api(server.url.replace("http:", "https:"))
    with pytest.raises(Final, match="The API server does not speak TLS as expected"):
        api.secret("shop", "reg", soon)
