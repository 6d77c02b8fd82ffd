"""Documents: from the bytes of a layer to the SBOM in it, if it speaks of the image and is signed as wanted."""

from __future__ import annotations

from webhook.clients.registry.signatures import PublicKey
from webhook.errors import InvalidInput
from webhook.model.images import Digest
from webhook.sboms.envelopes import (
    IN_TOTO_PAYLOAD,
    Statement,
    may_hold_sbom,
    read_envelope,
    read_statement,
    sbom_document,
)


def bare_document(data: bytes) -> bytes:
    """The SBOM in a layer that is nothing but an SBOM."""
    return data


def statement_document(data: bytes, subject: Digest) -> bytes | None:
    """The SBOM in an unsigned in-toto statement; None when it holds something else.

    Raises:
        InvalidInput: it is damaged, or speaks of another image.
    """
    statement = read_statement(data)
    if not may_hold_sbom(statement.predicate_type):
        return None
    _check_subject(statement, subject)
    return sbom_document(statement)


def envelope_document(data: bytes, subject: Digest, key: PublicKey | None) -> bytes | None:
    """The SBOM in a DSSE envelope or a Sigstore bundle; None when it holds something else.

    Args:
        data: the layer.
        subject: what the statement has to speak of.
        key: has to have signed it; None when no signature is wanted.

    Raises:
        InvalidInput: it is damaged, speaks of another image, or is not signed with the key.
    """
    envelope = read_envelope(data)
    if envelope is None or envelope.payload_type != IN_TOTO_PAYLOAD:
        return None
    statement = read_statement(envelope.payload)
    if not may_hold_sbom(statement.predicate_type):
        return None
    _check_subject(statement, subject)
    document = sbom_document(statement)
    if document is not None and key is not None and not key.signed(envelope):
        raise InvalidInput(
            f"no signature of the attestation is of the key {key.name}",
            remedy="Sign it with `cosign attest --key`, or correct the key in sbom.verify.",
        )
    return document


def _check_subject(statement: Statement, subject: Digest) -> None:
    if subject not in statement.subjects:
        raise InvalidInput(
            f"the attestation speaks of another image than {subject.short}",
            remedy="Attest the image again by its digest; copying it between images does not make it true.",
        )
