"""The containers of a Pod as processes of this machine: what they are started with, and what their status says."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kubernetes.client
import yaml

from tests.e2e.chart.places import ACCOUNT, TEMPORARY, Places
from tests.e2e.chart.volumes import Contents
from tests.e2e.chart.watching import Object, Watched
from tests.e2e.processes import Process

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = [sys.executable, "-m", "webhook"]
"""What the image's entry point is: the product as it is in this checkout."""


@dataclass(frozen=True)
class Machine:
    """What all Pods here share.

    Attributes:
        client: for what the kubelet itself asks the API server.
        cluster: the API server as a kubeconfig names it, without its CA.
        address: of this machine that the API server may have in an EndpointSlice.
        watched: the Secrets and ConfigMaps of the Pods' namespace, by what a volume calls their kind.
    """

    client: kubernetes.client.ApiClient
    cluster: Mapping[str, Any]
    address: str
    watched: Mapping[str, Watched]


@dataclass
class Container:
    """A container and the newest of its processes."""

    spec: Object
    process: Process | None = None
    restarts: int = 0
    ready: bool = False
    exit_code: int | None = None
    again_at: float = 0.0
    _failed: int = 0

    @property
    def name(self) -> str:
        return str(self.spec["name"])

    def probed(self, succeeded: bool) -> None:
        """Take what a readiness probe found: one that is ready stays so until as many in a row fail as it says."""
        self._failed = 0 if succeeded else self._failed + 1
        threshold = self.spec.get("readinessProbe", {}).get("failureThreshold", 3)
        self.ready = succeeded or (self.ready and self._failed < threshold)

    def status(self) -> Object:
        """Its ``containerStatuses`` entry."""
        state: Object = {"waiting": {"reason": "ContainerCreating"}}
        if self.process is not None:
            state = {"running": {}} if self.process.running else {"terminated": {"exitCode": self.exit_code or 0}}
        common = {"name": self.name, "image": self.spec["image"], "imageID": "", "restartCount": self.restarts}
        return {**common, "ready": self.ready, "started": "running" in state, "state": state}


class Launcher:
    """Starts the containers of one Pod, with exactly the arguments and the environment that its spec says.

    Args:
        machine: what all Pods here share.
        folder: of the Pod.
        places: where its files and ports are.
        contents: values of its variables.
    """

    def __init__(self, machine: Machine, folder: Path, places: Places, contents: Contents) -> None:
        self._machine, self._folder, self._places, self._contents = machine, folder, places, contents

    def launch(self, spec: Object) -> Process:
        """Start a container.

        Raises:
            NotThereError: something that a variable names does not exist.
        """
        return Process(spec["name"], self._command(spec), self._folder, self._environment(spec))

    def _command(self, spec: Object) -> list[str]:
        command = spec.get("command", [])
        if command:
            assert command[0].rpartition("/")[2] == "bomgate", f"no other program is in the image: {command}"
        return [*PROGRAM, *(self._places.rewrite(part) for part in [*command[1:], *spec.get("args", [])])]

    def _environment(self, spec: Object) -> dict[str, str]:
        """What the image and the kubelet set, where things are here, and what the Pod says, which wins."""
        mounts = {item["mountPath"] for item in spec.get("volumeMounts", [])}
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(self._folder), "PYTHONPATH": str(ROOT)}
        environment |= dict(self._places.listeners())
        if TEMPORARY in mounts:
            environment["TMPDIR"] = str(self._places.mounts[TEMPORARY])
        if ACCOUNT in mounts:
            environment["BOMGATE_KUBE_KUBECONFIG"] = str(self._write_kubeconfig())
        assert "envFrom" not in spec, spec["envFrom"]
        for variable in spec.get("env", []):
            value = self._contents.variable(variable)
            if value is not None:
                environment[variable["name"]] = self._places.rewrite(value)
        return environment

    def _write_kubeconfig(self) -> Path:
        """What a program finds by itself in a Pod: the API server, its CA, and the token of the ServiceAccount."""
        account = self._places.mounts[ACCOUNT]
        cluster = {**self._machine.cluster, "certificate-authority": str(account / "ca.crt")}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "here", "cluster": cluster}],
            "users": [{"name": "account", "user": {"tokenFile": str(account / "token")}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "account"}}],
            "current-context": "here",
        }
        file = self._folder / "kubeconfig"
        file.write_text(yaml.safe_dump(document))
        return file
