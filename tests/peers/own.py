"""A small set of advisories and an SBOM in our own words: every ecosystem, and every difference that is explained.

A line of ``own.txt`` has the ecosystem with its release, the package, the events of a range, and purls of components.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.osv import record, zipped
from tests.peers.scanner import Pair

DOCUMENT = "own.cdx.json"
ANSWERS = Path(__file__).with_name("osv-scanner.json")
"""What osv-scanner found, by ``python -m tests.peers record``."""


def archives() -> dict[str, bytes]:
    """``all.zip`` by ecosystem."""
    records: dict[str, list[dict[str, Any]]] = {}
    for number, (ecosystem, name, events, _) in enumerate(_lines()):
        package = {"package": {"ecosystem": ecosystem, "name": name}, "ranges": [_range(events)]}
        records.setdefault(ecosystem.partition(":")[0], []).append(record(f"OWN-{number}", package))
    commits = {"type": "GIT", "repo": "https://example.com/a", "events": [{"introduced": "0"}, {"fixed": "a" * 40}]}
    records["PyPI"].append(
        record(
            "OWN-commits", {"package": {"ecosystem": "PyPI", "name": "commits"}, "ranges": [commits, _range("0 <2.0")]}
        )
    )
    return {ecosystem: zipped(some) for ecosystem, some in records.items()}


def document() -> bytes:
    """An SBOM with every component."""
    purls = [f"pkg:{purl}" for *_, purls in _lines() for purl in purls.split()]
    components = [
        {"type": "library", "name": purl.partition("@")[0].rpartition("/")[2], "version": "", "purl": purl}
        for purl in [*purls, "pkg:pypi/commits@1.0"]
    ]
    for component in components:
        component["version"] = component["purl"].rpartition("@")[2].partition("?")[0].replace("%2B", "+")
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components}).encode()


def answers() -> set[Pair]:
    """What osv-scanner found in the small set."""
    return {Pair(*recorded) for recorded in json.loads(ANSWERS.read_text())}


def _lines() -> Iterator[tuple[str, str, str, str]]:
    for line in Path(__file__).with_name("own.txt").read_text().splitlines():
        ecosystem, name, events, purls = (part.strip() for part in line.split(" | "))
        yield ecosystem, name, events, purls


def _range(events: str) -> dict[str, Any]:
    return {"type": "ECOSYSTEM", "events": [_event(text) for text in events.split()]}


def _event(text: str) -> dict[str, str]:
    for sign, kind in (("<=", "last_affected"), ("<", "fixed"), (">=", "introduced")):
        if text.startswith(sign):
            return {kind: text.removeprefix(sign)}
    return {"introduced": text}
