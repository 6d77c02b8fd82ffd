"""The invented images of the demo, what is to become of each, and what a user would apply."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from webhook.model.actions import Action
from webhook.model.images import Digest, ImageRef, parse_image

NAMESPACE = "shop"


@dataclass(frozen=True, slots=True)
class DemoImage:
    """One image.

    Attributes:
        name: of the image and of its Deployment.
        tag: of the image.
        document: the file of its SBOM in the package's data.
        expected: what the recommended assessment types make of it.
        about: what people should know of it.
    """

    name: str
    tag: str
    document: str
    expected: Action
    about: str

    @property
    def digest(self) -> Digest:
        """Made from the name, because there is no image."""
        return Digest(f"sha256:{hashlib.sha256(f'bomgate demo {self.name}'.encode()).hexdigest()}")

    @property
    def tagged(self) -> ImageRef:
        """The image by its tag."""
        return parse_image(f"registry.example/{NAMESPACE}/{self.name}:{self.tag}")

    @property
    def reference(self) -> str:
        """Tag and digest, as a careful manifest names it."""
        return f"{self.tagged.text}@{self.digest}"

    def sbom(self) -> bytes:
        """Its SBOM."""
        return read_data(self.document)

    def manifest(self) -> dict[str, Any]:
        """Its Deployment."""
        labels = {"app": self.name}
        container = {"name": self.name, "image": self.reference}
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": self.name, "namespace": NAMESPACE},
            "spec": {
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            },
        }

    def review(self) -> dict[str, Any]:
        """The AdmissionReview that an API server sends when the Deployment is applied."""
        return {
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "request": {
                "uid": f"demo-{self.name}",
                "kind": {"group": "apps", "version": "v1", "kind": "Deployment"},
                "resource": {"group": "apps", "version": "v1", "resource": "deployments"},
                "name": self.name,
                "namespace": NAMESPACE,
                "operation": "CREATE",
                "userInfo": {"username": "demo", "groups": ["system:authenticated"]},
                "object": self.manifest(),
                "dryRun": False,
            },
        }


IMAGES = (
    DemoImage(
        "orders", "2.3.1", "orders.cdx.json", Action.DENY, "a Java service with log4j-core 2.14.1 and an old libcurl4"
    ),
    DemoImage("storefront", "5.0.2", "storefront.spdx.json", Action.WARN, "a Node.js service with two older packages"),
    DemoImage("gateway", "1.0.7", "gateway.cdx.json", Action.ALLOW, "a Python service without known flaws"),
)

ADVISORY = "DEBIAN-CVE-2023-38545.json"
"""An advisory about curl, in our own words."""


def read_data(name: str) -> bytes:
    """A file that is shipped with the package."""
    return (files("webhook.cli.demo.data") / name).read_bytes()
