"""``python3 push.py LAYOUT HOST:PORT``: push the manifests that an OCI layout names to a registry, with their blobs.

The annotation ``org.opencontainers.image.ref.name`` of each manifest in the layout's index says where to:
``repository:tag``. Runs inside a node's namespaces, on the standard library alone.
"""

from __future__ import annotations

import http.client
import json
import sys
from pathlib import Path
from typing import Any

NAME = "org.opencontainers.image.ref.name"


def main(layout: Path, address: str) -> None:
    """Push all of it."""
    connection = http.client.HTTPConnection(address, timeout=60)
    index = json.loads((layout / "index.json").read_text())
    for descriptor in index["manifests"]:
        repository, _, tag = descriptor["annotations"][NAME].rpartition(":")
        _push_manifest(connection, layout, repository, tag, descriptor)


def _push_manifest(connection: Any, layout: Path, repository: str, tag: str, descriptor: dict[str, Any]) -> None:
    content = _blob(layout, descriptor["digest"]).read_bytes()
    manifest = json.loads(content)
    for inner in manifest.get("manifests", ()):
        _push_manifest(connection, layout, repository, inner["digest"], inner)
    for blob in [*filter(None, [manifest.get("config")]), *manifest.get("layers", ())]:
        _push_blob(connection, layout, repository, blob["digest"])
    headers = {"Content-Type": descriptor["mediaType"]}
    _ask(connection, "PUT", f"/v2/{repository}/manifests/{tag}", 201, content, headers)


def _push_blob(connection: Any, layout: Path, repository: str, digest: str) -> None:
    if _ask(connection, "HEAD", f"/v2/{repository}/blobs/{digest}", None).status == 200:
        return
    path = _blob(layout, digest)
    with path.open("rb") as content:
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(path.stat().st_size)}
        _ask(connection, "POST", f"/v2/{repository}/blobs/uploads/?digest={digest}", 201, content, headers)


def _ask(connection: Any, method: str, path: str, wanted: int | None, body: Any = None, headers: Any = None) -> Any:
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    said = answer.read()
    if wanted is not None and answer.status != wanted:
        sys.exit(f"{method} {path}: {answer.status} {said[:300]!r}")
    return answer


def _blob(layout: Path, digest: str) -> Path:
    return layout / "blobs" / "sha256" / digest.removeprefix("sha256:")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
