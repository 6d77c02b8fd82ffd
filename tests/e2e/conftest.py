"""Fixtures of the end-to-end tests: one real cluster, and installations of the product that decide in it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import kubernetes.client
import pytest

from tests.certificates import Authority
from tests.doubles.ossindex import Behaviour, OssIndexDouble
from tests.doubles.ossindex.behaviour import PAT
from tests.e2e import catalogue
from tests.e2e.cluster import Cluster, running_cluster
from tests.e2e.controlplane import build
from tests.e2e.product import Bomgate, write_sbom
from tests.e2e.registration import INSTANCE_LABEL, JUDGED, Registration, register, unregister
from tests.parts import unavailable

Install = Callable[..., Bomgate]
NewNamespace = Callable[..., str]
HERE = f"{Path(__file__).resolve().parent}{os.sep}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is here, and put the audit of the whole run last."""
    own = [item for item in items if str(item.path).startswith(HERE)]
    for item in own:
        item.add_marker(pytest.mark.e2e)
    ordered = iter(sorted(own, key=lambda item: item.path.name == "test_e2e_whole_run.py"))
    items[:] = [next(ordered) if str(item.path).startswith(HERE) else item for item in items]


@pytest.fixture(scope="session")
def binaries() -> Path:
    """The folder of the control plane's programs."""
    given = os.environ.get("KUBEBUILDER_ASSETS")
    if given:
        return Path(given)
    folder = build.folder()
    if not (folder / "complete").exists():
        unavailable("no control plane is built; `python tests/e2e/controlplane/build.py` builds it, with Go")
    return folder


@pytest.fixture(scope="package")
def cluster(binaries: Path) -> Iterator[Cluster]:
    with running_cluster(binaries) as running:
        yield running


@pytest.fixture
def controllers(cluster: Cluster) -> None:
    """For tests that need controllers, a scheduler and Pods that run."""
    if not cluster.controllers:
        unavailable("the control plane of KUBEBUILDER_ASSETS has no controller manager, scheduler and kwok")


@pytest.fixture
def core(cluster: Cluster) -> kubernetes.client.CoreV1Api:
    return kubernetes.client.CoreV1Api(cluster.client)


@pytest.fixture
def apps(cluster: Cluster) -> kubernetes.client.AppsV1Api:
    return kubernetes.client.AppsV1Api(cluster.client)


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def ossindex() -> Iterator[OssIndexDouble]:
    with OssIndexDouble(Behaviour(advisories=catalogue.ADVISORIES)) as double:
        yield double


@pytest.fixture(scope="session")
def seed(authority: Authority, ossindex: OssIndexDouble, tmp_path_factory: pytest.TempPathFactory) -> Bomgate:
    """An installation that is never started: its database is copied by those that are, which saves them minutes."""
    bomgate = Bomgate("seed", tmp_path_factory.mktemp("e2e") / "seed", authority, _source(ossindex))
    _fill(bomgate)
    return bomgate


def _source(ossindex: OssIndexDouble) -> dict[str, Any]:
    return {"ossindex": {"url": ossindex.url, "token": PAT}}


def _fill(bomgate: Bomgate) -> None:
    """Get the catalogue in as a user does: SBOMs from a folder, reports from OSS Index."""
    documents = bomgate.folder / "to-import"
    documents.mkdir()
    for image, purls in catalogue.CONTENTS.items():
        write_sbom(documents, catalogue.digest(image), purls)
    bomgate.run("sbom", "import", documents)
    bomgate.run("download")


class Installations:
    """The installations of the product in a cluster: database filled, server up, webhook registered.

    Args:
        cluster: asks their webhooks.
        authority: signs their certificates.
        seed: its database is copied.
        folders: where theirs go.
        basics: groups of their settings files.
    """

    def __init__(
        self,
        cluster: Cluster,
        authority: Authority,
        seed: Bomgate,
        folders: pytest.TempPathFactory,
        basics: dict[str, Any],
    ) -> None:
        self._cluster, self._authority, self._seed, self._folders = cluster, authority, seed, folders
        self._basics = basics
        self._running: list[tuple[Bomgate, Registration]] = []

    def install(self, name: str, **settings: Any) -> Bomgate:
        """Install one; see the fixture ``install``."""
        folder = self._folders.mktemp("e2e") / name
        bomgate = Bomgate(name, folder, self._authority, {**self._basics, **settings})
        if "database" in settings:
            bomgate.run("db", "upgrade")
            _fill(bomgate)
        else:
            self._seed.copy_database(bomgate)
        registration = Registration(name, bomgate.port, self._authority.pem, JUDGED)
        self._running.append((bomgate, registration))
        bomgate.start()
        register(self._cluster, registration)
        return bomgate

    def end(self, *names: str) -> None:
        """Take the webhooks of installations back, and stop them: a server that nobody asks takes time all the same."""
        ending = [pair for pair in self._running if pair[0].name in names]
        self._running = [pair for pair in self._running if pair not in ending]
        for _, registration in ending:
            unregister(self._cluster, registration)
        with ThreadPoolExecutor() as together:
            list(together.map(Bomgate.stop, (bomgate for bomgate, _ in ending)))


@pytest.fixture(scope="package")
def installations(
    cluster: Cluster,
    authority: Authority,
    ossindex: OssIndexDouble,
    seed: Bomgate,
    tmp_path_factory: pytest.TempPathFactory,
) -> Installations:
    """Whatever is installed in the cluster of these tests."""
    return Installations(cluster, authority, seed, tmp_path_factory, _source(ossindex))


@pytest.fixture(scope="module")
def install(installations: Installations) -> Iterator[Install]:
    """Installs the product for the tests of a file.

    Further arguments are groups of the settings file. The installation decides in the namespaces that carry its name
    as a label; the one named ``main`` in all others.
    """
    names: list[str] = []

    def make(name: str, **settings: Any) -> Bomgate:
        names.append(name)
        return installations.install(name, **settings)

    yield make
    installations.end(*names)


@pytest.fixture(scope="package")
def main(installations: Installations) -> Iterator[Bomgate]:
    """The installation with the recommended settings."""
    yield installations.install("main", assessments=catalogue.PROVISIONED_ASSESSMENTS)
    installations.end("main")


@pytest.fixture(scope="package")
def new_namespace(cluster: Cluster) -> NewNamespace:
    """Makes a namespace that an installation decides about."""
    numbers = itertools.count(1)

    def make(instance: str = "main") -> str:
        labels = {} if instance == "main" else {INSTANCE_LABEL: instance}
        return cluster.create_namespace(f"{instance}-{next(numbers)}", labels)

    return make


@pytest.fixture
def namespace(main: Bomgate, new_namespace: NewNamespace) -> str:
    """A fresh namespace that the main installation decides about."""
    return new_namespace()
