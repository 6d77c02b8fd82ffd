"""Fixtures: the registries, started once for all tests of this folder, and the recorded repositories in them."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.parts import unavailable
from tests.registries.attesting import Signer
from tests.registries.build import UnavailableError
from tests.registries.kit import Kit, Waiting, loopback
from tests.registries.layouts import Layout
from tests.registries.lying import LyingServer
from tests.registries.running import docker_registry, referrers_registry
from tests.registries.tokens import TokenServer
from tests.registries.world import World

LAYOUTS = Path(__file__).resolve().parent / "layouts"


def pytest_collection_modifyitems(items):
    """Real registries are parts that may be missing, so their tests carry the mark of such."""
    for item in items:
        if {"plain", "listing", "guarded"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.e2e)


def start(stack: ExitStack, registry):
    """Enter a registry; if it is not available, the test is skipped, and fails in CI."""
    try:
        return stack.enter_context(registry)
    except UnavailableError as reason:
        unavailable(reason)


@pytest.fixture(scope="session")
def plain(tmp_path_factory):
    """docker-registry 2.8, which has no referrers API; gives its host, with every recorded repository in it."""
    with ExitStack() as stack:
        host = start(stack, docker_registry(tmp_path_factory.mktemp("plain")))
        push_recorded(host)
        yield host


@pytest.fixture(scope="session")
def listing(tmp_path_factory):
    """go-containerregistry's registry with the referrers API; gives its host, with every recorded repository in it."""
    with ExitStack() as stack:
        host = start(stack, referrers_registry(tmp_path_factory.mktemp("listing")))
        push_recorded(host)
        yield host


@pytest.fixture(scope="session")
def guarded(tmp_path_factory):
    """docker-registry behind a token server; gives (host, token server)."""
    folder = tmp_path_factory.mktemp("guarded")
    with ExitStack() as stack:
        tokens = stack.enter_context(TokenServer(folder))
        host = start(stack, docker_registry(folder / "registry", auth=tokens.configuration))
        header = {"Authorization": f"Bearer {tokens.token('team/private', 'pull,push')}"}
        Layout.load(LAYOUTS / "attestation").push(f"http://{host}/v2/team/private", header)
        yield host, tokens


@pytest.fixture
def lying():
    """A server that answers as a test tells it to."""
    with LyingServer() as server:
        yield server


@pytest.fixture
def world(lying, kit):
    """An image with one SBOM on the lying server."""
    return World(lying, kit)


@pytest.fixture
def lying_too():
    """A second such server: a store of blobs, a token server."""
    with LyingServer() as server:
        yield server


@pytest.fixture
def secret(tmp_path):
    """Writes a docker config file with credentials for a host."""

    def write(host: str) -> Path:
        path = tmp_path / "secret.json"
        path.write_text(json.dumps({"auths": {host: {"username": "robot", "password": "hidden"}}}))
        return path

    return write


@pytest.fixture
def waiting():
    """Makes kits whose clock only notes how long they would sleep, and can be set forward."""
    made = Waiting()
    yield made
    for other_kit in made.kits:
        other_kit.client.close()


@pytest.fixture
def kit():
    """Makes a kit for hosts on loopback."""
    made = []

    def make(*hosts: str, **more) -> Kit:
        made.append(Kit(rules=[loopback(host) for host in hosts], **more))
        return made[-1]

    yield make
    for item in made:
        item.client.close()


@pytest.fixture
def signer(tmp_path):
    """A key, and what it signs."""
    return Signer(tmp_path)


def push_recorded(host: str) -> None:
    for folder in sorted(path for path in LAYOUTS.iterdir() if path.is_dir()):
        Layout.load(folder).push(f"http://{host}/v2/team/{folder.name}")
