"""Pull secrets: what is read of them, for how long that is believed, and that namespaces stay apart."""

from __future__ import annotations

import base64
import threading

import pytest

from tests.fakes import FakeClock
from tests.unit.clients.kube.apiserver import Answer, ApiServer
from tests.unit.clients.kube.conftest import MakeApi
from webhook.clients.kube.options import KubeOptions
from webhook.clients.kube.pullsecrets import PullSecretReader
from webhook.errors import Final, Retryable
from webhook.model.deadlines import Deadline
from webhook.model.pulling import NO_ACCESS, PullAccess, PullSecrets

AUTHS = {"auths": {"registry.test": {"username": "robot", "password": "hidden"}}}
PATH = "/api/v1/namespaces/{}/secrets/{}"


@pytest.fixture
def reader(make_api: MakeApi, clock: FakeClock) -> PullSecretReader:
    return PullSecretReader(make_api(), KubeOptions(), clock)


def test_the_secrets_of_a_pod_are_read_in_order(server: ApiServer, reader: PullSecretReader, soon: Deadline) -> None:
    server.secret("shop", "one", b'{"auths": {}}')
    old = {"type": "kubernetes.io/dockercfg", "data": {".dockercfg": base64.b64encode(b'{"old": {}}').decode()}}
    server.secret("shop", "two", b"", **old)
    found = reader.read(PullAccess("shop", ("two", "one", "two")), soon)
    assert found.documents == (b'{"old": {}}', b'{"auths": {}}')
    assert found.notes == ()
    assert "old" not in repr(found)


def test_a_workload_that_names_none_brings_those_of_its_service_account(
    server: ApiServer, reader: PullSecretReader, soon: Deadline
) -> None:
    server.secret("shop", "reg", b'{"auths": {}}')
    server.service_account("shop", "robot", "reg")
    assert reader.read(PullAccess("shop", (), "robot"), soon).documents == (b'{"auths": {}}',)


@pytest.mark.parametrize("access", [NO_ACCESS, PullAccess("shop"), PullAccess("", ("reg",)), PullAccess("", (), "a")])
def test_who_brings_nothing_costs_nothing(
    server: ApiServer, reader: PullSecretReader, soon: Deadline, access: PullAccess
) -> None:
    assert reader.read(access, soon) == PullSecrets()
    assert server.asked == []


@pytest.mark.parametrize("secrets", [None, ()])
def test_a_service_account_without_secrets_or_at_all_brings_nothing_that_is_kept_apart(
    server: ApiServer, reader: PullSecretReader, soon: Deadline, secrets: tuple[str, ...] | None
) -> None:
    if secrets is not None:
        server.service_account("shop", "robot", *secrets)
    assert reader.read(PullAccess("shop", (), "robot"), soon) == PullSecrets()


def test_a_missing_secret_is_a_note_and_the_others_count(
    server: ApiServer, reader: PullSecretReader, soon: Deadline
) -> None:
    server.secret("shop", "one", AUTHS)
    found = reader.read(PullAccess("shop", ("gone", "one")), soon)
    assert len(found.documents) == 1
    assert found.notes == ("Secret gone of namespace shop does not exist.",)


@pytest.mark.parametrize(
    ("more", "note"),
    [
        ({"type": "Opaque"}, "is of type Opaque, which holds no registry credentials"),
        ({"data": {}}, "holds nothing under .dockerconfigjson"),
        ({"data": None}, "holds nothing under .dockerconfigjson"),
        ({"data": {".dockerconfigjson": "&&&"}}, "holds nothing under .dockerconfigjson"),
    ],
)
def test_a_secret_that_holds_no_credentials_is_a_note(
    server: ApiServer, reader: PullSecretReader, soon: Deadline, more: dict[str, object], note: str
) -> None:
    server.secret("shop", "odd", AUTHS, **more)
    found = reader.read(PullAccess("shop", ("odd",)), soon)
    assert found.documents == ()
    assert note in found.notes[0]
    assert found.key, "a refusal that is explained by one namespace's secrets is not another's"


def test_equal_names_and_contents_in_two_namespaces_are_read_and_keyed_apart(
    server: ApiServer, reader: PullSecretReader, soon: Deadline
) -> None:
    server.secret("shop", "reg", AUTHS)
    server.secret("bank", "reg", AUTHS)
    shop, bank = (reader.read(PullAccess(name, ("reg",)), soon) for name in ("shop", "bank"))
    assert shop.documents == bank.documents
    assert shop.key != bank.key
    assert server.asked == [PATH.format("shop", "reg"), PATH.format("bank", "reg")]


def test_what_is_said_of_a_missing_secret_is_kept_apart_too(reader: PullSecretReader, soon: Deadline) -> None:
    shop, bank = (reader.read(PullAccess(name, ("gone",)), soon) for name in ("shop", "bank"))
    assert shop.key != bank.key


def test_a_namespace_without_the_secret_does_not_get_that_of_another(
    server: ApiServer, reader: PullSecretReader, soon: Deadline
) -> None:
    server.secret("shop", "reg", AUTHS)
    assert reader.read(PullAccess("shop", ("reg",)), soon).documents
    assert reader.read(PullAccess("bank", ("reg",)), soon).documents == ()


def test_another_set_or_order_of_secrets_has_another_key(
    server: ApiServer, reader: PullSecretReader, soon: Deadline
) -> None:
    server.secret("shop", "one", AUTHS)
    server.secret("shop", "two", AUTHS)
    sets = [("one",), ("two",), ("one", "two"), ("two", "one"), ("one", "gone")]
    assert len({reader.read(PullAccess("shop", names), soon).key for names in sets}) == len(sets)


def test_what_was_read_is_believed_for_a_while_and_a_changed_secret_then_gets_a_new_key(
    server: ApiServer, reader: PullSecretReader, clock: FakeClock
) -> None:
    access = PullAccess("shop", ("reg",))
    server.secret("shop", "reg", AUTHS)
    first = reader.read(access, Deadline(clock.monotonic() + 30))
    server.secret("shop", "reg", {"auths": {}})
    clock.advance(59)
    assert reader.read(access, Deadline(clock.monotonic() + 30)) == first
    clock.advance(2)
    second = reader.read(access, Deadline(clock.monotonic() + 30))
    assert second.documents == (b'{"auths": {}}',)
    assert second.key != first.key
    assert len(server.asked) == 2


def test_a_secret_that_is_not_there_yet_is_asked_for_again_soon(
    server: ApiServer, reader: PullSecretReader, clock: FakeClock
) -> None:
    access = PullAccess("shop", ("reg",))
    assert reader.read(access, Deadline(clock.monotonic() + 30)).notes
    server.secret("shop", "reg", AUTHS)
    clock.advance(6)
    assert reader.read(access, Deadline(clock.monotonic() + 30)).documents


def test_a_refusal_is_an_error_and_is_not_remembered(
    server: ApiServer, reader: PullSecretReader, soon: Deadline
) -> None:
    server.refuse(PATH.format("shop", "reg"), 403)
    with pytest.raises(Final, match="get secrets in namespace shop"):
        reader.read(PullAccess("shop", ("reg",)), soon)
    server.secret("shop", "reg", AUTHS)
    assert reader.read(PullAccess("shop", ("reg",)), soon).documents


def test_an_api_server_in_trouble_is_an_error(server: ApiServer, reader: PullSecretReader, soon: Deadline) -> None:
    server.refuse("/api/v1/namespaces/shop/serviceaccounts/robot", 503)
    with pytest.raises(Retryable, match="serviceaccounts/robot"):
        reader.read(PullAccess("shop", (), "robot"), soon)


def test_an_answer_of_another_shape_is_an_error(server: ApiServer, reader: PullSecretReader, soon: Deadline) -> None:
    server.answers[PATH.format("shop", "reg")] = Answer(content=["what is this"])
    with pytest.raises(Final, match="cannot be read"):
        reader.read(PullAccess("shop", ("reg",)), soon)


def test_a_workload_that_names_very_many_secrets_does_not_make_very_many_requests(
    server: ApiServer, reader: PullSecretReader, soon: Deadline
) -> None:
    found = reader.read(PullAccess("shop", tuple(f"s{number}" for number in range(1000))), soon)
    assert len(server.asked) == 16
    assert found.notes[-1] == "Only the first 16 of 1000 pull secrets are read."


def test_many_pods_at_once_read_their_secret_once(server: ApiServer, reader: PullSecretReader, soon: Deadline) -> None:
    server.secret("shop", "reg", AUTHS)
    access = PullAccess("shop", ("reg",))
    threads = [threading.Thread(target=reader.read, args=(access, soon)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.asked) == 1
