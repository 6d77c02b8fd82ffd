"""Credential providers of the kubelet: when they are run, and how long their answers are kept."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.fakes import FakeClock, RunningClock, first_credential
from webhook.clients.registry.locations import Registry, Repository
from webhook.clients.registry.options import ProviderOptions
from webhook.clients.registry.providers import ProviderKeychain
from webhook.errors import ConfigError, Retryable

IMAGE = Repository(Registry("1234.dkr.ecr.eu-west-1.amazonaws.com"), "team/app")
ANSWER = {
    "kind": "CredentialProviderResponse",
    "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
    "cacheKeyType": "Registry",
    "cacheDuration": "1h30m",
    "auth": {"*.dkr.ecr.*.amazonaws.com": {"username": "AWS", "password": "p"}},
}


class Plugin:
    """A plugin that answers as told, and keeps what it was asked.

    Args:
        folder: for the program and its files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program(
            "import os, sys; here = os.path.dirname(__file__); "
            "open(here + '/asked', 'a').write(sys.stdin.read() + os.environ.get('REGION', '') + '\\n'); "
            "sys.stdout.write(open(here + '/answer').read())"
        )
        self.answer(ANSWER)
        self.configure()

    def program(self, code: str) -> None:
        path = self.folder / "ecr"
        path.write_text(f"#!{sys.executable}\n{code}\n")
        path.chmod(0o755)

    def answer(self, content: object) -> None:
        (self.folder / "answer").write_text(json.dumps(content))

    def configure(self, **changes: object) -> None:
        provider = {
            "name": "ecr",
            "matchImages": ["*.dkr.ecr.*.amazonaws.com"],
            "defaultCacheDuration": "10m",
            "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
            "env": [{"name": "REGION", "value": "eu"}],
            **changes,
        }
        content = {
            "apiVersion": "kubelet.config.k8s.io/v1",
            "kind": "CredentialProviderConfig",
            "providers": [provider],
        }
        (self.folder / "config.yaml").write_text(json.dumps(content))

    def asked(self) -> list[str]:
        file = self.folder / "asked"
        return file.read_text().splitlines() if file.exists() else []

    def keychain(self, clock: FakeClock | None = None, seconds: float = 20) -> ProviderKeychain:
        options = ProviderOptions(self.folder / "config.yaml", self.folder, seconds)
        return ProviderKeychain(options, {"PATH": "/usr/bin:/bin"}, clock or RunningClock())


@pytest.fixture
def plugin(tmp_path):
    return Plugin(tmp_path)


def test_a_plugin_is_told_the_image_and_gives_a_pair(plugin):
    found = first_credential(plugin.keychain(), IMAGE)
    assert (found.username, found.password) == ("AWS", "p")
    question, _, region = plugin.asked()[0].rpartition("}")
    assert json.loads(question + "}") == {
        "kind": "CredentialProviderRequest",
        "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
        "image": IMAGE.name,
    }
    assert region == "eu"


def test_a_plugin_is_run_only_for_the_images_that_it_is_for(plugin):
    assert first_credential(plugin.keychain(), Repository(Registry("ghcr.io"), "team/app")) is None
    assert plugin.asked() == []


@pytest.mark.parametrize(("scope", "runs"), [("Image", 2), ("Registry", 1), ("Global", 1)])
def test_an_answer_is_kept_for_what_it_says_it_is_for(scope, runs, plugin):
    plugin.answer({**ANSWER, "cacheKeyType": scope})
    keychain = plugin.keychain()
    first_credential(keychain, IMAGE)
    first_credential(keychain, IMAGE)
    first_credential(keychain, Repository(IMAGE.registry, "team/other"))
    assert len(plugin.asked()) == runs


@pytest.mark.parametrize(("stated", "seconds"), [("1h30m", 5400), (None, 600), ("0s", 0)])
def test_an_answer_is_kept_as_long_as_it_says(stated, seconds, plugin):
    plugin.answer({**ANSWER, "cacheDuration": stated})
    clock = FakeClock()
    keychain = plugin.keychain(clock)
    first_credential(keychain, IMAGE)
    if seconds:
        clock.advance(seconds - 1)
        first_credential(keychain, IMAGE)
        assert len(plugin.asked()) == 1
        clock.advance(2)
    first_credential(keychain, IMAGE)
    assert len(plugin.asked()) == 2


def test_a_plugin_may_have_nothing(plugin):
    plugin.answer({**ANSWER, "auth": {}})
    assert first_credential(plugin.keychain(), IMAGE) is None


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import sys; sys.exit('no network')", "it ended with 1$"),
        ("print('hello')", "no CredentialProviderResponse"),
        ("print('{}')", "kind"),
        ("import time; time.sleep(60)", "did not end"),
    ],
)
def test_a_plugin_that_fails_is_an_error_not_an_absence(code, why, plugin):
    plugin.program(code)
    seconds = 0.5 if "sleep" in code else 20
    with pytest.raises(Retryable, match=why):
        first_credential(plugin.keychain(seconds=seconds), IMAGE)


@pytest.mark.parametrize("changes", [{"name": "../ecr"}, {"name": "missing"}, {"matchImages": 5}])
def test_a_configuration_that_cannot_work_is_refused_at_the_start(changes, plugin):
    plugin.configure(**changes)
    with pytest.raises(ConfigError):
        plugin.keychain()


def test_without_a_configuration_there_are_no_plugins():
    assert first_credential(ProviderKeychain(ProviderOptions(), {}, FakeClock()), IMAGE) is None
