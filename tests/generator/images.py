"""Images with packages in them, as small as Syft finds something in."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile

from tests.registries import images
from tests.registries.layouts import Layout
from webhook.model.images import Digest

RELEASE = b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12"\n'
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def debian(*packages: str) -> dict[str, bytes]:
    """The files of a Debian system with these packages."""
    entries = [
        f"Package: {name}\nStatus: install ok installed\nVersion: 1.0-{name}\nArchitecture: amd64\n"
        for name in packages
    ]
    return {"etc/os-release": RELEASE, "var/lib/dpkg/status": "\n".join(entries).encode()}


def node(*packages: str) -> dict[str, bytes]:
    """The files of some installed Node packages."""
    return {
        f"app/node_modules/{name}/package.json": json.dumps({"name": name, "version": "1.2.3"}).encode()
        for name in packages
    }


class Images:
    """A registry's repository ``team/app``.

    Args:
        host: of the registry.
        credentials: user name and password, if it wants some.
    """

    path = "team/app"

    def __init__(self, host: str, credentials: tuple[str, str] | None = None) -> None:
        self.host, self.credentials = host, credentials
        self._layout = Layout()

    def image(self, files: dict[str, bytes], architecture: str = "amd64") -> Digest:
        """Push an image of one layer."""
        return self.push(self._image(gzip.compress(packed(files), 1), sha256(packed(files)), architecture))

    def zeros(self, mebibytes: int) -> Digest:
        """Push an image with a file of so many zeros, which is small while it is compressed."""
        raw = packed({"zeros": bytes(mebibytes * 1024 * 1024)})
        return self.push(self._image(gzip.compress(raw, 9), sha256(raw), "amd64"))

    def index(self, **platforms: Digest) -> Digest:
        """Push an index: architecture → image."""
        return self.push(images.index(self._layout, {f"linux/{text}": digest for text, digest in platforms.items()}))

    def push(self, digest: str) -> Digest:
        headers = {}
        if self.credentials:
            pair = base64.b64encode(":".join(self.credentials).encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        self._layout.push(f"http://{self.host}/v2/{self.path}", headers)
        return Digest(digest)

    def _image(self, layer: bytes, unpacked: str, architecture: str) -> str:
        layout = self._layout
        root = {"type": "layers", "diff_ids": [unpacked]}
        config = {"architecture": architecture, "os": "linux", "config": {}, "rootfs": root}
        content = {
            "schemaVersion": 2,
            "mediaType": images.OCI_MANIFEST,
            "config": layout.descriptor(layout.blob(json.dumps(config).encode()), images.OCI_CONFIG),
            "layers": [layout.descriptor(layout.blob(layer), LAYER)],
        }
        return layout.manifest(content)


def packed(files: dict[str, bytes]) -> bytes:
    """A tar of files; equal files give equal bytes."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return content.getvalue()


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
