"""Fixtures of the tests on a real node: the node, and bomgate on it, both made once, and gone after the last test."""

from __future__ import annotations

import itertools
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.controlplane.build import UnavailableError, folder, tools_home
from tests.node import catalogue, images, machine, rootfs
from tests.node.installation import VERSIONS, WEBHOOK, Installation, seconds_of
from tests.node.node import Node, running_node
from tests.node.parts import Tools
from tests.parts import unavailable
from tests.registries import build as registries

NewNamespace = Callable[..., str]
HERE = f"{Path(__file__).resolve().parent}{os.sep}"
FIGURES = tools_home() / f"node-figures{os.environ.get('PYTEST_XDIST_WORKER', '')}.txt"
ORDER = ["installing", "policies", "console", "workloads", "disruptions", "restarts", "releases"]
"""Of the files: the last ones leave less and less of the installation."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is here, and put the files in order."""
    own = [item for item in items if str(item.path).startswith(HERE)]
    for item in own:
        item.add_marker(pytest.mark.e2e)
        item.add_marker(pytest.mark.timeout(1500))  # what makes the node counts for the first
    ordered = iter(sorted(own, key=lambda item: ORDER.index(item.path.stem.removeprefix("test_node_"))))
    items[:] = [next(ordered) if str(item.path).startswith(HERE) else item for item in items]


@pytest.fixture(scope="session")
def tools() -> Tools:
    """The programs of a node."""
    if reason := machine.missing():
        unavailable(reason)
    folders = {name: folder(name) for name in ("controlplane", "node", "helm", "kuberouter")}
    folders["registry"] = registries.folder("registry")
    lacking = [name for name, path in folders.items() if not (path / "complete").exists()]
    if lacking:
        unavailable(f"{', '.join(lacking)}: not built; `python -m tests.node` builds all that a node needs, with Go")
    return Tools(**folders)


@pytest.fixture(scope="package")
def shelf(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> catalogue.Shelf:
    """The images."""
    try:
        bomgate, roots = images.ensure(), rootfs.ensure()
    except UnavailableError as reason:
        unavailable(reason)
    return catalogue.stock(tmp_path_factory.mktemp("images"), roots, bomgate, VERSIONS)


@pytest.fixture(scope="package")
def node(tools: Tools, shelf: catalogue.Shelf) -> Iterator[Node]:
    """The node."""
    with running_node(tools, shelf.layout) as running:
        yield running


@pytest.fixture(scope="package")
def installed(node: Node, shelf: catalogue.Shelf) -> Iterator[Installation]:
    """bomgate, installed by helm on an empty cluster, and settled."""
    installation = Installation(node, shelf)
    installation.prepare()
    began = time.monotonic()
    installation.release("install")
    installation.settled()
    installation.tell(f"helm install until every Pod is ready: {seconds_of(began)}")
    yield installation
    FIGURES.write_text("\n".join(installation.figures) + "\n")


@pytest.fixture(scope="package")
def bomgate(installed: Installation) -> Installation:
    """bomgate when it knows the images: their SBOMs from the registry, and reports by a run of the downloader."""
    fetched = " && ".join(f"bomgate sbom fetch --add {installed.shelf.pinned(name)}" for name in catalogue.CONTENTS)
    installed.kubectl("exec", WEBHOOK, "-c", "webhook", "--", "sh", "-c", fetched)
    began = time.monotonic()
    log = installed.download("first")
    installed.tell(f"the downloader's Job until complete: {seconds_of(began)}")
    packages = {purl for purls in catalogue.CONTENTS.values() for purl in purls}
    assert re.search(rf"^Answered: +{len(packages)}$", log, re.MULTILINE), log
    installed.decides()
    return installed


@pytest.fixture(scope="module")
def firewall(node: Node) -> Iterator[None]:
    """NetworkPolicies are enforced for the rest of a file; nothing else on this node knows them."""
    if node.run("ipset", "list", "-n", check=False).code != 0:
        unavailable("this kernel has no IP sets, with which NetworkPolicies are enforced")
    node.start("firewall")
    try:
        node.wait(lambda: "KUBE-POD-FW" in _filters(node), "the firewall's rules")
        yield
    finally:
        node.stop("firewall")
    assert not re.search("KUBE-(ROUTER|POD-FW|NWPLCY|SRC|DST)-", _filters(node))


def _filters(node: Node) -> str:
    return node.run("iptables-save", "-t", "filter").out + node.run("ipset", "list", "-n").out


@pytest.fixture(scope="package")
def new_namespace(bomgate: Installation) -> NewNamespace:
    """Makes a namespace in a mode, deny when none is given."""
    numbers = itertools.count(1)

    def make(mode: str = "deny") -> str:
        return bomgate.namespace(f"{mode}-{next(numbers)}", mode)

    return make


@pytest.fixture
def namespace(new_namespace: NewNamespace) -> str:
    """A fresh namespace that is protected."""
    return new_namespace()
