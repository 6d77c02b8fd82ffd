"""Snapshots of the hub in a registry: an OCI artefact with one layer, as ``oras push`` makes it.

The registry is not trusted: what is pulled is verified like any other document.
Source: the OCI image specification 1.1, guidance for artefacts.
"""

from __future__ import annotations

import json
import tempfile

from webhook.clients.registry.calls import Budget
from webhook.clients.registry.client import RegistryClient
from webhook.clients.registry.locations import Locations
from webhook.clients.registry.manifests import EMPTY, OCI_MANIFEST
from webhook.errors import Final, InvalidInput, TooMuchAttached
from webhook.model.deadlines import Deadline
from webhook.model.images import parse_image
from webhook.ports import Clock

ARTIFACT = "application/vnd.bomgate.fleet.v1"
MOST_BYTES = 1024 * 1024 * 1024
_TITLE = "org.opencontainers.image.title"
_NOTHING = b"{}"
_SECONDS = 3600.0
_REQUESTS = 50


class FleetArtifact:
    """A snapshot in a registry.

    Args:
        name: of the artefact, such as ``registry.corp/bomgate/fleet:latest``.
        client: with the credentials of somebody who may pull, or push; its largest blob is the largest snapshot.
        locations: where registries are, and how they are reached.
        clock: time.

    Raises:
        InvalidInput: the name cannot be read.
    """

    def __init__(self, name: str, client: RegistryClient, locations: Locations, clock: Clock) -> None:
        self._image = parse_image(name)
        self._client, self._repository, self._clock = client, locations.image(self._image), clock

    def push(self, document: bytes) -> str:
        """Push a document; where it is then.

        Raises:
            SourceError: the registry did not answer, or refused to.
        """
        client, repository, budget = self._client, self._repository, self._budget()
        config = {"mediaType": EMPTY, "digest": client.push_blob(repository, _NOTHING, budget), "size": len(_NOTHING)}
        layer = {
            "mediaType": ARTIFACT,
            "digest": client.push_blob(repository, document, budget),
            "size": len(document),
            "annotations": {_TITLE: "fleet.bomgate"},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "artifactType": ARTIFACT,
            "config": config,
            "layers": [layer],
        }
        tag = self._image.tag or "latest"
        digest, _ = client.push_manifest(repository, tag, json.dumps(manifest).encode(), OCI_MANIFEST, budget)
        return f"{repository.name}:{tag}@{digest}"

    def pull(self) -> bytes:
        """Pull the document; nothing is verified yet.

        Raises:
            SourceError: there is none, it is too large, or the registry did not answer.
        """
        budget = self._budget()
        fetched = self._client.manifest(self._repository, self._image.digest or self._image.tag or "latest", budget)
        layers = [] if fetched is None else fetched.manifest.layers or []
        if len(layers) != 1:
            raise Final(
                f"There is no snapshot of a hub at {self._image.text}.",
                remedy="Push it with `bomgate fleet export oci:…`.",
            )
        with tempfile.TemporaryFile() as file:
            try:
                self._client.blob_into(self._repository, layers[0], budget, file)
            except (InvalidInput, TooMuchAttached) as problem:
                raise Final(problem.message, remedy="Check that it is a snapshot of the hub.") from problem
            file.seek(0)
            return file.read()

    def _budget(self) -> Budget:
        return Budget(Deadline(self._clock.monotonic() + _SECONDS), _REQUESTS, MOST_BYTES + 1)
