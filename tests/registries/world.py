"""An image with one SBOM that refers to it, served by the lying server; tests then replace single answers by lies."""

from __future__ import annotations

import json

from tests.registries import images
from tests.registries.kit import Kit, purls
from tests.registries.layouts import Layout
from tests.registries.lying import Answer

LIST = {"Content-Type": images.OCI_INDEX}
FOUND = {"pkg:npm/left-pad@1.3.0"}
"""What the SBOM lists."""


class World:
    """An image with one SBOM that refers to it, served by the lying server.

    Attributes:
        read: the paths that a search reads.
        list: path of the list of attachments.
        blob: path of the SBOM's bytes.
    """

    def __init__(self, server, kit) -> None:
        self.server, self.kit, self.layout = server, kit(server.host), Layout()
        self.digest = images.image(self.layout, "1")
        self.document = images.cyclonedx("pkg:npm/left-pad@1.3.0")
        self.attached = images.attached(self.layout, self.digest, self.document)
        server.hold(self.layout, "app")
        self.list = f"/v2/app/referrers/{self.digest}"
        self.manifest = f"/v2/app/manifests/{self.attached}"
        self.blob = f"/v2/app/blobs/{json.loads(self.layout.blobs[self.attached])['layers'][0]['digest']}"
        server.on(self.list, Answer(body=images.listed(self.layout, self.attached), headers=LIST))
        self.name = f"{server.host}/app"
        self.read = (f"/v2/app/manifests/{self.digest}", self.list, self.manifest, self.blob)

    def fetch(self, source: str = "referrers", seconds: float = 30, kit: Kit | None = None) -> set[str]:
        return purls((kit or self.kit).fetch(source, f"{self.name}@{self.digest}", seconds=seconds))
