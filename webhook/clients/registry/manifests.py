"""Manifests and indexes: bytes → the few fields that count, and which media types mean what.

Sources: the OCI image specification (manifest, image index, descriptor), the Docker image manifest specification
(version 2, schema 2), cosign's SBOM and attestation specifications, BuildKit's attestation storage, Sigstore's bundles.
"""

from __future__ import annotations

import msgspec

from webhook.errors import InvalidInput, UnusableAnswer
from webhook.model.images import Digest, parse_digest
from webhook.model.jsonkeys import refuse_misread

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEX_TYPES = frozenset([OCI_INDEX, DOCKER_LIST])
ACCEPT = ", ".join((OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST))
"""All types at once: a registry answers 404 when the type that it holds is not asked for."""
OLD_TYPES = frozenset(f"application/vnd.docker.distribution.manifest.v1+{kind}" for kind in ("json", "prettyjws"))
"""Docker's schema 1, which is refused."""

IN_TOTO = "application/vnd.in-toto+json"
DSSE = "application/vnd.dsse.envelope.v1+json"
COSIGN_SBOM = "application/vnd.dev.cosign.artifact.sbom.v1+json"
_BUNDLE = "application/vnd.dev.sigstore.bundle"
_SBOM_TYPES = frozenset(
    [
        "application/vnd.cyclonedx",
        "application/vnd.cyclonedx+json",
        "application/vnd.cyclonedx+xml",
        "application/spdx",
        "application/spdx+json",
        "application/spdx+xml",
        "text/spdx",
        "text/spdx+json",
        "text/spdx+xml",
        "application/vnd.syft+json",
    ]
)
EMPTY = "application/vnd.oci.empty.v1+json"


class Platform(msgspec.Struct, frozen=True):
    """What an entry of an index runs on."""

    os: str = ""
    architecture: str = ""
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


class Descriptor(msgspec.Struct, frozen=True, rename="camel"):
    """What a manifest or an index says about something that it refers to."""

    digest: str
    media_type: str = ""
    size: int = -1
    artifact_type: str | None = None
    annotations: dict[str, str] | None = None
    platform: Platform | None = None

    def annotation(self, key: str) -> str:
        """One annotation; empty when there is none."""
        return (self.annotations or {}).get(key, "")


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """An image manifest or an index; an index has ``manifests``."""

    schema_version: int = 0
    media_type: str = ""
    artifact_type: str | None = None
    config: Descriptor | None = None
    layers: list[Descriptor] | None = None
    manifests: list[Descriptor] | None = None
    subject: Descriptor | None = None
    annotations: dict[str, str] | None = None

    @property
    def kind(self) -> str:
        """What the artefact is: ``artifactType``, or else the media type of its configuration."""
        if self.artifact_type and plain_type(self.artifact_type) != EMPTY:
            return self.artifact_type
        return self.config.media_type if self.config is not None else ""


class _List(msgspec.Struct):
    manifests: msgspec.Raw = msgspec.Raw()


_decoder = msgspec.json.Decoder(Manifest)
_lists = msgspec.json.Decoder(_List)


def read_manifest(body: bytes, where: str) -> Manifest:
    """Read a manifest or an index.

    Args:
        body: the bytes, already checked against their digest.
        where: the reference, for errors.

    Raises:
        UnusableAnswer: it is damaged, of Docker's schema 1, or of a kind that a node would read in another way.
    """
    try:
        manifest = _decoder.decode(body)
        refuse_misread(body, Manifest, f"The manifest {where}")
    except InvalidInput as problem:
        raise UnusableAnswer(problem.message, remedy=problem.remedy) from problem
    except (ValueError, RecursionError) as problem:
        raise UnusableAnswer(
            f"The manifest {where} cannot be read: {str(problem)[:150]}",
            remedy="Look at it with `crane manifest`; push the image or the attachment again.",
        ) from problem
    if manifest.schema_version == 1:
        raise UnusableAnswer(
            f"{where} is in Docker's old format (schema 1), which has neither SBOMs nor stable digests.",
            remedy="Push the image again with a tool of this decade, such as docker, buildah or crane.",
        )
    if manifest.manifests is not None and (manifest.layers is not None or manifest.config is not None):
        raise UnusableAnswer(
            f"{where} is an image manifest and an index at once, so that its readers would not agree on what it is.",
            remedy="Push the image again; a correct tool writes one of the two.",
        )
    if manifest.manifests is None and manifest.layers is None:
        raise UnusableAnswer(f"{where} is neither an image manifest nor an index.", remedy="Check the image reference.")
    return manifest


def read_list(body: bytes, where: str) -> tuple[Descriptor, ...] | None:
    """Read a registry's list of what refers to a manifest; None when it is something else.

    Args:
        body: the bytes.
        where: what it is, for errors.

    Raises:
        UnusableAnswer: it is damaged.
    """
    try:
        is_empty = bytes(_lists.decode(body).manifests) == b"null"  # as Go writes a list that was never made
    except (ValueError, RecursionError):
        is_empty = False  # it says so itself, and better, when it is read
    entries = () if is_empty else read_manifest(body, where).manifests
    return None if entries is None else tuple(entries)


def checked_digest(descriptor: Descriptor, where: str) -> Digest:
    """The digest of a descriptor, in the form that is safe to put into an address.

    Raises:
        UnusableAnswer: it is none.
    """
    found = parse_digest_or_none(descriptor.digest)
    if found is None:
        raise UnusableAnswer(f"{where} refers to {descriptor.digest[:100]!r}, which is not a digest.")
    return found


def parse_digest_or_none(text: str) -> Digest | None:
    """A digest, or None when the text is none."""
    try:
        return parse_digest(text)
    except InvalidInput:
        return None


def plain_type(media_type: str) -> str:
    """A media type in lower case and without parameters."""
    return media_type.partition(";")[0].strip().lower()


def is_sbom_type(media_type: str) -> bool:
    """Whether a layer or an artefact of this type is an SBOM as it is."""
    return plain_type(media_type) in _SBOM_TYPES


def is_sbom_artifact(kind: str) -> bool:
    """Whether an artefact of this kind holds SBOMs in its layers, whatever their types are."""
    return is_sbom_type(kind) or plain_type(kind) == COSIGN_SBOM


def is_envelope_type(media_type: str) -> bool:
    """Whether a layer of this type is a DSSE envelope or a Sigstore bundle."""
    plain = plain_type(media_type)
    return plain == DSSE or plain.startswith(_BUNDLE) or plain.endswith("+dsse")
