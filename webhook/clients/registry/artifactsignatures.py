"""Signatures of artefacts in a registry, as cosign makes them with a key, of the manifest by its digest.

cosign 3 attaches a Sigstore bundle that refers to the manifest, with an in-toto statement about the digest. Before that
it wrote layers behind the tag ``sha256-<hex>.sig``, whose payload names the digest, each with the signature as an
annotation. Sources: cosign's specifications of signatures and bundles.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence

import msgspec

from webhook.clients.registry.calls import Budget
from webhook.clients.registry.client import RegistryClient
from webhook.clients.registry.listings import Listings
from webhook.clients.registry.locations import Repository
from webhook.clients.registry.manifests import Descriptor, is_envelope_type, parse_digest_or_none, plain_type
from webhook.clients.registry.signatures import PublicKey
from webhook.errors import InvalidInput, TooMuchAttached, UnusableAnswer
from webhook.model.images import Digest
from webhook.sboms.envelopes import IN_TOTO_PAYLOAD, read_envelope, read_statement

_PREDICATE = "https://sigstore.dev/cosign/sign/"
_PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json"
_SIGNATURE = "dev.cosignproject.cosign/signature"
_KIND = "cosign container image signature"
_MOST = 50
"""Attachments and layers that are looked at, each."""


class _Image(msgspec.Struct):
    digest: str = msgspec.field(name="docker-manifest-digest", default="")


class _Critical(msgspec.Struct):
    image: _Image
    type: str


class _Payload(msgspec.Struct):
    critical: _Critical


_payloads = msgspec.json.Decoder(_Payload)


class ArtifactSignatures:
    """Looks for signatures of one key.

    Args:
        client: reads from registries.
        listings: knows what refers to a manifest.
        key: the key.
    """

    def __init__(self, client: RegistryClient, listings: Listings, key: PublicKey) -> None:
        self._client, self._listings, self.key = client, listings, key

    def is_signed(self, repository: Repository, digest: Digest, budget: Budget) -> bool:
        """Whether the key has signed a manifest. What cannot be read is no signature, and hides no other.

        Raises:
            SourceError: the registry did not answer, or refused to.
        """
        return any(self._tagged(repository, digest, budget)) or any(self._referring(repository, digest, budget))

    def _tagged(self, repository: Repository, digest: Digest, budget: Budget) -> Iterator[bool]:
        for layer in self._layers(repository, f"{digest.replace(':', '-', 1)}.sig", budget):
            if plain_type(layer.media_type) == _PAYLOAD:
                data, signature = self._blob(repository, layer, budget), decoded(layer.annotation(_SIGNATURE))
                yield self.key.signed_bytes(signature, data) and _is_about(data, digest)

    def _referring(self, repository: Repository, digest: Digest, budget: Budget) -> Iterator[bool]:
        _, entries = self._listings.entries(repository, digest, budget)
        for entry in entries[:_MOST]:
            found = parse_digest_or_none(entry.digest)
            for layer in self._layers(repository, found, budget) if found is not None else ():
                if is_envelope_type(layer.media_type):
                    yield self._is_statement(self._blob(repository, layer, budget), digest)

    def _layers(self, repository: Repository, reference: str, budget: Budget) -> Sequence[Descriptor]:
        try:
            fetched = self._client.manifest(repository, reference, budget)
        except UnusableAnswer:
            return ()
        return () if fetched is None else (fetched.manifest.layers or ())[:_MOST]

    def _blob(self, repository: Repository, layer: Descriptor, budget: Budget) -> bytes:
        try:
            return self._client.blob(repository, layer, budget)
        except (InvalidInput, TooMuchAttached, UnusableAnswer):
            return b""

    def _is_statement(self, data: bytes, digest: Digest) -> bool:
        try:
            envelope = read_envelope(data)
            if envelope is None or envelope.payload_type != IN_TOTO_PAYLOAD or not self.key.signed(envelope):
                return False
            statement = read_statement(envelope.payload)
        except InvalidInput:
            return False
        return statement.predicate_type.startswith(_PREDICATE) and digest in statement.subjects


def decoded(text: str | bytes) -> bytes:
    """What is written in base64; empty for anything else."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _is_about(data: bytes, digest: Digest) -> bool:
    try:
        said = _payloads.decode(data).critical
    except (msgspec.DecodeError, RecursionError):
        return False
    return said.type == _KIND and said.image.digest == digest
