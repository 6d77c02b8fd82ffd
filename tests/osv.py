"""Records in the OSV format for tests: short, in our own words, with real ids where distributions are meant."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

OPENSSL = "DEBIAN-CVE-2023-0286"


def affected(ecosystem: str, name: str, *events: Mapping[str, str], **extra: Any) -> dict[str, Any]:
    """What a record says of one package; its events make one range."""
    ranges = [{"type": extra.pop("kind", "ECOSYSTEM"), "events": list(events)}] if events else []
    return {"package": {"ecosystem": ecosystem, "name": name}, "ranges": ranges, **extra}


def record(identifier: str, *packages: Mapping[str, Any], **extra: Any) -> dict[str, Any]:
    """A record."""
    return {
        "schema_version": "1.7.0",
        "id": identifier,
        "modified": "2026-01-01T00:00:00Z",
        "summary": f"About {identifier}",
        "affected": list(packages),
        **extra,
    }


def openssl(fixed: str = "3.0.8-1", **extra: Any) -> dict[str, Any]:
    """A record of Debian 12 with a score."""
    vector = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}
    package = affected("Debian:12", "openssl", {"introduced": "0"}, {"fixed": fixed})
    return record(OPENSSL, package, **{"upstream": ["CVE-2023-0286"], "severity": [vector], **extra})


def zipped(records: Iterable[Mapping[str, Any] | bytes]) -> bytes:
    """An archive as mirrors have it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, content_of in enumerate(records):
            name = f"{content_of['id']}.json" if isinstance(content_of, Mapping) else f"{number}.json"
            archive.writestr(name, json.dumps(content_of) if isinstance(content_of, Mapping) else content_of)
    return content.getvalue()


def publish(folder: Path, ecosystem: str, records: Iterable[Mapping[str, Any] | bytes]) -> Path:
    """Write an archive where a source looks for it."""
    path = folder / ecosystem / "all.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(zipped(records))
    return path
