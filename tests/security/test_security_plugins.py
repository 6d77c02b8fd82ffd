"""Credential plugins are asked as the kubelet asks them, and one that misbehaves costs nobody else anything."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from contextlib import suppress
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import RunningClock, all_credentials, first_credential
from webhook.clients.confined import NO_LIMIT, Limits, run_confined
from webhook.clients.registry.dockerconfig import Credential
from webhook.clients.registry.locations import Registry, Repository
from webhook.clients.registry.options import ProviderOptions
from webhook.clients.registry.providers import ProviderKeychain
from webhook.errors import ConfigError, Retryable
from webhook.model.deadlines import Deadline

API = "credentialprovider.kubelet.k8s.io/v1"
IMAGE = Repository(Registry("r.example"), "team/app")
OTHER = Repository(Registry("other.example"), "team/app")


class Plugins:
    """A folder with plugins and their configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.providers = folder, list[dict[str, Any]]()

    def add(self, file: str, script: str, **changes: Any) -> None:
        program = self.folder / file
        program.write_text(f"#!/bin/sh\necho x >> {self.folder}/{file}.runs\n{script}\n")
        program.chmod(0o755)
        provider = {"name": file, "apiVersion": API, "matchImages": ["*.example"], "defaultCacheDuration": "0s"}
        self.providers.append({**provider, **changes})

    def runs(self, name: str) -> int:
        path = self.folder / f"{name}.runs"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def write(self, **changes: Any) -> Path:
        config = {"kind": "CredentialProviderConfig", "apiVersion": "kubelet.config.k8s.io/v1"}
        path = self.folder / "config.yaml"
        path.write_text(json.dumps({**config, "providers": self.providers, **changes}))
        return path

    def keychain(self, config: Path | None = None, seconds: float = 20) -> ProviderKeychain:
        options = ProviderOptions(config or self.write(), self.folder, seconds)
        return ProviderKeychain(options, {"PATH": "/usr/bin:/bin"}, RunningClock())


def answer(user: str = "u", key: str = "*.example", **changes: Any) -> str:
    auth = {key: {"username": user, "password": "p"}}
    said = {"kind": "CredentialProviderResponse", "apiVersion": API, "cacheKeyType": "Registry", "auth": auth}
    return f"echo '{json.dumps({**said, **changes})}'"


def soon() -> Deadline:
    return Deadline(RunningClock().monotonic() + 30)


@pytest.fixture
def plugins(tmp_path: Path) -> Plugins:
    return Plugins(tmp_path)


@pytest.mark.parametrize(
    ("pattern", "is_asked"),
    [
        ("r.example", True),
        ("r.example/", True),
        ("r.example/te", True),
        ("r.example/team/app/more", False),
        ("r.example/v2", False),
        ("r.example/v1/team", False),
        ("r.example:5000", False),
        ("*", False),
        ("*.*", True),
        ("r*.ex*le", True),
        ("R.example", True),
    ],
)
def test_a_plugin_is_asked_for_the_images_for_which_the_kubelet_asks_it(plugins, pattern, is_asked):
    """Kubernetes 1.36's ``URLsMatchStr`` says the same, but for the last: names of hosts have no case here."""
    plugins.add("plugin", answer(), matchImages=[pattern])
    assert (first_credential(plugins.keychain(), IMAGE) is not None) == is_asked
    assert plugins.runs("plugin") == is_asked


def test_paths_below_v2_are_matched_as_they_are(plugins):
    plugins.add("plugin", answer(), matchImages=["r.example/v2/"])
    assert first_credential(plugins.keychain(), Repository(Registry("r.example"), "v2/app")) is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"apiVersion": "v1"},
        {"apiVersion": None},
        {"matchImages": []},
        {"matchImages": ["r.example:*"]},
        {"matchImages": ["r.example/*"]},
        {"matchImages": [""]},
        {"matchImage": ["r.example"]},
        {"name": "with space"},
        {"defaultCacheDuration": None},
        {"env": [{"name": "A=B", "value": "x"}]},
        {"env": [{"name": "A", "value": "x\x00"}]},
        {"args": ["\x00"]},
        {"args": ["\ud800"]},
    ],
    ids=str,
)
def test_what_the_kubelet_refuses_is_refused_at_the_start(plugins, changes):
    plugins.add("plugin", answer(), **changes)
    with pytest.raises(ConfigError):
        plugins.keychain()


@pytest.mark.parametrize(
    "changes",
    [{"kind": "Config"}, {"apiVersion": "v1"}, {"apiVersion": "kubelet.config.k8s.io/v9"}, {"providers": []}],
    ids=str,
)
def test_a_file_that_is_no_configuration_of_plugins_is_refused(plugins, changes):
    plugins.add("plugin", answer())
    with pytest.raises(ConfigError):
        plugins.keychain(plugins.write(**changes))


def test_two_plugins_of_a_name_are_refused_as_each_would_answer_for_the_other(plugins):
    plugins.add("plugin", answer(), args=["a"])
    plugins.add("plugin", answer(), args=["b"])
    with pytest.raises(ConfigError, match="second time"):
        plugins.keychain()


def test_a_program_is_never_looked_for_elsewhere(plugins, monkeypatch):
    plugins.add("plugin", answer())
    monkeypatch.chdir(plugins.folder)
    with pytest.raises(ConfigError, match=r"providers\.directory is not"):
        ProviderKeychain(ProviderOptions(plugins.write()), {"PATH": str(plugins.folder)}, RunningClock())


def test_a_program_that_cannot_be_executed_is_refused_at_the_start(plugins):
    plugins.add("plugin", answer())
    (plugins.folder / "plugin").chmod(0o644)
    with pytest.raises(ConfigError, match="not executable"):
        plugins.keychain()


def test_empty_lists_and_values_may_be_null_as_for_the_kubelet(plugins):
    plugins.add("plugin", answer(), args=None, env=[{"name": "EMPTY", "value": None}], tokenAttributes=None)
    assert first_credential(plugins.keychain(), IMAGE) is not None


def test_a_folder_of_configurations_is_read_in_the_order_of_its_files(plugins):
    folder = plugins.folder / "configs"
    folder.mkdir()
    for name, file in (("second", "b.yaml"), ("first", "a.json")):
        plugins.providers.clear()
        plugins.add(name, answer(name, cacheDuration="1h"))
        plugins.write().rename(folder / file)
    (folder / "notes.txt").write_text("nothing")
    keychain, both = plugins.keychain(folder), [Credential("first", "p"), Credential("second", "p")]
    assert sorted(all_credentials(keychain, IMAGE), key=attrgetter("username")) == both, "in which order they answer"
    assert all_credentials(keychain, IMAGE) == both, "what is known"


@pytest.mark.parametrize("requires", [True, False])
def test_a_plugin_that_needs_tokens_of_accounts_is_not_run_without_one(plugins, requires):
    attributes = {"serviceAccountTokenAudience": "a", "cacheType": "Token", "requireServiceAccount": requires}
    plugins.add("plugin", answer(), tokenAttributes=attributes)
    keychain = plugins.keychain()
    assert (first_credential(keychain, IMAGE) is None) == requires
    assert plugins.runs("plugin") == (not requires)
    assert ("plugin works with tokens of ServiceAccounts" in keychain.note(IMAGE)) == requires
    assert keychain.note(Repository(Registry("ghcr.io"), "a")) == ""


@pytest.mark.parametrize("version", ["", "credentialprovider.kubelet.k8s.io/v1beta1", "v1"])
def test_an_answer_in_another_version_than_the_question_is_none(plugins, version):
    plugins.add("plugin", answer(apiVersion=version))
    with pytest.raises(Retryable, match="apiVersion"):
        first_credential(plugins.keychain(), IMAGE)


@pytest.mark.parametrize("fault", ["exit 1", "echo nonsense", "sleep 60", "yes", "kill -9 $$"])
def test_a_plugin_that_fails_hides_nothing_of_the_next_one(plugins, fault):
    plugins.add("bad", fault)
    plugins.add("good", answer())
    assert first_credential(plugins.keychain(seconds=1), IMAGE) == Credential("u", "p")


def test_all_plugins_of_an_image_are_asked_and_the_longest_keys_come_first(plugins):
    """As the kubelet does: the registry gets each of these until it accepts one."""
    plugins.add("first", answer("by-host", "r.example", cacheDuration="1h"))
    plugins.add("second", answer("by-path", "r.example/team", cacheDuration="1h"))
    plugins.add("third", answer("by-host-too", "r.example", cacheDuration="1h"))
    plugins.add("other", answer("elsewhere", "other.example", cacheDuration="1h"))
    keychain = plugins.keychain()
    assert {credential.username for credential in keychain.offers(IMAGE, soon())} == {
        "by-path",
        "by-host",
        "by-host-too",
    }
    known = [credential.username for credential in keychain.offers(IMAGE, soon())]
    assert known == ["by-path", "by-host", "by-host-too"]


def test_a_plugin_that_hangs_keeps_no_other_plugin_of_the_image_waiting(plugins):
    gate = plugins.folder / "gate"
    os.mkfifo(gate)
    plugins.add("slow", f"read line < {gate}; exit 1")
    plugins.add("quick", answer())
    offers = plugins.keychain(seconds=60).offers(IMAGE, soon())
    assert next(offers) == Credential("u", "p")
    with gate.open("w") as opened:  # returns once the plugin hangs
        opened.write("go on\n")
    with pytest.raises(Retryable, match="slow gave no answer: it ended with 1"):
        next(offers)


def test_a_plugin_that_hangs_costs_a_look_up_no_more_than_its_deadline(plugins):
    plugins.add("slow", "exec sleep 30")
    keychain = plugins.keychain(seconds=30)
    began = time.monotonic()
    with pytest.raises(Retryable, match="in the time of the look-up"):
        next(keychain.offers(IMAGE, Deadline(RunningClock().monotonic() + 0.5)))
    with pytest.raises(Retryable, match="look-up"):
        next(keychain.offers(IMAGE, Deadline(RunningClock().monotonic() + 0.5)))
    assert time.monotonic() - began < 25
    assert plugins.runs("slow") <= 1


def test_a_plugin_that_prints_without_end_is_ended_early(plugins):
    plugins.add("plugin", "yes")
    began = time.monotonic()
    with pytest.raises(Retryable, match="printed more than"):
        first_credential(plugins.keychain(seconds=60), IMAGE)
    assert time.monotonic() - began < 50


def test_a_plugin_that_hangs_keeps_no_other_registry_waiting(plugins):
    """Neither one whose answer is known, nor one that is asked for the first time."""
    gate = plugins.folder / "gate"
    os.mkfifo(gate)
    plugins.add("slow", f"read line < {gate}; exit 1", matchImages=["r.example"])
    plugins.add("quick", answer(cacheDuration="1h"), matchImages=["other.example"])
    keychain = plugins.keychain(seconds=60)

    def wait() -> None:
        with suppress(Retryable):
            first_credential(keychain, IMAGE)

    waiting = threading.Thread(target=wait)
    waiting.start()
    try:
        with gate.open("w") as opened:  # returns once the plugin hangs
            assert first_credential(keychain, OTHER) == Credential("u", "p")
            assert first_credential(keychain, OTHER) == Credential("u", "p")
            assert waiting.is_alive()
            opened.write("go on\n")
    finally:
        waiting.join(30)
    assert plugins.runs("quick") == 1


def test_what_a_plugin_prints_when_it_fails_reaches_the_log_alone(plugins, caplog):
    plugins.add("plugin", "echo token=geheim >&2; exit 3")
    with caplog.at_level(logging.WARNING), pytest.raises(Retryable) as raised:
        first_credential(plugins.keychain(), IMAGE)
    assert "geheim" not in f"{raised.value.message} {raised.value.remedy}"
    assert "geheim" in caplog.records[0].__dict__["errors"]


@pytest.mark.parametrize("left", ["sleep 60 > /dev/null 2>&1 &", "sleep 60 &"], ids=["quiet", "with its outputs"])
def test_nothing_that_a_program_started_is_left_behind(tmp_path, left):
    command = ["/bin/sh", "-c", f"{left}\necho $! > {tmp_path}/pid; echo said"]
    ran = run_confined(command, {"PATH": "/usr/bin:/bin"}, None, Limits(NO_LIMIT, 1, 1000, NO_LIMIT), RunningClock())
    assert ran.output == b"said\n"
    pid, until = int((tmp_path / "pid").read_text()), time.monotonic() + 20
    while is_running(pid):
        assert time.monotonic() < until, "it goes on"
        time.sleep(0.01)


def test_a_program_that_closes_its_outputs_and_goes_on_is_ended_in_time():
    command = ["/bin/sh", "-c", "exec >&- 2>&-; sleep 60"]
    began = time.monotonic()
    ran = run_confined(command, {"PATH": "/usr/bin:/bin"}, None, Limits(NO_LIMIT, 1, 1000, NO_LIMIT), RunningClock())
    assert ran.stopped == "time"
    assert time.monotonic() - began < 50


def is_running(pid: int) -> bool:
    """Whether a process is there, and no zombie that somebody else has to wait for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
