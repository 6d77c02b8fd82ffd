"""Envelopes around SBOMs: DSSE envelopes, Sigstore bundles and in-toto statements, from bytes to what is inside.

Sources: the DSSE specification (protocol and envelope, v1), the in-toto attestation framework (Statement v0.1 and v1),
the Sigstore bundle format (v0.1 to v0.3, JSON), and cosign's attestation package for the shapes of its predicates.
Nothing here checks a signature; :attr:`Envelope.signed_bytes` is what a signature is over.
"""

from __future__ import annotations

import base64
import binascii
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from webhook.errors import InvalidInput
from webhook.model.jsonkeys import refuse_other_spellings
from webhook.sboms.repetition import refuse_repeated, spells_letters

T = TypeVar("T")

IN_TOTO_PAYLOAD = "application/vnd.in-toto+json"
_STATEMENT = "https://in-toto.io/Statement/"
_SBOM_PREDICATES = ("https://spdx.dev/document", "https://cyclonedx.org/", "https://syft.dev/bom")
_VEX_PREDICATES = ("https://openvex.dev/ns", "https://cyclonedx.org/")
_CUSTOM_PREDICATE = "https://cosign.sigstore.dev/attestation/v1"
_SBOM_MARKS = (b'"bomFormat"', b'"spdxVersion"', b"SPDXVersion:", b"cyclonedx.org/schema/bom", b"spdx.org/rdf/3")
_STATEMENT_KEYS = ("_type", "subject", "predicateType", "predicate")
_ENVELOPE_KEYS = ("payloadType", "payload", "signatures")
_BUNDLE_KEYS = ("mediaType", "dsseEnvelope", "messageSignature")
_MAX_SUBJECTS = 10_000
_MAX_SIGNATURES = 100


@dataclass(frozen=True, slots=True)
class Envelope:
    """A DSSE envelope, possibly taken out of a bundle.

    Attributes:
        payload_type: what the payload is; ``application/vnd.in-toto+json`` for a statement.
        payload: the decoded payload.
        signatures: the decoded signatures, unchecked.
    """

    payload_type: str
    payload: bytes
    signatures: tuple[bytes, ...]

    @property
    def signed_bytes(self) -> bytes:
        """What the signatures are over."""
        return pre_authentication_encoding(self.payload_type, self.payload)


@dataclass(frozen=True, slots=True)
class Statement:
    """An in-toto statement.

    Attributes:
        subjects: digests of what it speaks about, such as ``sha256:<hex>``.
        predicate_type: the URI that says what the predicate is.
        predicate: the predicate as it stands in the document (JSON).
    """

    subjects: frozenset[str]
    predicate_type: str
    predicate: bytes


class _Signature(msgspec.Struct):
    sig: str = ""


class _Envelope(msgspec.Struct, rename="camel"):
    payload_type: str
    payload: msgspec.Raw  # as it stands in the text: an attestation may be large, and a copy of it too many
    signatures: list[_Signature] = []


class _Bundle(msgspec.Struct, rename="camel"):
    media_type: str = ""
    dsse_envelope: _Envelope | None = None
    message_signature: msgspec.Raw = msgspec.Raw()


class _Sniffed(msgspec.Struct, rename="camel"):
    payload: msgspec.Raw = msgspec.Raw()
    dsse_envelope: msgspec.Raw = msgspec.Raw()
    media_type: msgspec.Raw = msgspec.Raw()


class _Subject(msgspec.Struct):
    digest: dict[str, str] = {}


class _Statement(msgspec.Struct):
    predicate_type: str = msgspec.field(name="predicateType")
    type: str = msgspec.field(name="_type", default="")
    subject: msgspec.Raw = msgspec.Raw(b"[]")
    predicate: msgspec.Raw = msgspec.Raw()


_envelopes = msgspec.json.Decoder(_Envelope)
_bundles = msgspec.json.Decoder(_Bundle)
_sniffer = msgspec.json.Decoder(_Sniffed)
_statements = msgspec.json.Decoder(_Statement)
_objects = msgspec.json.Decoder(dict[str, msgspec.Raw])
_texts = msgspec.json.Decoder(str)
_subjects = msgspec.json.Decoder(list[_Subject])
_entries = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """The bytes that a DSSE signature is over (DSSE protocol, PAE)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def read_envelope(data: bytes) -> Envelope | None:
    """Read a DSSE envelope or a Sigstore bundle that holds one.

    Returns:
        None for a bundle that signs a message instead of holding an envelope.

    Raises:
        InvalidInput: it is neither, or damaged.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    found = _decode(_sniffer, data, "an attestation")
    _refuse_misread(data, (*_ENVELOPE_KEYS, *_BUNDLE_KEYS), "the attestation")
    if not found.dsse_envelope and not found.media_type:
        return _opened(_decode(_envelopes, data, "a DSSE envelope"))
    bundle = _decode(_bundles, data, "a Sigstore bundle")
    if not bundle.media_type.startswith("application/vnd.dev.sigstore.bundle"):
        raise InvalidInput(f"the bundle type {bundle.media_type[:80]!r} is not known")
    if bundle.dsse_envelope is None:
        if bundle.message_signature:
            return None
        raise InvalidInput("the Sigstore bundle holds no envelope")
    members = _decode(_objects, memoryview(found.dsse_envelope), "a Sigstore bundle")
    refuse_other_spellings(members, _ENVELOPE_KEYS, "the Sigstore bundle")
    return _opened(bundle.dsse_envelope)


def read_statement(data: bytes) -> Statement:
    """Read an in-toto statement.

    Raises:
        InvalidInput: it is no statement, or damaged.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    found = _decode(_statements, data, "an in-toto statement")
    if not found.type.startswith(_STATEMENT):
        raise InvalidInput(f"{found.type[:80]!r} is not a known type of in-toto statement")
    _refuse_misread(data, _STATEMENT_KEYS, "the in-toto statement")
    return Statement(_subjects_in(bytes(found.subject)), found.predicate_type, bytes(found.predicate))


def may_hold_sbom(predicate_type: str) -> bool:
    """Whether a predicate of this type can be an SBOM; cosign's custom type can be anything."""
    return is_sbom_predicate(predicate_type) or predicate_type == _CUSTOM_PREDICATE


def is_sbom_predicate(predicate_type: str) -> bool:
    """Whether a predicate type says that the predicate is an SBOM, of any version."""
    return predicate_type.lower().startswith(_SBOM_PREDICATES)


def sbom_document(statement: Statement) -> bytes | None:
    """The SBOM that a statement holds, as the bytes of a document.

    The predicate may be the document as an object, the document as a JSON string (``cosign attest --type spdx``), or
    either of them under the key ``Data`` (cosign before 2.0, and ``--type custom``).

    Returns:
        None when the predicate is something else than an SBOM.

    Raises:
        InvalidInput: the type says SBOM, and the predicate is empty or damaged.
    """
    if not may_hold_sbom(statement.predicate_type):
        return None
    document = _unwrapped(statement.predicate)
    if not document or document == b"null":
        if is_sbom_predicate(statement.predicate_type):
            raise InvalidInput("the statement says that it holds an SBOM, and holds nothing")
        return None
    if is_sbom_predicate(statement.predicate_type) or any(mark in document for mark in _SBOM_MARKS):
        return document
    return None


def may_hold_vex(predicate_type: str) -> bool:
    """Whether a predicate of this type can be a VEX document; CycloneDX's and cosign's custom type can be."""
    kind = predicate_type.lower()
    return kind.startswith(_VEX_PREDICATES) or "csaf" in kind or kind == _CUSTOM_PREDICATE


def vex_document(statement: Statement) -> bytes | None:
    """The VEX document that a statement holds, wrapped as SBOMs are; None when its type says that it is something else.

    Raises:
        InvalidInput: the predicate is damaged.
    """
    return _unwrapped(statement.predicate) if may_hold_vex(statement.predicate_type) else None


def _unwrapped(predicate: bytes) -> bytes:
    if predicate.startswith(b'"'):
        return _decode(_texts, predicate, "a predicate").encode()
    if predicate.startswith(b"{") and (b'"Data"' in predicate or b'"data"' in predicate):
        members = _decode(_objects, predicate, "a predicate")
        data = bytes(members.get("Data") or members.get("data") or b"")
        # An SBOM may well have a member of that name somewhere inside; the wrapper has a time stamp beside it at most.
        if data and set(members) <= {"Data", "data", "Timestamp", "timestamp"}:
            return _decode(_texts, data, "a predicate").encode() if data.startswith(b'"') else data
    return predicate


def _opened(envelope: _Envelope) -> Envelope:
    if len(envelope.signatures) > _MAX_SIGNATURES:
        raise InvalidInput(f"the DSSE envelope has more than {_MAX_SIGNATURES} signatures")
    return Envelope(
        payload_type=envelope.payload_type,
        payload=_payload(envelope.payload),
        signatures=tuple(_base64(signature.sig) for signature in envelope.signatures),
    )


def _payload(raw: msgspec.Raw) -> bytes:
    view = memoryview(raw)
    if view[:1].tobytes() == b'"':
        with suppress(binascii.Error):  # the usual alphabet without escapes, straight from the text
            return binascii.a2b_base64(view[1:-1], strict_mode=True)
    return _base64(_decode(_texts, bytes(raw), "the payload of a DSSE envelope"))


def _base64(text: str) -> bytes:
    """Standard or URL-safe Base64, with or without padding, as the DSSE specification allows."""
    try:
        padded = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)
        return base64.b64decode(padded, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise InvalidInput("the DSSE envelope holds text that is not Base64") from problem


def _subjects_in(data: bytes) -> frozenset[str]:
    subjects = _decode(_subjects, data, "an in-toto statement")
    if len(subjects) > _MAX_SUBJECTS:
        raise InvalidInput(f"the in-toto statement names more than {_MAX_SUBJECTS} subjects")
    for members in _decode(_entries, data, "an in-toto statement"):
        refuse_other_spellings(members, ("digest",), "the in-toto statement")
    if spells_letters(data) or data.count(b'"digest"') > len(subjects):
        refuse_repeated(data, ("digest",))
    return frozenset(
        f"{algorithm.lower()}:{digits.lower()}" for subject in subjects for algorithm, digits in subject.digest.items()
    )


def _refuse_misread(data: bytes, keys: tuple[str, ...], kind: str) -> None:
    """Refuse an object whose keys Go programs would read differently: in another case, or more than once.

    Raises:
        InvalidInput: it is such an object.
    """
    members = _decode(_objects, data, kind)
    refuse_other_spellings(members, keys, kind)
    if spells_letters(data) or any(data.count(f'"{key}"'.encode()) > 1 for key in keys):
        refuse_repeated(data, keys)


def _decode(decoder: msgspec.json.Decoder[T], data: bytes | memoryview, kind: str) -> T:
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as problem:
        raise InvalidInput(f"{kind} cannot be read: {str(problem)[:150]}") from problem
