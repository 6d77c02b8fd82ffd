"""osv-scanner: built once from its Go module, and run over a folder of SBOMs with archives of advisories, offline."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from tests.peers.programs import GoProgram
from webhook.policy.advisorykeys import ECOSYSTEMS

VERSION = "v2.5.1"
"""The newest that Go 1.26 builds."""
_MODULE = "github.com/google/osv-scanner/v2/cmd/osv-scanner"
_NOTHING = '{"id": "X-1", "modified": "2026-01-01T00:00:00Z", "affected": []}'


class Pair(NamedTuple):
    """A component that an advisory is about, as far as osv-scanner's output says which component.

    Attributes:
        document: name of the SBOM.
        ecosystem: without release.
        name: of the package without its namespace, which the output does not have; in lower case.
        version: without the ``v`` of Go.
        advisory: id.
    """

    document: str
    ecosystem: str
    name: str
    version: str
    advisory: str


PROGRAM = GoProgram("osv-scanner", _MODULE, VERSION, "OSV_SCANNER", environment=(("CGO_ENABLED", "0"),))


def ask(program: Path, documents: Mapping[str, bytes], archives: Mapping[str, bytes]) -> set[Pair]:
    """What it finds.

    Args:
        program: of :data:`PROGRAM`.
        documents: SBOMs by the name of a file, such as ``a.spdx.json`` or ``a.cdx.json``.
        archives: ``all.zip`` by ecosystem.

    Raises:
        RuntimeError: it did not come to an end.
    """
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        prepare(home, archives)
        for document, content in documents.items():
            (home / "sboms" / document).write_bytes(content)
        done = run(program, home)
        if not done.stdout:
            raise RuntimeError(done.stderr.decode(errors="replace")[-500:])
        return set(_pairs(json.loads(done.stdout)))


def prepare(home: Path, archives: Mapping[str, bytes]) -> None:
    """Lay out archives as it looks for them; it ends where an ecosystem of a component has none."""
    (home / "sboms").mkdir()
    for ecosystem in {*ECOSYSTEMS, *archives}:
        target = home / "osv-scalibr" / ecosystem / "all.zip"
        target.parent.mkdir(parents=True)
        if ecosystem in archives:
            target.write_bytes(archives[ecosystem])
        else:
            with zipfile.ZipFile(target, "w") as archive:
                archive.writestr("X-1.json", _NOTHING)


def run(program: Path, home: Path) -> subprocess.CompletedProcess[bytes]:
    """Scan the folder ``sboms``."""
    command = [str(program), "scan", "source", "--offline-vulnerabilities", "--recursive", "--format", "json"]
    return subprocess.run(
        [shutil.which("nice") or "nice", *command, "--all-vulns", str(home / "sboms")],
        env={**os.environ, "XDG_CACHE_HOME": str(home)},
        capture_output=True,
        check=False,
    )


def _pairs(output: dict[str, list[dict[str, object]]]) -> Iterator[Pair]:
    for result in output["results"]:
        document = Path(result["source"]["path"]).name
        for entry in result["packages"]:
            package = entry["package"]
            for found in entry.get("vulnerabilities") or ():
                yield pair(document, package["ecosystem"], package["name"], package["version"], found["id"])


def pair(document: str, ecosystem: str, name: str, version: str, advisory: str) -> Pair:
    """A pair in the form in which both are compared."""
    base = ecosystem.partition(":")[0]
    version = unquote(version)
    tail = unquote(name).replace(":", "/").rpartition("/")[2].lower()
    return Pair(document, base, tail, version.removeprefix("v") if base in ("Go", "Packagist") else version, advisory)
