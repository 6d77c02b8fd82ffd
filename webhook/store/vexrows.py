"""Rows and VEX documents: how what a document says is written to its row and read from it."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Sequence
from typing import Any

import msgspec

from webhook.errors import InvalidInput
from webhook.model.vex import KeptVex, VexDocument, VexOrigin, VexOriginKind, VexStanding
from webhook.store.values import clean, to_moment

log = logging.getLogger("bomgate.vex")
VEX_NAMES = (
    "id",
    "kind",
    "name",
    "namespace",
    "image",
    "subject",
    "place",
    "parts",
    "document",
    "added_at",
    "until",
    "comment",
    "removed_at",
    "digest",
    "gone_at",
    "trouble",
)
"""Columns in the order in which :func:`read_vex` takes them."""
Identity = tuple[str, str, str, str, str, str, str]
"""What a row has a document by: the columns of its unique constraint."""
_MOST_BYTES = 64 * 1024 * 1024
"""Of a document, not compressed. Every read model has them all."""
_DOCUMENTS = msgspec.msgpack.Decoder(VexDocument)
_TEXTS = msgspec.json.Decoder(tuple[str, ...])


def packed(document: VexDocument) -> bytes:
    """What a document says, as its row has it.

    Raises:
        InvalidInput: it is more than is read.
    """
    content = msgspec.msgpack.encode(document)
    if len(content) > _MOST_BYTES:
        raise InvalidInput(
            f"The statements of the VEX document {document.id} have {len(content)} bytes; at most {_MOST_BYTES} are "
            "kept of one.",
            remedy="Split it.",
        )
    return zlib.compress(content)


def read_vex(row: Sequence[Any]) -> KeptVex:
    """A document from its columns; one that cannot be read states nothing, and stops nobody who reads the others."""
    number, kind, name, namespace, image, subject, place, parts, document, added_at, until, comment, *rest = row
    removed_at, digest, gone_at, trouble = rest
    try:
        found = _DOCUMENTS.decode(_unpacked(document))
    except (msgspec.MsgspecError, UnicodeDecodeError, zlib.error) as problem:
        log.error("a VEX document of the store cannot be read", extra={"number": number, "error": f"{problem!s:.200}"})
        found = VexDocument(digest, digest, "openvex", "", to_moment(added_at), "", standing=VexStanding.UNREADABLE)
    return KeptVex(
        document=found,
        origin=VexOrigin(
            VexOriginKind(kind), name, namespace, image, subject, () if parts == "[]" else _TEXTS.decode(parts), place
        ),
        added_at=to_moment(added_at),
        until=None if until is None else to_moment(until),
        comment=comment,
        is_removed=removed_at is not None,
        number=number,
        gone_at=None if gone_at is None else to_moment(gone_at),
        trouble=trouble,
    )


def _unpacked(document: bytes) -> bytes:
    reading = zlib.decompressobj()
    content = reading.decompress(bytes(document), _MOST_BYTES)
    if reading.unconsumed_tail:
        raise zlib.error(f"it has more than {_MOST_BYTES} bytes")
    return content


def identity(kept: KeptVex) -> Identity:
    """What a document has a row by: how it came here, and its digest."""
    origin = kept.origin
    names = (clean(origin.name), origin.namespace, origin.image, origin.subject, clean(origin.place))
    return (origin.kind.value, *names, kept.document.digest)
