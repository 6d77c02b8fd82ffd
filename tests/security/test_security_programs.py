"""Programs that bomgate runs, credential plugins and Syft: whatever they print or do never weakens a verdict."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.registries import images
from tests.registries.layouts import Layout
from tests.registries.lying import Answer, LyingServer
from webhook.bootstrap import ThreadBackground, open_parts
from webhook.model.actions import Action
from webhook.model.deadlines import Deadline
from webhook.model.verdicts import SbomStatus, Verdict
from webhook.model.workloads import ContainerRef, ContainerRole
from webhook.settings import load_settings

VERSION = '{"application": "syft", "version": "1.18.1"}'
CLEAN = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "a", "purl": "pkg:npm/a@1.0.0"}]}
RESPONSE: dict[str, Any] = {
    "kind": "CredentialProviderResponse",
    "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
    "cacheKeyType": "Image",
    "auth": {"127.0.0.1:*": {"username": "u", "password": "p"}},
}
PIECES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
WORDS = st.sampled_from(
    ["kind", "auth", "cacheKeyType", "cacheDuration", "username", "password", "*", "a/b", "bomFormat"]
)
JSON = st.recursive(
    PIECES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=10
)
OUTPUTS = st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass"))
BOUNDED = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


class Installation:
    """A registry with images that have no SBOM, and two programs that do as they are told.

    Attributes:
        opens: whether the registry shows its images to anybody.
    """

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.opens, self._count = folder, True, 0
        self._server, self._layout = stack.enter_context(LyingServer()), Layout()
        self.programs = {name: folder / name for name in ("plugin", "syft")}
        self.says("plugin", json.dumps(RESPONSE).encode())
        self.says("syft", b"")
        (folder / "plugins.yaml").write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "kubelet.config.k8s.io/v1",
                    "kind": "CredentialProviderConfig",
                    "providers": [
                        {
                            "name": "plugin",
                            "apiVersion": RESPONSE["apiVersion"],
                            "matchImages": [self._server.host],
                            "defaultCacheDuration": "0s",
                        }
                    ],
                }
            )
        )
        config = folder / "bomgate.yaml"
        config.write_text(
            yaml.safe_dump(
                {
                    "database": {"url": f"sqlite:///{folder / 'bomgate.db'}"},
                    "sbom": {"sources": ["referrers"], "generate": "syft", "syft": str(self.programs["syft"])},
                    "providers": {"config": str(folder / "plugins.yaml"), "directory": str(folder)},
                    "registry": {"tries": 1, "retryAfterSeconds": 0, "downSeconds": 0},
                    "registries": [{"prefix": self._server.host, "plainHttp": True, "allowPrivate": True}],
                    "policy": {"missingSbom": "deny", "unknown": "allow", "onError": "allow"},
                }
            )
        )
        self.parts = open_parts(load_settings(config, environment={"HOME": str(folder), "PATH": os.environ["PATH"]}))
        self.parts.store.prepare()
        self.parts.refresher.refresh()
        self.judge = self.parts.judge(self.parts.checker(ThreadBackground()))

    def says(self, name: str, output: bytes, then: str = "", version: str = VERSION) -> None:
        """Let a program print something, and then do something."""
        said, program = self.folder / f"{name}.said", self.programs[name]
        said.write_bytes(output)
        about = f'[ "$1" = version ] && {{ echo {shlex.quote(version)}; exit; }}\n' if name == "syft" else ""
        program.write_text(f"#!/bin/sh\n{about}cat {said}\n{then}\n")
        program.chmod(0o755)

    def verdict(self) -> Verdict:
        """About an image that nobody has seen."""
        self._count += 1
        digest = images.image(self._layout, name=f"image {self._count}")
        self._server.hold(self._layout, "app")
        if not self.opens:
            challenge = {"WWW-Authenticate": 'Basic realm="x"'}
            self._server.on(f"/v2/app/manifests/{digest}", Answer(401, headers=challenge))
        container = ContainerRef(
            ContainerRole.CONTAINER, "c", f"{self._server.host}/app@{digest}", "spec.containers[0]"
        )
        deadline = Deadline(self.parts.clock.monotonic() + 30)
        return self.judge.judge([container], "shop", deadline).images[0].verdict


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with ExitStack() as stack:
        yield Installation(tmp_path_factory.mktemp("programs"), stack)


@pytest.fixture
def closed(installation: Installation) -> Iterator[Installation]:
    """Where only a plugin could open the registry."""
    installation.opens = False
    yield installation
    installation.opens = True
    installation.says("plugin", json.dumps(RESPONSE).encode())


def test_a_plugin_that_behaves_is_asked(closed: Installation) -> None:
    """Otherwise no test of this file would say anything of plugins."""
    mark = closed.folder / "asked"
    closed.says("plugin", json.dumps(RESPONSE).encode(), f"touch {mark}")
    assert_refused(closed.verdict())
    assert mark.exists()


def assert_refused(verdict: Verdict) -> None:
    assert verdict.action is Action.DENY, verdict
    assert verdict.sbom is not SbomStatus.FOUND
    assert all(reason.code != "error" for reason in verdict.reasons), verdict.reasons


def test_what_the_programs_do_rightly_is_the_measure(installation: Installation) -> None:
    installation.says("syft", json.dumps(CLEAN).encode())
    verdict = installation.verdict()
    assert (verdict.action, verdict.sbom) == (Action.ALLOW, SbomStatus.FOUND)


@BOUNDED
@given(OUTPUTS)
def test_no_output_of_a_plugin_weakens_a_verdict(closed: Installation, output: bytes) -> None:
    closed.says("plugin", output)
    assert_refused(closed.verdict())


@pytest.mark.parametrize(
    ("change", "then"),
    [
        ({}, ""),
        ({}, "exit 3"),
        ({}, "kill -9 $$"),
        ({}, "head -c 3000000 /dev/zero"),
        ({}, "head -c 100000 /dev/urandom >&2; exit 1"),
        ({"kind": "Other"}, ""),
        ({"cacheKeyType": "Everything"}, ""),
        ({"cacheDuration": "99999999999999h"}, ""),
        ({"cacheDuration": "-5s"}, ""),
        ({"cacheDuration": 7}, ""),
        ({"auth": {"[": {"username": "u", "password": "p"}, "*" * 5_000: {"username": "u", "password": "p"}}}, ""),
        ({"auth": {"127.0.0.1:*": {"username": "u\r\nX: y", "password": "é\ud800"}}}, ""),
        ({"auth": {"127.0.0.1:*": None, "": {"username": "", "password": ""}}}, ""),
    ],
    ids=range(13),
)
def test_a_plugin_that_misbehaves_is_a_refusal(closed: Installation, change: dict[str, Any], then: str) -> None:
    auth = change.get("auth") or RESPONSE["auth"]
    exact = {(closed._server.host if key == "127.0.0.1:*" else key): value for key, value in auth.items()}
    closed.says("plugin", json.dumps({**RESPONSE, **change, "auth": exact}).encode(), then)
    assert_refused(closed.verdict())


@BOUNDED
@given(OUTPUTS)
def test_no_output_of_syft_weakens_a_verdict(installation: Installation, output: bytes) -> None:
    installation.says("syft", output)
    assert_refused(installation.verdict())


@pytest.mark.parametrize(
    "then", ["exit 1", "kill -9 $$", "kill -15 $$", "echo '{'", "head -c 100000 /dev/urandom >&2; exit 2"], ids=range(5)
)
def test_an_sbom_of_a_syft_that_failed_does_not_count(installation: Installation, then: str) -> None:
    installation.says("syft", json.dumps(CLEAN).encode(), then)
    assert_refused(installation.verdict())


@pytest.mark.parametrize(
    "version",
    [
        "",
        "[]",
        "nonsense",
        "[" * 9_999,
        '{"application": "syft", "version": "0.9"}',
        '{"application": "other", "version": "9.9"}',
        '{"application": 7, "version": null}',
        f'{{"application": "syft", "version": "{"9" * 5_000}"}}',
    ],
    ids=range(8),
)
def test_a_program_that_is_not_syft_makes_no_sbom(installation: Installation, version: str) -> None:
    installation.says("syft", json.dumps(CLEAN).encode(), version=version)
    assert_refused(installation.verdict())
