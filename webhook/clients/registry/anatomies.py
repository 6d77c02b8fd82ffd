"""Anatomies of images, read from a registry once and kept in memory: the manifests behind a digest never change."""

from __future__ import annotations

import threading
from collections.abc import Callable

from cachetools import LRUCache

from webhook.clients.registry.anatomy import Anatomy, anatomy, inner_indexes
from webhook.clients.registry.calls import Budget
from webhook.clients.registry.client import RegistryClient
from webhook.clients.registry.locations import Repository
from webhook.clients.registry.manifests import Manifest
from webhook.errors import Final
from webhook.model.images import Digest

_REMEMBERED = 1000
_MAX_INNER, _MAX_INNER_LEVELS = 16, 4
"""Indexes inside the index of one image, and how deep they are inside each other."""


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
