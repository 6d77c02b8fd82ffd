"""Grype: built from its Go module, and run on an SBOM with a database of our own and a VEX document, offline."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.peers import grypedb
from tests.peers.programs import GoProgram

VERSION = "v0.121.3"
"""The newest that Go 1.26 builds."""
_MODULE = "github.com/anchore/grype/cmd/grype"
_SECONDS = 300.0


class Scan(NamedTuple):
    """What Grype found in an SBOM, as pairs of a vulnerability and the package URL that Grype compares.

    Attributes:
        matched: what is left.
        ignored: what the VEX document took away.
    """

    matched: tuple[tuple[str, str], ...]
    ignored: tuple[tuple[str, str], ...]


PROGRAM = GoProgram("grype", _MODULE, VERSION, "GRYPE", options=("-trimpath",))


def ask(
    program: Path, sboms: Mapping[str, bytes], records: list[grypedb.Advised], documents: Mapping[str, bytes]
) -> dict[str, Scan]:
    """What it finds in each SBOM with the VEX document of the same name.

    Raises:
        subprocess.CalledProcessError: it did not come to an end.
    """
    found = {}
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        grypedb.write(home / "own.db", records)
        _run(program, home, "db", "import", str(home / "own.db"))
        for sbom, content in sboms.items():
            (home / sbom).write_bytes(content)
            (home / "vex.json").write_bytes(documents[sbom])
            output = _run(program, home, f"sbom:{home / sbom}", "--output", "json", "--vex", str(home / "vex.json"))
            scanned = json.loads(output)
            found[sbom] = Scan(_pairs(scanned["matches"]), _pairs(scanned.get("ignoredMatches") or []))
    return found


def _run(program: Path, home: Path, *arguments: str) -> bytes:
    settings = {
        "GRYPE_DB_CACHE_DIR": str(home / "db"),
        "GRYPE_DB_AUTO_UPDATE": "false",
        "GRYPE_DB_VALIDATE_AGE": "false",
        "GRYPE_CHECK_FOR_APP_UPDATE": "false",
    }
    environment = {**os.environ, **settings, "HOME": str(home), "XDG_CACHE_HOME": str(home)}
    command = [str(program), "--quiet", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, check=True, timeout=_SECONDS).stdout


def _pairs(matches: list[dict[str, Any]]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((match["vulnerability"]["id"], match["artifact"]["purl"]) for match in matches))
