"""Rows and VEX documents: how what a document says is written to its row and read from it."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import msgspec

from webhook.model.vex import KeptVex, VexDocument, VexOrigin, VexOriginKind
from webhook.store.values import clean, to_moment

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
)
"""Columns in the order in which :func:`read_vex` takes them."""
Identity = tuple[str, str, str, str, str, str, str]
"""What a row has a document by: the columns of its unique constraint."""
_MOST_BYTES = 256 * 1024 * 1024
_DOCUMENTS = msgspec.msgpack.Decoder(VexDocument)
_TEXTS = msgspec.json.Decoder(tuple[str, ...])


def packed(document: VexDocument) -> bytes:
    """What a document says, as its row has it."""
    return zlib.compress(msgspec.msgpack.encode(document))


def read_vex(row: Sequence[Any]) -> KeptVex:
    """A document from its columns."""
    number, kind, name, namespace, image, subject, place, parts, document, added_at, until, comment, removed_at = row
    content = zlib.decompressobj().decompress(bytes(document), _MOST_BYTES)
    return KeptVex(
        document=_DOCUMENTS.decode(content),
        origin=VexOrigin(
            VexOriginKind(kind), name, namespace, image, subject, () if parts == "[]" else _TEXTS.decode(parts), place
        ),
        added_at=to_moment(added_at),
        until=None if until is None else to_moment(until),
        comment=comment,
        is_removed=removed_at is not None,
        number=number,
    )


def identity(kept: KeptVex) -> Identity:
    """What a document has a row by: how it came here, and its digest."""
    origin = kept.origin
    names = (clean(origin.name), origin.namespace, origin.image, origin.subject, clean(origin.place))
    return (origin.kind.value, *names, kept.document.digest)
