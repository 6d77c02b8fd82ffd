"""Artefacts: files that a source keeps in a registry, as layers of one OCI artefact, read by the registry client.

A layer is found by its title, as ``oras push`` writes it; the only layer of an artefact counts whatever its title is.
What is read goes to a file, and is checked against its digest and size on the way. The digest tells whether it is the
known version.
Source: the OCI image specification, ``org.opencontainers.image.title``.
"""

from __future__ import annotations

from typing import IO

from webhook.clients.osv.options import SourceRule
from webhook.clients.osv.signing import unsigned
from webhook.clients.registry.artifactsignatures import ArtifactSignatures
from webhook.clients.registry.calls import Budget
from webhook.clients.registry.client import RegistryClient
from webhook.clients.registry.locations import Locations
from webhook.clients.registry.manifests import Descriptor
from webhook.errors import Final, InvalidInput, TooMuchAttached, UnusableAnswer
from webhook.model.deadlines import Deadline
from webhook.model.images import parse_image
from webhook.ports import Clock

_TITLE = "org.opencontainers.image.title"
_SECONDS = 3600.0
_REQUESTS = 300


class ArtifactFeed:
    """The files of one source; as :class:`webhook.clients.feeds.Feed`.

    Args:
        rule: which one; its location names an artefact.
        client: reads from registries; its largest blob is the largest file.
        locations: where registries are, and how they are reached.
        clock: time.
        signatures: where a key has to have signed the artefact.

    Attributes:
        signed: the digest of the manifest that was found to be signed last; empty before.
    """

    def __init__(
        self,
        rule: SourceRule,
        client: RegistryClient,
        locations: Locations,
        clock: Clock,
        signatures: ArtifactSignatures | None = None,
    ) -> None:
        self._rule, self._client, self._clock, self._signatures = rule, client, clock, signatures
        self.signed = ""
        self._image = parse_image(rule.artifact)
        self._repository = locations.image(self._image)

    def url(self, *path: str) -> str:
        """The title of a file."""
        return "/".join(path)

    def check(self, url: str, what: str) -> None:
        """Look whether a file is there, without reading it.

        Raises:
            SourceError: it is not.
        """
        self._layer(url, what, self._budget())

    def download(self, url: str, what: str, known: str, into: IO[bytes]) -> str | None:
        """Write a file, unless it is the known version of it.

        Args:
            url: its title.
            what: it holds, for people.
            known: the tag of the version that is known, which is its digest here; empty for none.
            into: where to.

        Returns:
            The digest of this version; None when it is the known one.

        Raises:
            SourceError: there is none, it is too large, was cut off, or is not what its digest says.
        """
        budget = self._budget()
        layer = self._layer(url, what, budget)
        if layer.digest == known:
            return None
        try:
            self._client.blob_into(self._repository, layer, budget, into)
        except (InvalidInput, TooMuchAttached) as problem:
            raise Final(problem.message, remedy="Raise maxMegabytes of the source.") from problem
        except UnusableAnswer as problem:
            # The client speaks of attachments of images.
            raise Final(
                problem.message, remedy=f"Push {self._rule.artifact} again, and check any mirror or proxy on the way."
            ) from problem
        return layer.digest

    def _budget(self) -> Budget:
        return Budget(Deadline(self._clock.monotonic() + _SECONDS), _REQUESTS, self._rule.max_bytes + 1)

    def _layer(self, title: str, what: str, budget: Budget) -> Descriptor:
        reference = self._image.digest or self._image.tag or ""
        fetched = self._client.manifest(self._repository, reference, budget)
        if fetched is None:
            raise Final(
                f"There is no {self._rule.artifact}.", remedy=f"Push it, and check location of {self._rule.name}."
            )
        if self._signatures is not None:
            if not self._signatures.is_signed(self._repository, fetched.digest, budget):
                raise unsigned(f"{self._rule.artifact} ({fetched.digest})", "is not signed", self._signatures.key)
            self.signed = fetched.digest
        layers = fetched.manifest.layers or []
        found = [layer for layer in layers if layer.annotation(_TITLE) == title] or (layers if len(layers) == 1 else [])
        if len(found) != 1:
            titles = ", ".join(layer.annotation(_TITLE) or "?" for layer in layers[:10])
            raise Final(
                f"{self._rule.artifact} has {what} {'twice' if found else 'not'}: its files are {titles or 'none'}.",
                remedy=f"Push the artefact with one file of the title {title}.",
            )
        return found[0]
