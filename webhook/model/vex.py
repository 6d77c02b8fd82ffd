"""VEX: what a supplier states about a vulnerability in a product, as documents of three formats say it alike."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

READER = 3
"""Grows whenever the same bytes are read as other statements than before."""


class VexStatus(enum.StrEnum):
    """What a statement says of a vulnerability in a product."""

    NOT_AFFECTED = "not_affected"
    FIXED = "fixed"
    AFFECTED = "affected"
    UNDER_INVESTIGATION = "under_investigation"

    @property
    def loosens(self) -> bool:
        """Whether it may make a verdict milder."""
        return self in (VexStatus.NOT_AFFECTED, VexStatus.FIXED)


class VexStanding(enum.StrEnum):
    """Whether a document is valid, by its own word."""

    VALID = ""
    DRAFT = "draft"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    UNREADABLE = "unreadable"
    """The store has it in a form that this program cannot read; nothing of it counts."""


class VexOriginKind(enum.StrEnum):
    """How a document came here."""

    ADDED = "added"
    """Somebody handed it in."""
    SOURCE = "source"
    """It is in a source of the settings."""
    ATTESTATION = "attestation"
    """It is attached to an image, signed with a key of the settings."""


class VexProduct(msgspec.Struct, frozen=True, omit_defaults=True):
    """A product of a statement.

    Attributes:
        names: purls and other identifiers, as written; the product is what any of them names. Empty with no digest:
            what the document is attached to, or was handed in for.
        digests: of images, such as ``sha256:<hex>``.
        components: purls of the parts that the statement is about, as written; empty for the whole product.
        versions: versions of the parts that the statement is about; empty when only the purls say it.
    """

    names: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()


class VexStatement(msgspec.Struct, frozen=True, omit_defaults=True):
    """One statement.

    Attributes:
        id: in the document; its number where the document gives it no id.
        vulnerabilities: its id and aliases.
        status: what is said.
        at: when, UTC; restricting statements count as of the last moment that their document names.
        products: about what; empty for what the document is attached to.
        justification: why something is not affected, in the format's own word.
        remark: the same, or what to do, in a sentence.
        flaw: why the statement cannot loosen anything; empty when it can.
    """

    id: str
    vulnerabilities: tuple[str, ...]
    status: VexStatus
    at: dt.datetime
    products: tuple[VexProduct, ...] = ()
    justification: str = ""
    remark: str = ""
    flaw: str = ""


class VexDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """A document.

    Attributes:
        id: its identifier, which its later versions share.
        digest: ``sha256:<hex>`` of its bytes.
        format: ``openvex``, ``cyclonedx`` or ``csaf``.
        author: who wrote it, by its own word.
        issued_at: when this version was issued, UTC.
        version: of the document, as written; possibly empty.
        standing: whether it is valid, by its own word.
        statements: in its order.
    """

    id: str
    digest: str
    format: str
    author: str
    issued_at: dt.datetime
    version: str = ""
    standing: VexStanding = VexStanding.VALID
    statements: tuple[VexStatement, ...] = ()


class VexOrigin(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a document came here, and what that narrows it to.

    Attributes:
        kind: see :class:`VexOriginKind`.
        name: who handed it in, the source, or the fingerprint of the key that signed it.
        namespace: where it counts; empty for everywhere.
        image: digest of the image that it is attached to, or was handed in for; empty for none.
        subject: digest of the part of the image that it is attached to; that of the image for all of it.
        parts: digests of all parts of an index that count, where it is attached to one of them.
        place: of an attestation, in which name, and with whose credentials, it was found at the image; of a document of
            a source, the path of its file in there; otherwise empty.
    """

    kind: VexOriginKind
    name: str
    namespace: str = ""
    image: str = ""
    subject: str = ""
    parts: tuple[str, ...] = ()
    place: str = ""


class AttachedVex(msgspec.Struct, frozen=True):
    """A document that is attached to an image.

    Attributes:
        document: what it says.
        payload: its bytes.
        signer: fingerprint of the listed key that signed it; empty when none has.
        subject: digest of the part of the image that it is attached to; that of the image for all of it.
        parts: digests of all parts that count, of an index.
    """

    document: VexDocument
    payload: bytes
    signer: str
    subject: str
    parts: tuple[str, ...] = ()


class FoundVex(NamedTuple):
    """A document that a source has.

    Attributes:
        document: what it says.
        payload: its bytes.
        path: of its file in the source; empty where the source is one document.
    """

    document: VexDocument
    payload: bytes
    path: str = ""


class VexReading(NamedTuple):
    """What a source has.

    Attributes:
        found: the documents that can be read.
        unread: why other files cannot be, sentences by path.
    """

    found: Sequence[FoundVex]
    unread: Mapping[str, str] = {}


class VexLook(msgspec.Struct, frozen=True):
    """What is attached to an image.

    Attributes:
        attached: the documents.
        trouble: why not all that is attached is known, a sentence; empty when all is. What was found before stays then,
            and loosens nothing until all is known.
        remarks: why attachments that may be VEX do not count, sentences.
    """

    attached: tuple[AttachedVex, ...] = ()
    trouble: str = ""
    remarks: tuple[str, ...] = ()


class KeptVex(msgspec.Struct, frozen=True, omit_defaults=True):
    """A document as the store keeps it.

    Attributes:
        document: what it says.
        origin: how it came here.
        added_at: when, UTC.
        until: when it stops counting, UTC; None for never.
        comment: why somebody handed it in.
        is_removed: it was taken out, or is gone from its source, and counts no more.
        number: the store's; 0 before it is stored.
        gone_at: since when it is not attached any more, UTC; None while it is. It has no statement that loosens then,
            and goes on to restrict and to replace older versions, for whoever may push could take it away.
        trouble: of an attestation, why not all that is attached to the image in this place is known, see
            :class:`VexLook`; of a document of a source, why its file cannot be read any more, so that this is what it
            said before.
    """

    document: VexDocument
    origin: VexOrigin
    added_at: dt.datetime
    until: dt.datetime | None = None
    comment: str = ""
    is_removed: bool = False
    number: int = 0
    gone_at: dt.datetime | None = None
    trouble: str = ""


class VexChange(NamedTuple):
    """What became of the documents of a source, or of those attached to an image.

    Attributes:
        new: how many were not there before.
        gone: how many are not there any more.
        left_out: how many were not kept, because the same document is kept in too many places.
        kept: how many stay as they were, because their files in the source cannot be read any more.
    """

    new: int = 0
    gone: int = 0
    left_out: int = 0
    kept: int = 0
