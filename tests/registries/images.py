"""Images and attachments made by hand, for what no tool makes."""

from __future__ import annotations

import base64
import json

from tests.registries.layouts import Layout

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
IN_TOTO = "application/vnd.in-toto+json"
CYCLONEDX = "application/vnd.cyclonedx+json"
SPDX_PREDICATE = "https://spdx.dev/Document"
CYCLONEDX_PREDICATE = "https://cyclonedx.org/bom"


def cyclonedx(*purls: str) -> dict:
    """A CycloneDX document that lists some purls."""
    components = [{"type": "library", "name": purl.rpartition("/")[2], "purl": purl} for purl in purls]
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components}


def image(layout: Layout, *tags: str, name: str = "app") -> str:
    """An image without layers; another ``name`` gives another digest."""
    config = layout.blob(json.dumps({"architecture": "amd64", "os": "linux", "name": name}).encode())
    content = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": layout.descriptor(config, OCI_CONFIG),
        "layers": [],
    }
    return layout.manifest(content, *tags)


def index(layout: Layout, platforms: dict[str, str], *tags: str, more: tuple[dict, ...] = ()) -> str:
    """An index: ``os/architecture`` → digest, and further entries."""
    entries = []
    for platform, digest in platforms.items():
        system, architecture = platform.split("/")[:2]
        entries.append(layout.descriptor(digest, platform={"os": system, "architecture": architecture}))
    return layout.manifest({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [*entries, *more]}, *tags)


def artifact(layout: Layout, layers: list[tuple], *tags: str, **more) -> str:
    """An artefact: layers as (media type, bytes[, annotations]), and fields such as ``subject``."""
    content = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": layout.descriptor(layout.blob(b"{}"), EMPTY),
        "layers": [
            layout.descriptor(layout.blob(data), kind, annotations=notes[0] if notes else {})
            for kind, data, *notes in layers
        ],
        **more,
    }
    return layout.manifest(content, *tags)


def attached(layout: Layout, subject: str, document: dict, kind: str = CYCLONEDX) -> str:
    """An SBOM that refers to an image, as oras makes it."""
    data = json.dumps(document).encode()
    return artifact(layout, [(kind, data)], artifactType=kind, subject=layout.descriptor(subject))


def listed(layout: Layout, *digests: str) -> bytes:
    """The registry's list of attachments."""
    entries = [layout.descriptor(digest) for digest in digests]
    return json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).encode()


def statement(subject: str, predicate: object, kind: str = CYCLONEDX_PREDICATE) -> bytes:
    """An in-toto statement about an image."""
    content = {
        "_type": "https://in-toto.io/Statement/v0.1",
        "subject": [{"name": "_", "digest": {"sha256": subject.removeprefix("sha256:")}}],
        "predicateType": kind,
        "predicate": predicate,
    }
    return json.dumps(content).encode()


def envelope(payload: bytes, *signatures: bytes) -> bytes:
    """A DSSE envelope around a statement."""
    content = {
        "payloadType": IN_TOTO,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": "", "sig": base64.b64encode(signature).decode()} for signature in signatures],
    }
    return json.dumps(content).encode()


def attestation_entry(layout: Layout, about: str, statements: list[tuple[str, bytes]]) -> dict:
    """BuildKit's attestation manifest for one platform, as an entry of the index.

    Args:
        layout: where it is.
        about: digest of the platform's manifest.
        statements: (predicate type, statement).
    """
    layers = [
        layout.descriptor(layout.blob(data), IN_TOTO, annotations={"in-toto.io/predicate-type": kind})
        for kind, data in statements
    ]
    config = layout.blob(b'{"architecture":"unknown","os":"unknown"}')
    content = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": layout.descriptor(config, OCI_CONFIG),
        "layers": layers,
    }
    notes = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": about}
    unknown = {"os": "unknown", "architecture": "unknown"}
    return layout.descriptor(layout.manifest(content), platform=unknown, annotations=notes)
