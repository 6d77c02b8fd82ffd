"""The anatomy of an image: from the manifest that a digest names to everything whose SBOM is its SBOM.

Sources: the OCI image specification (image index), and BuildKit's attestation storage.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cachetools import LRUCache

from webhook.clients.registry.calls import Budget
from webhook.clients.registry.client import RegistryClient
from webhook.clients.registry.locations import Repository
from webhook.clients.registry.manifests import (
    INDEX_TYPES,
    Descriptor,
    Manifest,
    Platform,
    parse_digest_or_none,
    plain_type,
)
from webhook.errors import Final
from webhook.model.images import Digest
from webhook.model.platforms import ANY_PLATFORM, is_wanted, numbered

_REMEMBERED = 1000
_MAX_INNER, _MAX_INNER_LEVELS = 16, 4
"""Indexes inside the index of one image, and how deep they are inside each other."""
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
        entries: the entries of the index that it stands for, by their names in ``Coverage``; empty for all of them.
    """

    digest: Digest
    role: str
    entries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Anatomy:
    """What an image consists of.

    Attributes:
        subjects: the manifests of the wanted platforms and then the index, or the one manifest.
        attestations: BuildKit's attestation manifests, with the digest of the platform manifest that each is about.
        remark: what people should know of the choice of platforms; empty when it is as configured.
        platforms: every entry of the index, by its name in ``Coverage``.
    """

    subjects: tuple[Subject, ...]
    attestations: tuple[tuple[Digest, Descriptor], ...] = ()
    remark: str = ""
    platforms: tuple[str, ...] = ()

    @property
    def is_index(self) -> bool:
        """Whether the image has platforms."""
        return self.subjects[-1].role == "index"


def anatomy(
    digest: Digest, manifest: Manifest, platforms: Sequence[str], inner: Mapping[Digest, Manifest] | None = None
) -> Anatomy:
    """Take an image apart.

    Args:
        digest: of the manifest.
        manifest: what the digest names.
        platforms: the wanted ones, ``os/architecture`` with or without ``/variant``; when an index has none of them,
            all that it has are taken, because one of them is what would run.
        inner: the indexes inside the index, see :func:`inner_indexes`.
    """
    if manifest.manifests is None:
        return Anatomy((Subject(digest, "image"),))
    parts = _Parts(inner or {})
    parts.take(manifest, None)
    images = list(dict.fromkeys(parts.images))
    names = numbered(platform for _, platform in images)
    entries = [Subject(item, platform, (name,)) for (item, platform), name in zip(images, names, strict=True)]
    wanted = [subject for subject in entries if is_wanted(subject.role, platforms)]
    remark = ""
    if not wanted:
        wanted = entries
        remark = f"the index has none of the platforms {', '.join(platforms)}; all of its platforms count"
    indexes = []
    for index, held in parts.indexes.items():
        inside = tuple(name for image, name in zip(images, names, strict=True) if image in held)
        if inside:
            indexes.append(Subject(index, "index", inside))
    subjects = (*wanted, *indexes, Subject(digest, "index"))
    return Anatomy(subjects, tuple(parts.attestations), remark, tuple(names))


def inner_indexes(manifest: Manifest) -> list[Digest]:
    """The indexes that an index lists; a node looks for its platform in them, too."""
    listed = ((parse_digest_or_none(entry.digest), entry) for entry in manifest.manifests or ())
    return list(dict.fromkeys(found for found, entry in listed if found is not None and _is_index(entry)))


class _Parts:
    """Walks an index and those inside it.

    Args:
        inner: these, by digest.

    Attributes:
        images: manifests with their platforms.
        attestations: see :class:`Anatomy`.
        indexes: which images each of the inner ones holds.
    """

    def __init__(self, inner: Mapping[Digest, Manifest]) -> None:
        self._inner = inner
        self.images: list[tuple[Digest, str]] = []
        self.attestations: list[tuple[Digest, Descriptor]] = []
        self.indexes: dict[Digest, frozenset[tuple[Digest, str]]] = {}

    def take(self, manifest: Manifest, platform: Platform | None) -> None:
        """Add the entries of an index whose own entry states a platform, or none."""
        for entry in manifest.manifests or ():
            found = parse_digest_or_none(entry.digest)
            if found is None:
                continue
            about = parse_digest_or_none(entry.annotation(_REFERENCE_DIGEST))
            if entry.annotation(_REFERENCE_TYPE) == "attestation-manifest" and about is not None:
                self.attestations.append((about, entry))
            stated = entry.platform or platform
            if found in self._inner and _is_index(entry):
                if found not in self.indexes:
                    self.indexes[found] = frozenset()
                    before = len(self.images)
                    self.take(self._inner[found], stated)
                    self.indexes[found] = frozenset(self.images[before:])
            elif _is_image(entry):
                self.images.append((found, str(stated or ANY_PLATFORM) or ANY_PLATFORM))


def _is_index(entry: Descriptor) -> bool:
    return plain_type(entry.media_type) in INDEX_TYPES


def _is_image(entry: Descriptor) -> bool:
    """Whether a node may run it. A platform decides that and no annotation does, because a node heeds none."""
    if entry.platform is not None and (entry.platform.os or entry.platform.architecture):
        return _UNKNOWN not in (entry.platform.os, entry.platform.architecture)
    return not (entry.annotation(_REFERENCE_TYPE) or (entry.artifact_type and entry.artifact_type not in _IMAGE_TYPES))


class Anatomies:
    """Reads what images consist of; safe to use from several threads.

    Args:
        client: reads from registries.
        platforms: which platforms of an index count, asked for each image.
    """

    def __init__(self, client: RegistryClient, platforms: Callable[[], tuple[str, ...]]) -> None:
        self._client, self._platforms = client, platforms
        self._known = LRUCache[tuple[str, Digest, tuple[str, ...]], Anatomy](_REMEMBERED)
        self._lock = threading.Lock()

    def of(self, repository: Repository, digest: Digest, budget: Budget) -> Anatomy:
        """The anatomy of an image.

        Args:
            repository: where the image is.
            digest: of its manifest or index.
            budget: what the search may still cost.

        Raises:
            SourceError: the registry did not answer, refused to, or has no such image.
        """
        platforms = self._platforms()
        key = (repository.name, digest, platforms)
        with self._lock:
            known = self._known.get(key)
        if known is not None:
            return known
        fetched = self._client.manifest(repository, digest, budget)
        if fetched is None:
            raise Final(
                f"{repository.name} has no image {digest.short} (404).",
                remedy="Check the image's name, and where registries rewrites it to.",
            )
        found = anatomy(digest, fetched.manifest, platforms, self._inner(repository, fetched.manifest, budget))
        with self._lock:
            self._known[key] = found
        return found

    def _inner(self, repository: Repository, manifest: Manifest, budget: Budget) -> dict[Digest, Manifest]:
        """The indexes inside an index, and inside those."""
        inner: dict[Digest, Manifest] = {}
        level = inner_indexes(manifest)
        for _ in range(_MAX_INNER_LEVELS):
            following: list[Digest] = []
            for digest in level:
                if digest in inner:
                    continue
                if len(inner) >= _MAX_INNER:
                    raise Final(f"{repository.name} has an index with more than {_MAX_INNER} indexes in it.")
                fetched = self._client.manifest(repository, digest, budget)
                if fetched is None:
                    raise Final(f"{repository.name} lists the index {digest.short}, which the registry does not have.")
                inner[digest] = fetched.manifest
                following += inner_indexes(fetched.manifest)
            level = [digest for digest in following if digest not in inner]
            if not level:
                return inner
        raise Final(f"{repository.name} nests indexes more than {_MAX_INNER_LEVELS} levels deep.")
