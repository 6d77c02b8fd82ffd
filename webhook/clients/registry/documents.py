"""Documents: from the bytes of a layer to the SBOM in it, if it speaks of the image and is signed as wanted."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import msgspec

from webhook.clients.registry.signatures import PublicKey
from webhook.errors import InvalidInput
from webhook.model.images import Digest
from webhook.sboms.envelopes import (
    IN_TOTO_PAYLOAD,
    Envelope,
    Statement,
    may_hold_sbom,
    read_envelope,
    read_statement,
    sbom_document,
)


class DoesNotCount(InvalidInput):
    """A document says nothing of the image, whatever is in it: it is of another one, or nobody signed it who has to."""


@dataclass(frozen=True, slots=True)
class Document:
    """The bytes of an SBOM, and what was said around them.

    Attributes:
        data: the SBOM.
        predicate_type: of the statement that holds it; empty without one.
        made_at: when it was made by its own word; None when it does not say.
    """

    data: bytes
    predicate_type: str = ""
    made_at: dt.datetime | None = None


class _Metadata(msgspec.Struct, frozen=True):
    timestamp: str = ""


class _Creation(msgspec.Struct, frozen=True):
    created: str = ""


class _Dated(msgspec.Struct):
    metadata: _Metadata = _Metadata()
    creation: _Creation = msgspec.field(name="creationInfo", default=_Creation())


_dated = msgspec.json.Decoder(_Dated)
_moments = msgspec.json.Decoder(dt.datetime)


def made_at(document: bytes) -> dt.datetime | None:
    """When an SBOM was made, as CycloneDX and SPDX 2 (JSON) state it; None when it does not say in so many words."""
    try:
        found = _dated.decode(document)
        moment = _moments.decode(msgspec.json.encode(found.metadata.timestamp or found.creation.created))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return moment if moment.tzinfo is not None else None


def bare_document(data: bytes) -> Document:
    """The SBOM in a layer that is nothing but an SBOM."""
    return Document(data)


def statement_document(data: bytes, subject: Digest) -> Document | None:
    """The SBOM in an unsigned in-toto statement; None when it holds something else.

    Raises:
        DoesNotCount: it speaks of another image.
        InvalidInput: it is damaged.
    """
    statement = read_statement(data)
    if not may_hold_sbom(statement.predicate_type):
        return None
    _check_subject(statement, subject)
    document = sbom_document(statement)
    return None if document is None else Document(document, statement.predicate_type)


def envelope_document(data: bytes, subject: Digest, key: PublicKey | None) -> Document | None:
    """The SBOM in a DSSE envelope or a Sigstore bundle; None when it holds something else.

    Args:
        data: the layer.
        subject: what the statement has to speak of.
        key: has to have signed it; None when no signature is wanted.

    Raises:
        DoesNotCount: it speaks of another image, or is not signed with the key, which nothing damaged is.
        InvalidInput: it is damaged.
    """
    if key is None:
        envelope = read_envelope(data)
        return None if envelope is None else _stated(envelope, subject)
    try:
        envelope = read_envelope(data)
    except InvalidInput as problem:
        raise DoesNotCount(problem.message, remedy=problem.remedy) from problem
    if envelope is None:
        return None
    if key.signed(envelope):
        document = _stated(envelope, subject)
        return None if document is None else replace(document, made_at=made_at(document.data))
    try:
        document = _stated(envelope, subject)
    except InvalidInput as problem:
        raise DoesNotCount(problem.message, remedy=problem.remedy) from problem
    if document is None:
        return None
    raise DoesNotCount(
        f"no signature of the attestation was made with the key {key.name}",
        remedy="Sign it with `cosign attest --key`, or correct the key in sbom.verify.",
    )


def _stated(envelope: Envelope, subject: Digest) -> Document | None:
    return None if envelope.payload_type != IN_TOTO_PAYLOAD else statement_document(envelope.payload, subject)


def _check_subject(statement: Statement, subject: Digest) -> None:
    if subject not in statement.subjects:
        raise DoesNotCount(
            f"the attestation is about another image than {subject.short}",
            remedy="Attest the image again by its digest; copying it between images does not make it true.",
        )
