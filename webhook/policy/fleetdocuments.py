"""Documents of the hub: signed bytes, and what they say.

A document is one line of text and a payload. The line names the format, the kind, the key (its fingerprint), and the
signature in Base64. The signature is over ``bomgate-fleet 1 KIND``, a line feed and the SHA-512 digest of the payload,
so that nothing is decompressed or parsed before it is verified. The payload is gzip over JSON lines: the head, a line
for each row, and an end that counts the rows. Readers pass over keys and rows that they do not know. Bodies of sets
stand behind the gzip, in the order of their rows.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, NamedTuple

import msgspec

from webhook.errors import DocumentRefused
from webhook.model.assessments import Assessment, StoredType
from webhook.model.changes import Position
from webhook.model.fleet import FleetContent
from webhook.model.fleetreports import FleetReport
from webhook.model.fleetsets import OfferedSet
from webhook.policy.fleetreports import WrittenReport, read_report, written
from webhook.policy.fleetsets import check_offers

Sign = Callable[[bytes], tuple[str, bytes]]
"""Signs bytes: the fingerprint of the key, and the signature."""
Verify = Callable[[str, bytes, bytes], bool]
"""Whether the key of a fingerprint is trusted and has made a signature (second) over bytes (third)."""

_FORMAT = "bomgate-fleet 1"
_CHANGES, _SNAPSHOT = "changes", "snapshot"
_LONGEST_LINE = 512
MOST_BYTES = 256 * 1024 * 1024
"""Of a payload, unpacked."""


_Time = Annotated[dt.datetime, msgspec.Meta(tz=True)]


class _Head(msgspec.Struct, omit_defaults=True, rename="camel"):
    store: str
    to: int
    mark: str
    at: _Time
    since: int | None = None
    since_mark: str = ""
    types_at: _Time | None = None
    addressee: str = ""


class _Row(msgspec.Struct, omit_defaults=True, rename="camel"):
    assessment: Assessment | None = None
    type: StoredType | None = None
    changed: str | None = None
    set: OfferedSet | None = None
    report: WrittenReport | None = None
    end: int | None = None


_HEAD = msgspec.json.Decoder(_Head)
_ROW = msgspec.json.Decoder(_Row)


class Opened(NamedTuple):
    """A document whose signature was verified.

    Attributes:
        kind: ``changes`` or ``snapshot``.
        payload: compressed.
    """

    kind: str
    payload: bytes


def encode(content: FleetContent, sign: Sign, bodies: Sequence[bytes] = ()) -> bytes:
    """The signed document that says this.

    Args:
        content: what it says.
        sign: signs.
        bodies: of its sets, in their order.
    """
    payload = b"".join((gzip.compress(b"".join(_lines(content)), mtime=0), *bodies))
    kind = _SNAPSHOT if content.is_snapshot else _CHANGES
    key, signature = sign(_signed_bytes(kind, hashlib.sha512(payload).digest()))
    return f"{_FORMAT} {kind} {key} {base64.b64encode(signature).decode()}\n".encode() + payload


def decode(document: bytes, verify: Verify, most: int = MOST_BYTES) -> FleetContent:
    """What a document says, once its signature is verified.

    Args:
        document: as :func:`encode` makes it.
        verify: knows the hub's keys.
        most: bytes that its payload may have, unpacked.

    Raises:
        DocumentRefused: no trusted key has signed it, it was cut off, or it is not of this format.
    """
    opened = open_document(document, verify)
    lines = _unpacked(opened.payload, most).split(b"\n")
    try:
        content = _content(_HEAD.decode(lines[0]), lines[1:])
    except (msgspec.DecodeError, ValueError) as problem:
        raise DocumentRefused(f"The hub's document cannot be read: {str(problem)[:200]}.") from problem
    if content.is_snapshot != (opened.kind == _SNAPSHOT):
        raise DocumentRefused("The hub's document is not of the kind that its first line states.")
    return content


def decode_bodies(document: bytes, content: FleetContent, verify: Verify) -> Mapping[str, bytes]:
    """The bodies of the sets of a document, by their digests, which are not compared here.

    Args:
        document: as :func:`encode` makes it.
        content: what it says.
        verify: knows the hub's keys.

    Raises:
        DocumentRefused: no trusted key has signed it, or bodies are missing.
    """
    unpacker = zlib.decompressobj(wbits=31)
    unpacker.decompress(open_document(document, verify).payload, MOST_BYTES)
    rest, found, start = unpacker.unused_data, dict[str, bytes](), 0
    for offer in content.sets:
        found[offer.digest] = rest[start : start + offer.size]
        start += offer.size
    if start != len(rest):
        raise DocumentRefused("The hub's document does not have the bodies of its sets.")
    return found


def open_document(document: bytes, verify: Verify) -> Opened:
    """Verify a document.

    Raises:
        DocumentRefused: no trusted key has signed it, or it is not of this format.
    """
    line, found, payload = document[:_LONGEST_LINE].partition(b"\n")
    words = line.decode("utf-8", "replace").split(" ")
    if not found or len(words) != 5 or " ".join(words[:2]) != _FORMAT or words[2] not in (_CHANGES, _SNAPSHOT):
        raise DocumentRefused(
            "This is not a document of a bomgate hub, or has a later format.",
            remedy="Name what `bomgate fleet export` has written, and update bomgate if the hub is newer.",
        )
    payload = document[len(line) + 1 :]
    try:
        signature = base64.b64decode(words[4], validate=True)
    except (binascii.Error, ValueError):
        signature = b""
    if not verify(words[3], signature, _signed_bytes(words[2], hashlib.sha512(payload).digest())):
        raise DocumentRefused(
            f"The hub's document was not signed with a key of fleet.hubKeys, or it is damaged (key {words[3]:.20}).",
            remedy="Name the public key of the hub in fleet.hubKeys; `bomgate fleet key` shows its fingerprint.",
        )
    return Opened(words[2], payload)


def _signed_bytes(kind: str, digest: bytes) -> bytes:
    return f"{_FORMAT} {kind}\n".encode() + digest


def _lines(content: FleetContent) -> Iterator[bytes]:
    position, since = content.position, content.since
    head = _Head(
        position.store,
        position.revision,
        position.mark,
        content.at,
        None if since is None else since.revision,
        "" if since is None else since.mark,
        content.types_at,
        content.addressee,
    )
    rows = [
        *(_Row(assessment=record) for record in content.assessments),
        *(_Row(type=kind) for kind in content.types or ()),
        *(_Row(changed=purl) for purl in content.changed),
        *(_Row(set=offer) for offer in content.sets),
        *(_Row(report=written(report)) for report in content.reports),
    ]
    for line in (head, *rows, _Row(end=len(rows))):
        yield msgspec.json.encode(line, enc_hook=str) + b"\n"  # purls are strings of another class


def _content(head: _Head, lines: list[bytes]) -> FleetContent:
    """What lines say.

    Raises:
        ValueError: rows are missing.
        msgspec.DecodeError: a line is not of its form.
    """
    assessments, types, changed, sets = list[Assessment](), list[StoredType](), list[str](), list[OfferedSet]()
    reports = list[FleetReport]()
    end = None
    for number, line in enumerate(lines):
        row = _ROW.decode(line)
        if row.assessment is not None:
            _check_times(row.assessment)
            assessments.append(row.assessment)
        elif row.type is not None:
            types.append(row.type)
        elif row.changed is not None:
            changed.append(row.changed)
        elif row.set is not None:
            sets.append(row.set)
        elif row.report is not None:
            reports.append(read_report(row.report))
        elif row.end is not None:
            end = row.end if row.end == number else None
            break
    if end is None:
        raise ValueError("rows are missing")
    check_offers(sets)
    since = None if head.since is None else Position(head.store, head.since, head.since_mark)
    return FleetContent(
        position=Position(head.store, head.to, head.mark),
        since=since,
        at=head.at,
        assessments=tuple(assessments),
        types=None if head.types_at is None else tuple(types),
        types_at=head.types_at,
        changed=tuple(changed),
        sets=tuple(sets),
        reports=tuple(reports),
        addressee=head.addressee,
    )


def _check_times(one: Assessment) -> None:
    """Refuse times without a zone, which nothing here could compare with its own.

    Raises:
        ValueError: there is one.
    """
    if any(at is not None and at.tzinfo is None for at in (one.assessed_at, one.until)):
        raise ValueError("a record has a time without its zone")


def _unpacked(payload: bytes, most: int) -> bytes:
    try:
        unpacker = zlib.decompressobj(wbits=31)
        plain = unpacker.decompress(payload, most + 1)
    except zlib.error as problem:
        raise DocumentRefused(f"The hub's document cannot be unpacked: {problem}.") from problem
    if len(plain) > most:
        raise DocumentRefused(f"The hub's document has more than {most} bytes.")
    if not unpacker.eof:
        raise DocumentRefused("The hub's document was cut off.")
    return plain
