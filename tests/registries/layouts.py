"""OCI layouts (OCI image layout specification): what a repository holds, in a folder, and back into a registry."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import requests

TAG = "org.opencontainers.image.ref.name"
ACCEPT = ", ".join(
    [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ]
)
TIMEOUT = 20


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


class Layout:
    """A layout in memory: blobs by digest, manifests in the order in which they can be pushed, tags."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[str, str] = {}  # digest → media type
        self.tags: dict[str, str] = {}

    def blob(self, data: bytes) -> str:
        digest = sha256(data)
        self.blobs[digest] = data
        return digest

    def manifest(self, content: dict | bytes, *tags: str) -> str:
        data = content if isinstance(content, bytes) else json.dumps(content, indent=1).encode()
        digest = self.blob(data)
        self.manifests[digest] = json.loads(data)["mediaType"]
        self.tags.update(dict.fromkeys(tags, digest))
        return digest

    def descriptor(self, digest: str, media_type: str = "", **more) -> dict:
        size = len(self.blobs[digest])
        return {"mediaType": media_type or self.manifests[digest], "digest": digest, "size": size, **more}

    def save(self, folder: Path) -> None:
        """Write the layout; every file is of one line's width or a recorded blob."""
        (folder / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)
        for digest, data in self.blobs.items():
            (folder / "blobs" / "sha256" / digest.removeprefix("sha256:")).write_bytes(data)
        names = {digest: [tag for tag, target in self.tags.items() if target == digest] for digest in self.manifests}
        entries = [
            self.descriptor(digest, **({"annotations": {TAG: tag}} if tag else {}))
            for digest, tags in names.items()
            for tag in (tags or [""])
        ]
        index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": entries}
        (folder / "index.json").write_text(json.dumps(index, indent=1) + "\n")
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}\n')

    @classmethod
    def load(cls, folder: Path) -> Layout:
        layout = cls()
        for file in sorted((folder / "blobs" / "sha256").iterdir()):
            layout.blobs[f"sha256:{file.name}"] = file.read_bytes()
        for entry in json.loads((folder / "index.json").read_text())["manifests"]:
            layout.manifests[entry["digest"]] = entry["mediaType"]
            tag = entry.get("annotations", {}).get(TAG)
            if tag:
                layout.tags[tag] = entry["digest"]
        return layout

    @classmethod
    def pull(cls, base: str) -> Layout:
        """Everything that a repository holds: what its tags point at, what that refers to, and what refers to it.

        Args:
            base: ``http://host:port/v2/repository``.
        """
        layout = cls()
        tags = requests.get(f"{base}/tags/list", timeout=TIMEOUT).json()["tags"]
        for tag in sorted(tags):
            layout.tags[tag] = layout._pull(base, tag)
        return layout

    def _pull(self, base: str, reference: str) -> str:
        answer = requests.get(f"{base}/manifests/{reference}", headers={"Accept": ACCEPT}, timeout=TIMEOUT)
        answer.raise_for_status()
        digest = sha256(answer.content)
        if digest in self.manifests:
            return digest
        content = answer.json()
        for child in content.get("manifests", []):
            self._pull(base, child["digest"])
        for part in [content.get("config"), *content.get("layers", [])]:
            if part is not None:
                self.blob(requests.get(f"{base}/blobs/{part['digest']}", timeout=TIMEOUT).content)
        self.blob(answer.content)
        self.manifests[digest] = answer.headers["Content-Type"]
        listed = requests.get(f"{base}/referrers/{digest}", timeout=TIMEOUT)
        for child in listed.json()["manifests"] if listed.status_code == 200 else []:
            self._pull(base, child["digest"])
        return digest

    def push(self, base: str, headers: dict[str, str] | None = None) -> None:
        """Put everything into a repository, ``http://host:port/v2/repository``."""
        with requests.Session() as session:
            session.headers.update(headers or {})
            for digest, data in self.blobs.items():
                if digest not in self.manifests:
                    self._push_blob(session, base, digest, data)
            for digest, media_type in self.manifests.items():
                for reference in [digest, *(tag for tag, target in self.tags.items() if target == digest)]:
                    answer = session.put(
                        f"{base}/manifests/{reference}",
                        data=self.blobs[digest],
                        headers={"Content-Type": media_type},
                        timeout=TIMEOUT,
                    )
                    answer.raise_for_status()

    def _push_blob(self, session: requests.Session, base: str, digest: str, data: bytes) -> None:
        started = session.post(f"{base}/blobs/uploads/", timeout=TIMEOUT)
        started.raise_for_status()
        place = requests.compat.urljoin(f"{base}/", started.headers["Location"])
        mark = "&" if "?" in place else "?"
        done = session.put(
            f"{place}{mark}digest={digest}",
            data=data,
            headers={"Content-Type": "application/octet-stream"},
            timeout=TIMEOUT,
        )
        done.raise_for_status()
