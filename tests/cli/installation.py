"""An installation for tests of the command line: a settings file, an SQLite file, and OSS Index's double."""

from __future__ import annotations

import hashlib
import json
import logging
import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner

from tests.doubles.ossindex import OssIndexDouble, advisory
from tests.doubles.ossindex.behaviour import PAT
from webhook.cli.root import cli

PARSER = "pkg:maven/org.example/parser@2.14.1"
TRIM = "pkg:npm/%40shop/trim@1.2.0"
QUEUE = "pkg:pypi/queue-tools@3.1"
TIDY = "pkg:pypi/tidy@2.0.1"
BASE = "pkg:deb/debian/base-files@12.4"

ADVISORIES = {
    PARSER: [advisory("CVE-2026-10001", 9.8), advisory("CVE-2026-10002", 5.0)],
    TRIM: [advisory("CVE-2026-10003", 7.5)],
    QUEUE: [advisory("CVE-2026-10004", 5.0), advisory("sonatype-2026-0001", None)],
}
CONTENTS = {
    "blocked": (PARSER, TIDY, BASE),
    "caution": (TRIM, TIDY),
    "unassessed": (QUEUE, TIDY),
    "clean": (TIDY,),
}
"""Image → what is in it."""


def digest(name: str) -> str:
    """The digest of an image."""
    return f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"


def reference(name: str) -> str:
    """An image by tag and digest."""
    return f"registry.example/shop/{name}:1@{digest(name)}"


def document(purls: Iterable[str], *, broken: int = 0) -> str:
    """A CycloneDX document with these components, and as many that have no purl."""
    components: list[dict[str, str]] = [
        {"type": "library", "name": "x", "version": "1", "purl": purl} for purl in purls
    ]
    components += [{"type": "library", "name": f"nameless-{number}"} for number in range(broken)]
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components})


def deployment(*images: str, name: str = "web", namespace: str | None = "shop") -> dict[str, Any]:
    """A Deployment with a container for each image."""
    containers = [{"name": f"c{number}", "image": image} for number, image in enumerate(images)]
    metadata = {"name": name} if namespace is None else {"name": name, "namespace": namespace}
    template = {"spec": {"containers": containers}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"template": template}}


def review(workload: Mapping[str, Any]) -> dict[str, Any]:
    """The AdmissionReview that an API server sends when a Deployment is created."""
    request = {
        "uid": "u-1",
        "kind": {"group": "apps", "version": "v1", "kind": "Deployment"},
        "resource": {"group": "apps", "version": "v1", "resource": "deployments"},
        "namespace": "shop",
        "operation": "CREATE",
        "object": workload,
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its standard output as JSON."""
        return json.loads(self.out)


def invoke(*arguments: str, stdin: str | None = None) -> Ran:
    """Run ``bomgate`` in this process, and leave the log and the signals as they were found."""
    root, ours, on_end = logging.getLogger(), logging.getLogger("bomgate"), signal.getsignal(signal.SIGTERM)
    handlers, levels = root.handlers[:], (root.level, ours.level)
    try:
        result = CliRunner().invoke(cli, arguments, input=stdin)
    finally:
        root.handlers[:] = handlers
        root.setLevel(levels[0])
        ours.setLevel(levels[1])
        signal.signal(signal.SIGTERM, on_end)
    return Ran(result.exit_code, result.stdout, result.stderr)


class Installation:
    """Runs commands in this process.

    Args:
        folder: for all its files.
        double: OSS Index.
        settings: groups of the settings file on top of the usual ones.
    """

    def __init__(self, folder: Path, double: OssIndexDouble, settings: Mapping[str, Any] | None = None) -> None:
        self.folder, self.double = folder, double
        self.config = folder / "bomgate.yaml"
        self.configure(**(settings or {}))

    def configure(self, **groups: Any) -> None:
        """Write the settings file again."""
        basics = {
            "database": {"url": f"sqlite:///{self.folder / 'bomgate.db'}"},
            "ossindex": {"url": self.double.url, "token": PAT, "backoffSeconds": 0.01, "maxTries": 2},
            "sbom": {"sources": ["directory"]},
        }
        content = {
            name: {**basics.get(name, {}), **value} if isinstance(value, dict) else value
            for name, value in groups.items()
        }
        self.config.write_text(yaml.safe_dump({**basics, **content}), encoding="utf-8")

    def run(self, *arguments: str | Path, stdin: str | None = None) -> Ran:
        """Run ``bomgate`` with these arguments and this installation's settings file."""
        return invoke(*map(str, arguments), "--config", str(self.config), stdin=stdin)

    def ok(self, *arguments: str | Path, stdin: str | None = None) -> Ran:
        """Run a command that has to succeed."""
        ran = self.run(*arguments, stdin=stdin)
        assert ran.code == 0, f"{arguments} exits with {ran.code}: {ran.err}"
        return ran

    def write(self, name: str, content: str) -> Path:
        """Write a file into the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return path

    def add_images(self) -> None:
        """Add the SBOMs of all images, with their tags."""
        for name, purls in CONTENTS.items():
            path = self.write(f"{name}.cdx.json", document(purls))
            self.ok("sbom", "add", path, "--image", reference(name))
