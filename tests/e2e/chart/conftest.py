"""Fixtures of the chart's tests: a cluster of their own, and the chart installed on it once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import Authority
from tests.doubles.ossindex import OssIndexDouble
from tests.doubles.ossindex.behaviour import PAT
from tests.e2e.chart.installation import CLUSTER, Installation
from tests.e2e.cluster import Cluster, running_cluster
from tests.e2e.controlplane import build
from tests.e2e.product import Bomgate
from tests.parts import unavailable
from tests.postgres import PostgresServer

NewNamespace = Callable[..., str]
HERE = Path(__file__).resolve().parent
LAST = ("test_chart_upgrading.py", "test_chart_whole_run.py")
"""These change the installation for good."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    own = [item for item in items if item.path.parent == HERE]
    ordered = iter(sorted(own, key=lambda item: LAST.index(item.path.name) + 1 if item.path.name in LAST else 0))
    items[:] = [next(ordered) if item.path.parent == HERE else item for item in items]


@pytest.fixture(scope="package")
def cluster(binaries: Path) -> Iterator[Cluster]:
    """Not the cluster of the other end-to-end tests: the chart's webhook is asked about every namespace."""
    with running_cluster(binaries, CLUSTER) as running:
        if not running.controllers:
            unavailable("the control plane of KUBEBUILDER_ASSETS has no controller manager, scheduler and kwok")
        yield running


@pytest.fixture(scope="session")
def helm() -> Path:
    folder = build.folder("helm")
    if not (folder / "complete").exists():
        unavailable("helm is not built; `python tests/e2e/controlplane/build.py helm` builds it, with Go")
    return folder / "helm"


@pytest.fixture(scope="session")
def database(postgres: PostgresServer) -> str:
    """The address of an empty database."""
    return postgres.url(postgres.new_database())


@pytest.fixture(scope="session")
def operator(database: str, authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Bomgate:
    """A person with the ``bomgate`` command and the address of the database."""
    folder = tmp_path_factory.mktemp("chart") / "operator"
    return Bomgate("operator", folder, authority, {"database": {"url": database}})


@pytest.fixture(scope="session")
def values(ossindex: OssIndexDouble) -> dict[str, Any]:
    """The values that differ from the chart's own, because everything is small and on this machine."""
    config = {
        "policy": {"enforce": "warn"},
        "serve": {"workers": 1, "gracefulSeconds": 1},
        "sbom": {"sources": ["directory"]},  # no registry is asked: there is none
        "audit": {"minSeconds": 1},
        "controller": {"leaseSeconds": 5},
        "certificates": {"overlapSeconds": 4},  # volumes are looked at every second here
    }
    return {
        "config": config,
        "replicas": 2,
        "console": {"enabled": True},
        "database": {"existingSecret": "database"},
        "postgresql": {"enabled": False},
        "ossindex": {"url": ossindex.url, "existingSecret": "ossindex"},
    }


@pytest.fixture(scope="package")
def installation(
    cluster: Cluster,
    helm: Path,
    database: str,
    operator: Bomgate,
    values: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:
    """The chart, installed; the database filled by its own downloader."""
    made = Installation(cluster, helm, tmp_path_factory.mktemp("chart"), values)
    made.prepare({"database": {"url": database}, "ossindex": {"token": PAT}})
    made.kubelet.start()
    try:
        made.install()
        made.fill(operator)
        yield made
    finally:
        made.kubelet.stop()


@pytest.fixture(scope="package")
def new_namespace(installation: Installation) -> NewNamespace:
    """Makes a namespace with a mode; without one it has no label."""
    numbers = itertools.count(1)

    def make(mode: str = "") -> str:
        labels = {"bomgate.dev/enforce": mode} if mode else {}
        return installation.cluster.create_namespace(f"{mode or 'plain'}-{next(numbers)}", labels)

    return make
