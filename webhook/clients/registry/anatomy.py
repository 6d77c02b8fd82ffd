"""The anatomy of an image: from the manifest that a digest names to everything whose SBOM is its SBOM.

Sources: the OCI image specification (image index), and BuildKit's attestation storage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webhook.clients.registry.manifests import Descriptor, Manifest, parse_digest_or_none
from webhook.model.images import Digest

_REFERENCE_TYPE = "vnd.docker.reference.type"
_REFERENCE_DIGEST = "vnd.docker.reference.digest"
_UNKNOWN = "unknown"
# Some tools state an image's type in the index, too; anything else there is an artefact.
_IMAGE_TYPES = frozenset(["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"])


@dataclass(frozen=True, slots=True)
class Subject:
    """A manifest that an SBOM may describe.

    Attributes:
        digest: of the manifest.
        role: ``image``, ``index``, or a platform such as ``linux/amd64``.
    """

    digest: Digest
    role: str


@dataclass(frozen=True, slots=True)
class Anatomy:
    """What an image consists of.

    Attributes:
        subjects: the manifests of the wanted platforms and then the index, or the one manifest.
        attestations: BuildKit's attestation manifests, with the digest of the platform manifest that each is about.
        remark: what people should know of the choice of platforms; empty when it is as configured.
    """

    subjects: tuple[Subject, ...]
    attestations: tuple[tuple[Digest, Descriptor], ...] = ()
    remark: str = ""

    @property
    def is_index(self) -> bool:
        """Whether the image has platforms."""
        return self.subjects[-1].role == "index"


def anatomy(digest: Digest, manifest: Manifest, platforms: Sequence[str]) -> Anatomy:
    """Take an image apart.

    Args:
        digest: of the manifest.
        manifest: what the digest names.
        platforms: the wanted ones, ``os/architecture`` with or without ``/variant``; when an index has none of them,
            all that it has are taken, because one of them is what would run.
    """
    if manifest.manifests is None:
        return Anatomy((Subject(digest, "image"),))
    entries = [(found, entry) for entry in manifest.manifests if (found := parse_digest_or_none(entry.digest))]
    images = [(found, entry) for found, entry in entries if _is_image(entry)]
    wanted = [
        Subject(found, str(entry.platform or "no platform"))
        for found, entry in images
        if entry.platform is None or any(_matches(platform, str(entry.platform)) for platform in platforms)
    ]
    remark = ""
    if not wanted:
        wanted = [Subject(found, str(entry.platform)) for found, entry in images]
        remark = f"the index has none of the platforms {', '.join(platforms)}; all of its own are looked at"
    attestations = [
        (about, entry)
        for _, entry in entries
        if entry.annotation(_REFERENCE_TYPE) == "attestation-manifest"
        and (about := parse_digest_or_none(entry.annotation(_REFERENCE_DIGEST)))
    ]
    return Anatomy((*wanted, Subject(digest, "index")), tuple(attestations), remark)


def _is_image(entry: Descriptor) -> bool:
    if entry.annotation(_REFERENCE_TYPE) or (entry.artifact_type and entry.artifact_type not in _IMAGE_TYPES):
        return False
    return entry.platform is None or _UNKNOWN not in (entry.platform.os, entry.platform.architecture)


def _matches(wanted: str, found: str) -> bool:
    return found == wanted or found.startswith(f"{wanted}/")
