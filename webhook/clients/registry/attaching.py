"""Attaches an in-toto statement to an image: as an artefact that refers to it, signed or not.

Signed, it is a Sigstore bundle around a DSSE envelope, as cosign 3 writes it; unsigned, a plain statement, as docker
scout does. A registry that has no list of referrers gets the tag of the older scheme, with what is in it already.
Sources: OCI distribution specification 1.1 (pushing manifests with subject), in-toto Statement v1, Sigstore's bundle
format v0.3.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from webhook.clients.registry.calls import Budget
from webhook.clients.registry.client import Fetched, RegistryClient
from webhook.clients.registry.listings import BUNDLE_PREDICATE, fallback_tag
from webhook.clients.registry.locations import Repository
from webhook.clients.registry.manifests import EMPTY, IN_TOTO, OCI_INDEX, OCI_MANIFEST
from webhook.errors import UnusableAnswer
from webhook.model.images import Digest
from webhook.sboms.envelopes import pre_authentication_encoding

_BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_STATEMENT = "https://in-toto.io/Statement/v1"
_NOTHING = b"{}"


@dataclass(frozen=True, slots=True)
class Attachment:
    """What is attached.

    Attributes:
        predicate_type: of the statement.
        predicate: a JSON text.
        sign: makes a signature of some bytes; None leaves it unsigned.
    """

    predicate_type: str
    predicate: bytes
    sign: Callable[[bytes], bytes] | None = None

    def layer(self, name: str, subject: Digest) -> tuple[str, bytes]:
        """Media type and bytes of the layer that says it of an image."""
        algorithm, _, digits = subject.partition(":")
        statement = {
            "_type": _STATEMENT,
            "subject": [{"name": name, "digest": {algorithm: digits}}],
            "predicateType": self.predicate_type,
            "predicate": json.loads(self.predicate),
        }
        payload = json.dumps(statement, ensure_ascii=False).encode()
        if self.sign is None:
            return IN_TOTO, payload
        signature = self.sign(pre_authentication_encoding(IN_TOTO, payload))
        envelope = {"payload": _text(payload), "payloadType": IN_TOTO, "signatures": [{"sig": _text(signature)}]}
        bundle = {"mediaType": _BUNDLE, "verificationMaterial": {"publicKey": {"hint": ""}}, "dsseEnvelope": envelope}
        return _BUNDLE, json.dumps(bundle).encode()


def attach(client: RegistryClient, repository: Repository, subject: Digest, what: Attachment, budget: Budget) -> Digest:
    """Push an artefact that refers to a manifest; its digest.

    Args:
        client: of the registry, with the credentials of somebody who may push.
        repository: where the image is.
        subject: digest of the image.
        what: is attached.
        budget: what it may cost.

    Raises:
        UnusableAnswer: the registry does not have the image.
        SourceError: it did not answer, or refused to.
    """
    there = client.manifest(repository, subject, budget)
    if there is None:
        raise UnusableAnswer(f"{repository.name} does not have {subject.short}.", remedy="Push the image first.")
    kind, data = what.layer(repository.name, subject)
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": kind,
        "config": _descriptor(EMPTY, client.push_blob(repository, _NOTHING, budget), _NOTHING),
        "layers": [_descriptor(kind, client.push_blob(repository, data, budget), data, what.predicate_type)],
        "subject": _subject(there),
        "annotations": {BUNDLE_PREDICATE: what.predicate_type},
    }
    content = json.dumps(manifest).encode()
    digest, listed = client.push_manifest(repository, "", content, OCI_MANIFEST, budget)
    if not listed:
        _list(client, repository, subject, {**_descriptor(OCI_MANIFEST, digest, content), **_said(manifest)}, budget)
    return digest


def _list(
    client: RegistryClient, repository: Repository, subject: Digest, entry: dict[str, Any], budget: Budget
) -> None:
    """Add an entry to the tag that lists what refers to a manifest, where the registry has no list."""
    tag = fallback_tag(subject)
    known = client.manifest(repository, tag, budget)
    if known is not None and known.manifest.manifests is None:
        raise UnusableAnswer(f"{repository.name}:{tag} is no list.", remedy="Remove the tag, and attach it again.")
    entries: list[dict[str, Any]] = []
    for held in (known.manifest.manifests or ()) if known is not None else ():
        said = {"artifactType": held.artifact_type, "annotations": held.annotations}
        entries.append(
            {"mediaType": held.media_type, "digest": held.digest, "size": held.size}
            | {key: value for key, value in said.items() if value}
        )
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [*entries, entry]}
    client.push_manifest(repository, tag, json.dumps(index).encode(), OCI_INDEX, budget)


def _said(manifest: dict[str, Any]) -> dict[str, Any]:
    return {"artifactType": manifest["artifactType"], "annotations": manifest["annotations"]}


def _subject(there: Fetched) -> dict[str, Any]:
    kind = there.manifest.media_type or (OCI_INDEX if there.manifest.manifests is not None else OCI_MANIFEST)
    return {"mediaType": kind, "digest": there.digest, "size": there.size}


def _descriptor(kind: str, digest: Digest, data: bytes, predicate_type: str = "") -> dict[str, Any]:
    said = {"annotations": {"in-toto.io/predicate-type": predicate_type}} if predicate_type else {}
    return {"mediaType": kind, "digest": digest, "size": len(data), **said}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
