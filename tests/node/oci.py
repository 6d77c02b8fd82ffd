"""Writing images, and documents attached to them, into an OCI image layout (image-spec v1.1, image-layout.md)."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.node.push import NAME

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
CYCLONEDX = "application/vnd.cyclonedx+json"
_EMPTY = "application/vnd.oci.empty.v1+json"
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}

Descriptor = dict[str, Any]


def architecture() -> str:
    """This machine's, as images call it."""
    machine = os.uname().machine
    return _MACHINES.get(machine, machine)


class Layout:
    """A layout that is written; call :meth:`close` at the end.

    Args:
        folder: made by this; large files get into it as links.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._blobs = folder / "blobs" / "sha256"
        self._blobs.mkdir(parents=True)
        self._index: list[Descriptor] = []

    def close(self) -> None:
        """Write the index."""
        (self.folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": self._index}
        (self.folder / "index.json").write_text(json.dumps(index))

    def put(self, content: bytes | Path, media_type: str) -> Descriptor:
        """Add a blob; its descriptor."""
        if isinstance(content, Path):
            with content.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            size = content.stat().st_size
            if not (self._blobs / found).exists():
                (self._blobs / found).symlink_to(content.resolve())
        else:
            found, size = hashlib.sha256(content).hexdigest(), len(content)
            (self._blobs / found).write_bytes(content)
        return {"mediaType": media_type, "digest": f"sha256:{found}", "size": size}

    def image(self, name: str, layers: Iterable[Path], config: Mapping[str, Any]) -> str:
        """Add an image; its digest.

        Args:
            name: ``repository:tag``.
            layers: tar files.
            config: the ``config`` object of the image's configuration, such as ``Entrypoint``.
        """
        blobs = [self.put(layer, LAYER) for layer in layers]
        whole = {
            "architecture": architecture(),
            "os": "linux",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [blob["digest"] for blob in blobs]},
            "history": [{"created_by": name} for _ in blobs],  # buildah keeps layers only of what has one
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.put(_json(whole), CONFIG),
            "layers": blobs,
        }
        return self._name(name, self.put(_json(manifest), MANIFEST))

    def include(self, name: str, other: Path) -> str:
        """Add the only image of another layout; its digest."""
        for blob in (other / "blobs" / "sha256").iterdir():
            if not (link := self._blobs / blob.name).exists():
                link.symlink_to(blob.resolve())
        descriptor = json.loads((other / "index.json").read_text())["manifests"][0]
        return self._name(name, {key: descriptor[key] for key in ("mediaType", "digest", "size")})

    def attach(self, repository: str, image: str, sbom: bytes) -> None:
        """Attach an SBOM as for registries without the referrers API (distribution-spec v1.1, referrers tag)."""
        subject = next(entry for entry in self._index if entry["digest"] == image)
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": CYCLONEDX,
            "config": self.put(b"{}", _EMPTY),
            "layers": [self.put(sbom, CYCLONEDX)],
            "subject": {key: subject[key] for key in ("mediaType", "digest", "size")},
        }
        referrer = {**self.put(_json(manifest), MANIFEST), "artifactType": CYCLONEDX}
        listed = self.put(_json({"schemaVersion": 2, "mediaType": INDEX, "manifests": [referrer]}), INDEX)
        self._name(f"{repository}:{image.replace(':', '-')}", listed)

    def _name(self, name: str, descriptor: Descriptor) -> str:
        self._index.append({**descriptor, "annotations": {NAME: name}})
        return str(descriptor["digest"])


def _json(content: Any) -> bytes:
    return json.dumps(content, sort_keys=True).encode()
