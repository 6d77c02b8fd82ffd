"""Helm, run as a user does: what the chart renders to."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import yaml

from tests.chart.values import CHART
from tests.e2e.controlplane import build

RELEASE, NAMESPACE = "bomgate", "bomgate-system"
MONITORING = ("monitoring.coreos.com/v1/ServiceMonitor", "monitoring.coreos.com/v1/PrometheusRule")
"""What a cluster with the Prometheus operator serves."""


class HelmError(Exception):
    """Helm refused; the text is its own."""


def is_built() -> bool:
    """Whether there is a helm to run."""
    return (build.folder("helm") / "complete").exists()


def helm(*arguments: str | Path, values: dict[str, Any] | None = None) -> str:
    """Run helm; its standard output.

    Args:
        arguments: of helm.
        values: for the chart.

    Raises:
        HelmError: it ended with an error.
    """
    with tempfile.TemporaryDirectory(prefix="bomgate-helm-") as home:
        command = [build.folder("helm") / "helm", *arguments]
        if values is not None:
            file = Path(home) / "values.yaml"
            file.write_text(yaml.safe_dump(values), encoding="utf-8")
            command += ["--values", file]
        environment = {"HOME": home, "PATH": os.environ.get("PATH", "")}
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    if done.returncode != 0:
        raise HelmError(done.stderr)
    return done.stdout


def render(values: dict[str, Any] | None = None, release: str = RELEASE, apis: tuple[str, ...] = ()) -> str:
    """The manifests of the chart, without a cluster; the same call is made once only."""
    return _rendered(json.dumps(values or {}), release, apis)


@functools.cache
def _rendered(values: str, release: str, apis: tuple[str, ...]) -> str:
    return render_anew(json.loads(values), release, apis)


def render_anew(values: dict[str, Any], release: str = RELEASE, apis: tuple[str, ...] = ()) -> str:
    """The manifests of the chart, rendered by this call."""
    served = [f"--api-versions={api}" for api in apis]
    return helm("template", release, CHART, "--namespace", NAMESPACE, *served, values=values)


def objects(rendered: str) -> dict[tuple[str, str], dict[str, Any]]:
    """The objects of a rendered chart, by kind and name; one of another namespace by ``namespace/name``."""
    found = [item for item in yaml.load_all(rendered, yaml.CSafeLoader) if item]
    keyed = {(item["kind"], _name(item["metadata"])): item for item in found}
    assert len(keyed) == len(found), "two objects of one kind have one name"
    return keyed


def _name(metadata: dict[str, Any]) -> str:
    namespace = metadata.get("namespace", NAMESPACE)
    return metadata["name"] if namespace == NAMESPACE else f"{namespace}/{metadata['name']}"
