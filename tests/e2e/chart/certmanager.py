"""cert-manager itself on a cluster of the tests: its controllers and its CA injector, as a process of this machine.

Its webhook, which checks and defaults what people write, does not run, and it acts as an administrator.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.chart.installation import NAMESPACE
from tests.e2e.cluster import Cluster
from tests.e2e.processes import Process

KINDS = ("certificates", "certificaterequests", "issuers", "clusterissuers")


def define_kinds(cluster: Cluster, binaries: Path) -> None:
    """Install its custom resource definitions, and wait until the API server serves them."""
    run(cluster, "apply", "--server-side", "-f", str(binaries / "crds"))
    names = [f"customresourcedefinition/{kind}.cert-manager.io" for kind in KINDS]
    run(cluster, "wait", "--for=condition=Established", "--timeout=50s", *names)


@contextmanager
def running(cluster: Cluster, binaries: Path, folder: Path) -> Iterator[Process]:
    """cert-manager for the time of the ``with`` block."""
    process = Process("certmanager", [binaries / "certmanager", "-kubeconfig", cluster.kubeconfig], folder)
    try:
        yield process
    finally:
        process.stop()


def renew(cluster: Cluster, certificate: str) -> None:
    """Ask for a new certificate before its time, as ``cmctl renew`` does."""
    condition = {
        "type": "Issuing",
        "status": "True",
        "reason": "ManuallyTriggered",
        "message": "a test wants it",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    run(cluster, "wait", "--for=condition=Ready", "--timeout=50s", f"certificate/{certificate}", "-n", NAMESPACE)
    patch: list[dict[str, Any]] = [{"op": "add", "path": "/status/conditions/-", "value": condition}]
    options = ("--subresource=status", "--type=json", "-p", json.dumps(patch), "-n", NAMESPACE)
    run(cluster, "patch", "certificate", certificate, *options)


def writers(cluster: Cluster, kind: str, name: str) -> set[str]:
    """Who has written the fields of an object that are not its status."""
    found = json.loads(run(cluster, "get", kind, name, "-n", NAMESPACE, "-o", "json", "--show-managed-fields"))
    return {item["manager"] for item in found["metadata"]["managedFields"] if not item.get("subresource")}


def run(cluster: Cluster, *arguments: str) -> str:
    """Run kubectl; its output.

    Raises:
        AssertionError: it did not exit with 0; with what it wrote.
    """
    ran = cluster.kubectl(*arguments)
    assert ran.code == 0, ran.err
    return ran.out
