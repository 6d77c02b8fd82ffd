"""Tokens, credentials, mirrors and rewrites, on real registries."""

from __future__ import annotations

import base64
import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.registries.conftest import start
from tests.registries.kit import CYCLONEDX, SPDX, Kit, RealClock, loopback, purls
from tests.registries.running import docker_registry
from tests.registries.tokens import PASSWORD, USER
from webhook.clients.registry.credentials import FileKeychain
from webhook.clients.registry.options import ProviderOptions, RegistryRule
from webhook.clients.registry.providers import ProviderKeychain
from webhook.errors import Final, Retryable


@pytest.fixture
def credentials(tmp_path):
    """Writes a docker config file; ``auths`` by key."""

    def write(**auths: str) -> str:
        entries = {key: {"auth": base64.b64encode(text.encode()).decode()} for key, text in auths.items()}
        path = tmp_path / "config.json"
        path.write_text(json.dumps({"auths": entries}))
        return path

    return write


def test_a_private_repository_opens_with_credentials(guarded, credentials):
    host, tokens = guarded
    file = credentials(**{f"http://{host}/v2/": f"{USER}:{PASSWORD}"})
    kit = Kit([loopback(host, credentials_file=file)])
    before = len(tokens.asked)
    assert purls(kit.fetch("cosignAttestation", f"{host}/team/private:1")) == CYCLONEDX | SPDX
    assert len(tokens.asked) - before == 1, "one token is enough for a whole search"


def test_without_credentials_it_is_refused_and_never_without_sbom(guarded):
    host, _ = guarded
    with pytest.raises(Final, match="without credentials") as refusal:
        Kit([loopback(host)]).resolve(f"{host}/team/private:1")
    assert "credentialsFile" in refusal.value.remedy


def test_wrong_credentials_are_told_from_none(guarded, credentials):
    host, _ = guarded
    kit = Kit([loopback(host, credentials_file=credentials(**{host: f"{USER}:wrong"}))])
    with pytest.raises(Final, match="with the credentials that are configured"):
        kit.resolve(f"{host}/team/private:1")


def test_credentials_that_change_on_disk_are_used_at_once(guarded, credentials):
    host, _ = guarded
    kit = Kit([loopback(host, credentials_file=credentials(**{host: f"{USER}:old"}))])
    with pytest.raises(Final):
        kit.resolve(f"{host}/team/private:1")
    credentials(**{host: f"{USER}:{PASSWORD}"})
    assert kit.resolve(f"{host}/team/private:1") is not None


def test_a_pull_through_mirror_stands_in_for_its_registry(plain, tmp_path):
    with ExitStack() as stack:
        mirror = start(stack, docker_registry(tmp_path, proxy={"remoteurl": f"http://{plain}"}))
        rules = [
            RegistryRule(prefix="upstream.example/apps", rewrite=f"{mirror}/team", plain_http=True, allow_private=True)
        ]
        kit = Kit(rules)
        assert purls(kit.fetch("cosignAttestation", "upstream.example/apps/attestation:1")) == CYCLONEDX | SPDX
        assert purls(kit.fetch("referrers", "upstream.example/apps/oras-fallback:1")) == CYCLONEDX | SPDX


def test_attachments_may_live_in_a_repository_of_their_own(plain):
    rules = [
        RegistryRule(
            prefix="apps.example",
            rewrite=f"{plain}/team",
            sbom_repository=f"{plain}/team/attestation",
        ),
        loopback(plain),
    ]
    kit = Kit(rules)
    assert purls(kit.fetch("cosignAttestation", "apps.example/attachment:1")) == CYCLONEDX | SPDX
    assert kit.fetch("cosignAttachment", "apps.example/attachment:1") == []


def test_a_registry_on_a_private_address_is_not_asked_unless_it_is_listed(plain):
    with pytest.raises(Final, match="loopback address") as refusal:
        Kit([RegistryRule(prefix=plain, plain_http=True)]).resolve(f"{plain}/team/attestation:1")
    assert "allowPrivate" in refusal.value.remedy


def test_every_credential_that_matches_is_tried_as_on_a_node(guarded, credentials, tmp_path):
    """A file's keys, the longest first, and then all plugins; what is accepted is used from then on."""
    host, tokens = guarded
    file = credentials(**{host: f"{USER}:old", f"{host}/team": "somebody:else"})
    plugins = plugin_keychain(tmp_path, host, {"hopeless": (USER, "older"), "right": (USER, PASSWORD), "broken": None})
    kit = Kit([loopback(host, credentials_file=file)], keychains=[FileKeychain(), plugins])
    assert purls(kit.fetch("cosignAttestation", f"{host}/team/private:1")) == CYCLONEDX | SPDX
    before = len(tokens.asked)
    assert kit.resolve(f"{host}/team/private:1") is not None
    assert len(tokens.asked) == before


def test_where_all_credentials_are_refused_a_plugin_that_failed_is_the_reason(guarded, tmp_path):
    host, _ = guarded
    keychains = [plugin_keychain(tmp_path, host, {"hopeless": (USER, "older"), "broken": None})]
    with pytest.raises(Retryable, match="broken gave no answer"):
        Kit([loopback(host)], keychains=keychains).resolve(f"{host}/team/private:1")


def plugin_keychain(folder: Path, host: str, said: dict[str, tuple[str, str] | None]) -> ProviderKeychain:
    """Plugins with a user and a password each; those without any fail."""
    api = "credentialprovider.kubelet.k8s.io/v1"
    response = {"kind": "CredentialProviderResponse", "apiVersion": api, "cacheKeyType": "Registry"}
    providers = []
    for name, pair in said.items():
        auth = {host: {"username": pair[0], "password": pair[1]}} if pair else {}
        answer = json.dumps({**response, "cacheDuration": "1h", "auth": auth})
        (folder / name).write_text(f"#!/bin/sh\necho '{answer}'\n" if pair else "#!/bin/sh\nexit 1\n")
        (folder / name).chmod(0o755)
        duration = {"defaultCacheDuration": "0s", "matchImages": [host]}
        providers.append({"name": name, "apiVersion": api, **duration})
    config = {"kind": "CredentialProviderConfig", "apiVersion": "kubelet.config.k8s.io/v1", "providers": providers}
    (folder / "providers.yaml").write_text(json.dumps(config))
    options = ProviderOptions(folder / "providers.yaml", folder)
    return ProviderKeychain(options, {"PATH": "/usr/bin:/bin"}, RealClock())
