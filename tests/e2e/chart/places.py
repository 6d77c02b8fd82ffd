"""Where on this machine the files and ports of a Pod's containers are, and rewriting what names them.

The Pods' processes run on this machine without a file system or a network of their own, so that the tests need neither
root nor namespaces. This is the one place where that shows: a path below a mount of the Pod becomes a path below the
Pod's folder, and a port that a container opens becomes a port of this machine that is free. Arguments, environment
and files of ConfigMaps are rewritten accordingly, and nothing else is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.processes import free_port

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where every Pod has its ServiceAccount's token."""

TEMPORARY = "/tmp"
"""Given to the process as TMPDIR; not rewritten, because paths of this machine may begin so."""

LISTENERS = {
    "BOMGATE_SERVE_LISTEN": 8443,
    "BOMGATE_SERVE_METRICS_LISTEN": 9090,
    "BOMGATE_CONTROLLER_LISTEN": 9090,
}
"""Setting → port that the program opens when nothing is said: two replicas on one machine cannot both have it."""


@dataclass
class Places:
    """The places of one Pod.

    Attributes:
        address: of this machine; stands for the Pod's.
        folder: of the Pod, with a folder for each volume.
        mounts: mount path → folder.
        ports: port in the Pod → port of this machine.
    """

    address: str
    folder: Path
    mounts: dict[str, Path] = field(default_factory=dict)
    ports: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, spec: dict[str, Any], address: str, folder: Path) -> Places:
        """The places of a Pod by its spec; a path that several containers mount has to be the same volume in all."""
        places = cls(address, folder)
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            for port in container.get("ports", []):
                places.ports.setdefault(port["containerPort"], free_port())
            for mount in container.get("volumeMounts", []):
                # A sub-path is a folder or a file inside the volume, as it was when the container started.
                target = folder / "volumes" / mount["name"] / mount.get("subPath", "")
                assert places.mounts.setdefault(mount["mountPath"], target) == target, mount["mountPath"]
        return places

    def rewrite(self, text: str) -> str:
        """A text with the paths and ports of this machine in place of the Pod's."""
        for mount in sorted(self.mounts, key=len, reverse=True):
            if mount != TEMPORARY:
                text = re.sub(rf"(?<![\w./-]){re.escape(mount)}(?=[/\s\"':,]|$)", str(self.mounts[mount]), text)
        for port, own in self.ports.items():
            text = re.sub(rf"(?<=:){port}\b", str(own), text)
        return text

    def listeners(self) -> Iterator[tuple[str, str]]:
        """Settings that put what the program listens on by default where it is here."""
        for name, port in LISTENERS.items():
            if port in self.ports:
                yield name, f"{self.address}:{self.ports[port]}"
