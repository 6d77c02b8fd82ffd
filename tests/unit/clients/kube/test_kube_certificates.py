"""Secrets with certificates, and the bundles of webhook configurations: what is written, and what is left alone."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from tests.doubles.versions import VersionedServer
from tests.fakes import FakeClock
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.connection import own_namespace
from webhook.clients.kube.options import KubeOptions
from webhook.clients.kube.secrets import KubeSecrets
from webhook.clients.kube.webhooks import WebhookConfigurations
from webhook.errors import ConfigError, Final
from webhook.model.certificates import SecretRecord

SECRETS = "/api/v1/secrets"
VALIDATING = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
MUTATING = VALIDATING.replace("validating", "mutating")
RECORD = SecretRecord({"tls.crt": b"certificate", "tls.key": b"key"}, {"bomgate.dev/published-at": "now"})


@pytest.fixture
def server() -> Iterator[VersionedServer]:
    with VersionedServer() as running:
        yield running


@pytest.fixture
def secrets(api: KubeApi, clock: FakeClock) -> KubeSecrets:
    return KubeSecrets(api, "bomgate", clock)


@pytest.fixture
def webhooks(api: KubeApi, clock: FakeClock) -> WebhookConfigurations:
    return WebhookConfigurations(api, ("bomgate", "bomgate-webhook"), ("bomgate",), clock)


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def entry(name: str, service: dict[str, str] | None, bundle: str = "") -> dict[str, Any]:
    config: dict[str, Any] = {"url": "https://elsewhere.example/"} if service is None else {"service": service}
    if bundle:
        config["caBundle"] = coded(bundle)
    return {"name": name, "clientConfig": config, "failurePolicy": "Fail"}


OURS = {"namespace": "bomgate", "name": "bomgate-webhook", "path": "/validate"}


def register(server: VersionedServer, *entries: dict[str, Any], collection: str = VALIDATING) -> None:
    server.put(collection, "", {"metadata": {"name": "bomgate"}, "webhooks": list(entries)})


# -- Secrets ------------------------------------------------------------------------------------------------------


def test_a_secret_is_made_and_read_again(server: VersionedServer, secrets: KubeSecrets) -> None:
    assert secrets.read("bomgate-ca") is None
    assert secrets.write("bomgate-ca", RECORD)
    (kept,) = server.kept("secrets")
    assert kept["type"] == "kubernetes.io/tls"
    assert kept["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "bomgate"}
    read = secrets.read("bomgate-ca")
    assert read is not None
    assert (read.data, read.annotations) == (RECORD.data, RECORD.annotations)
    assert read.version


def test_of_two_that_make_or_replace_a_secret_the_slower_one_is_told(
    server: VersionedServer, secrets: KubeSecrets
) -> None:
    assert secrets.write("bomgate-ca", RECORD)
    assert not secrets.write("bomgate-ca", RECORD), "it is there already"
    read = secrets.read("bomgate-ca")
    assert read is not None
    newer = SecretRecord({"tls.crt": b"other"}, version=read.version)
    assert secrets.write("bomgate-ca", newer)
    assert not secrets.write("bomgate-ca", newer), "the version that was read is gone"
    server.objects.clear()
    assert not secrets.write("bomgate-ca", newer), "the Secret is gone"


def test_what_others_wrote_on_a_secret_stays(server: VersionedServer, secrets: KubeSecrets) -> None:
    metadata = {
        "name": "bomgate-ca",
        "labels": {"team": "platform"},
        "annotations": {"note": "hands off", "bomgate.dev/switched-at": "then"},
    }
    server.put(SECRETS, "bomgate", {"metadata": metadata, "type": "Opaque", "data": {"tls.crt": coded("old")}})
    read = secrets.read("bomgate-ca")
    assert read is not None
    assert read.annotations == {"bomgate.dev/switched-at": "then"}
    assert secrets.write("bomgate-ca", SecretRecord({"tls.crt": b"new"}, {}, read.version))
    (kept,) = server.kept("secrets")
    assert kept["type"] == "Opaque", "the API server lets nobody change it"
    assert kept["metadata"]["labels"]["team"] == "platform"
    assert kept["metadata"]["annotations"] == {"note": "hands off"}


def test_a_namespace_that_is_missing_is_named(server: VersionedServer, secrets: KubeSecrets) -> None:
    server.answers["/api/v1/namespaces/bomgate/secrets"] = (404, {"message": 'namespaces "bomgate" not found'})
    with pytest.raises(Final, match="no namespace bomgate"):
        secrets.write("bomgate-ca", RECORD)


def test_what_is_no_namespace_is_refused(api: KubeApi, clock: FakeClock) -> None:
    with pytest.raises(ConfigError, match=r"kube\.namespace cannot be 'a/b'"):
        KubeSecrets(api, "a/b", clock)


# -- webhook configurations ---------------------------------------------------------------------------------------


def test_only_the_bundles_of_entries_that_call_us_are_written(
    server: VersionedServer, webhooks: WebhookConfigurations
) -> None:
    others = entry("other", {"namespace": "shop", "name": "bomgate-webhook"}, "theirs"), entry("url", None, "theirs")
    register(server, entry("enforced", OURS), others[0], entry("watched", OURS, "old"), others[1])
    (found,) = webhooks.read()
    assert found.bundles == ("", "old")
    assert webhooks.publish(found, "new")
    (kept,) = server.kept("validatingwebhookconfigurations")
    assert [item["clientConfig"].get("caBundle") for item in kept["webhooks"]] == [
        coded("new"),
        coded("theirs"),
        coded("new"),
        coded("theirs"),
    ]
    assert all(item["failurePolicy"] == "Fail" for item in kept["webhooks"])


def test_a_configuration_that_changed_meanwhile_is_left_alone(
    server: VersionedServer, webhooks: WebhookConfigurations
) -> None:
    register(server, entry("enforced", OURS))
    (found,) = webhooks.read()
    register(server, entry("enforced", OURS, "of somebody faster"))
    assert not webhooks.publish(found, "new")
    (kept,) = server.kept("validatingwebhookconfigurations")
    assert kept["webhooks"][0]["clientConfig"]["caBundle"] == coded("of somebody faster")
    server.objects.clear()
    assert not webhooks.publish(found, "new")


def test_both_kinds_are_read_as_far_as_they_are_there(server: VersionedServer, webhooks: WebhookConfigurations) -> None:
    assert webhooks.read() == []
    register(server, entry("mutate", OURS, "old"), collection=MUTATING)
    assert [(registration.kind, registration.bundles) for registration in webhooks.read()] == [
        ("MutatingWebhookConfiguration", ("old",))
    ]
    register(server, collection=VALIDATING)
    assert [registration.bundles for registration in webhooks.read()] == [(), ("old",)]


def test_a_bundle_that_is_no_text_counts_as_none(server: VersionedServer, webhooks: WebhookConfigurations) -> None:
    register(server, {"name": "enforced", "clientConfig": {"service": OURS, "caBundle": "/w=="}})
    assert [registration.bundles for registration in webhooks.read()] == [("",)]


def test_unregistering_says_what_it_deleted(server: VersionedServer, webhooks: WebhookConfigurations) -> None:
    register(server, entry("enforced", OURS))
    register(server, entry("mutate", OURS), collection=MUTATING)
    server.put(VALIDATING, "", {"metadata": {"name": "of-somebody-else"}, "webhooks": []})
    assert list(webhooks.delete()) == [
        "ValidatingWebhookConfiguration bomgate",
        "MutatingWebhookConfiguration bomgate",
    ]
    assert list(webhooks.delete()) == []
    assert [item["metadata"]["name"] for item in server.kept("validatingwebhookconfigurations")] == ["of-somebody-else"]


def test_a_name_that_is_part_of_another_address_is_refused(api: KubeApi, clock: FakeClock) -> None:
    with pytest.raises(ConfigError, match="certificates"):
        WebhookConfigurations(api, ("bomgate", "bomgate-webhook"), ("../pods",), clock)


# -- the namespace ------------------------------------------------------------------------------------------------


def test_the_own_namespace_is_the_settings_or_the_pods(tmp_path: Any) -> None:
    file = tmp_path / "namespace"
    with pytest.raises(ConfigError, match="The namespace that"):
        own_namespace(KubeOptions(), file)
    file.write_text("from-the-kubelet\n")
    assert own_namespace(KubeOptions(), file) == "from-the-kubelet"
    assert own_namespace(KubeOptions(namespace="stated"), file) == "stated"
