"""Attestations as cosign makes them, a key that signs them, and a process that keeps what it finds."""

from __future__ import annotations

import base64
import json

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.copies import replace
from tests.fakes import FakeBackground, FakeImageResolver, FakeOpener, FakeSbomSource, MemoryStore
from tests.registries import images
from tests.registries.layouts import Layout
from webhook.clients.registry.options import SOURCES, AttachmentOptions, VerifyRule
from webhook.engines.readmodel import ReadModel
from webhook.engines.refresher import Refresher, RefreshOptions
from webhook.engines.searching.looks import SearchParts
from webhook.engines.searching.options import SearchOptions
from webhook.engines.searching.search import SbomSearch
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, parse_image
from webhook.model.pulling import NO_ACCESS
from webhook.sboms.envelopes import IN_TOTO_PAYLOAD, pre_authentication_encoding

DSSE = "application/vnd.dsse.envelope.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


class Signer:
    """A key, and what it signs."""

    def __init__(self, folder) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.file = folder / "key.pub"
        self.file.write_bytes(self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    def envelope(self, digest: str, document: dict, kind: str = images.CYCLONEDX_PREDICATE) -> bytes:
        payload = images.statement(digest, document, kind)
        signed = pre_authentication_encoding(IN_TOTO_PAYLOAD, payload)
        return images.envelope(payload, self._key.sign(signed, ec.ECDSA(SHA256())))

    def bundle(self, digest: str, predicate: str) -> bytes:
        """A Sigstore bundle with a statement about a digest."""
        wrapped = json.loads(self.envelope(digest, {}, predicate))
        return json.dumps({"mediaType": BUNDLE, "dsseEnvelope": wrapped}).encode()

    def signature(self, data: bytes) -> str:
        """Over some bytes, in base64."""
        return base64.b64encode(self._key.sign(data, ec.ECDSA(SHA256()))).decode()

    def rule(self, host: str, **more) -> AttachmentOptions:
        return AttachmentOptions(verify=(VerifyRule(prefix=host, public_key_file=self.file),), **more)


def bundle(layout: Layout, digest: str, envelope: bytes) -> str:
    """An attestation that refers to an image, as cosign 3 writes it."""
    data = json.dumps({"mediaType": BUNDLE, "dsseEnvelope": json.loads(envelope)}).encode()
    kinds = {"dev.sigstore.bundle.predicateType": images.CYCLONEDX_PREDICATE}
    return images.artifact(
        layout, [(BUNDLE, data)], artifactType=BUNDLE, subject=layout.descriptor(digest), annotations=kinds
    )


def att(layout: Layout, digest: str, *envelopes: bytes) -> None:
    """The tag of cosign 1 and 2 with these attestations."""
    tag = f"sha256-{digest.removeprefix('sha256:')}.att"
    images.artifact(layout, [(DSSE, envelope, {"predicateType": ""}) for envelope in envelopes], tag)


def fallback(layout: Layout, digest: str, *attached: str, types: bool = True) -> None:
    """The tag that lists attachments where the registry has no list."""
    entries = []
    for text in attached:
        content = json.loads(layout.blobs[text])
        said = {"artifactType": content["artifactType"]} if types else {}
        if types and "annotations" in content:
            said["annotations"] = content["annotations"]
        entries.append(layout.descriptor(text, **said))
    index = {"schemaVersion": 2, "mediaType": images.OCI_INDEX, "manifests": entries}
    layout.manifest(index, digest.replace(":", "-"))


def named(purl: str, name: str, **metadata) -> dict:
    document = {**images.cyclonedx(purl), "serialNumber": name}
    return {**document, "metadata": metadata} if metadata else document


class Process:
    """A process that searches real places and keeps what it finds.

    Attributes:
        model: what it knows.
        read: digests of the blobs that were read.
    """

    def __init__(self, kit, *more: FakeSbomSource) -> None:
        self.clock, self.model, self.kit = kit.clock, ReadModel(), kit
        self.store = MemoryStore(self.clock)
        refresher = Refresher(self.model, self.store.feed, None, self.clock, RefreshOptions())
        refresher.refresh()
        opener = FakeOpener(FakeImageResolver(), [])
        opener.common = replace(opener.common, places=[*(kit.sources[name] for name in SOURCES), *more])
        parts = SearchParts(opener, self.store, refresher, FakeBackground(), "this")
        self.refresher, self.searching = refresher, SbomSearch(self.model, parts, self.clock, SearchOptions())
        self.states: dict[str, str] = {}
        self.read: list[str] = []
        blob = kit.client.blob

        def reading(repository, descriptor, budget):
            self.read.append(descriptor.digest)
            return blob(repository, descriptor, budget)

        kit.client.blob = reading

    def search(self, image: str) -> None:
        reference = parse_image(image)
        self.searching.search(reference, reference.digest, self.kit.deadline())

    def look_again(self, image: str) -> bool:
        reference = parse_image(image)
        try:
            deadline = Deadline(self.kit.clock.monotonic() + 30)
            return self.searching.looks.look_again(reference, reference.digest, deadline, NO_ACCESS, self.states)
        finally:
            self.refresher.refresh()

    def trouble(self, image: str) -> str | None:
        reference = parse_image(image)
        return self.model.trouble(reference.digest, reference.name)

    def known(self, digest: str) -> int:
        facts = self.model.facts(Digest(digest))
        return 0 if facts is None else facts.total
