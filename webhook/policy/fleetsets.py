"""Sets on their way from a hub to its members: the list of them, and bodies, which are MessagePack under zlib.

A body is believed because a signed list names its digest. Nothing of it is unpacked before that was compared.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import zlib
from collections.abc import Sequence

import msgspec

from webhook.errors import DocumentRefused
from webhook.model.advisories import FORMAT, AdvisorySet
from webhook.model.exploitation import ExploitKind, ExploitSet
from webhook.model.fleetsets import SET_KINDS, OfferedSet

_LEVEL = 6
_MOST_SETS = 1_000
_LONGEST = 200
_UNPACKED = 8
"""A body has at most so many times the bytes unpacked that it may have packed."""
_DIGEST = re.compile(r"[0-9a-f]{64}\Z").match
_OFFERS = msgspec.json.Decoder(tuple[OfferedSet, ...])


class _Exploits(msgspec.Struct):
    kind: str
    as_of: int
    values: dict[str, int]


_EXPLOITS, _ADVISORIES = msgspec.msgpack.Decoder(_Exploits), msgspec.msgpack.Decoder(AdvisorySet)


def digest_of_body(body: bytes) -> str:
    """SHA-256 in hex digits."""
    return hashlib.sha256(body).hexdigest()


def encode_offers(offers: Sequence[OfferedSet]) -> bytes:
    """The list of sets, as JSON."""
    return msgspec.json.encode(offers)


def decode_offers(body: bytes) -> tuple[OfferedSet, ...]:
    """The sets of a list.

    Raises:
        DocumentRefused: it is no such list.
    """
    try:
        offers = _OFFERS.decode(body)
    except (ValueError, RecursionError) as problem:
        raise DocumentRefused(f"The hub's list of sets cannot be read: {str(problem)[:200]}.") from problem
    check_offers(offers)
    return offers


def check_offers(offers: Sequence[OfferedSet]) -> None:
    """Refuse a list that a hub would not write.

    Raises:
        DocumentRefused: it is one.
    """
    if len(offers) > _MOST_SETS or not all(map(_is_sound, offers)):
        raise DocumentRefused("The hub's list of sets has one that cannot be, or too many.")


def _is_sound(offer: OfferedSet) -> bool:
    return (
        offer.kind in SET_KINDS
        and _DIGEST(offer.digest) is not None
        and max(len(offer.source), len(offer.name)) <= _LONGEST
        and min(offer.size, offer.records) >= 0
        and offer.checked_at.tzinfo is not None
    )


def pack_exploits(content: ExploitSet) -> bytes:
    """The body of a set of KEV or EPSS; the same for the same content."""
    values = dict(sorted(content.values.items()))
    return zlib.compress(
        msgspec.msgpack.encode(_Exploits(content.kind.value, content.as_of.toordinal(), values)), _LEVEL
    )


def read_exploits(body: bytes, kind: ExploitKind, most: int) -> ExploitSet:
    """The set of a body.

    Args:
        body: whose digest was compared.
        kind: that it has to be of.
        most: bytes that a body may have.

    Raises:
        DocumentRefused: it is no such set.
    """
    try:
        found = _EXPLOITS.decode(_unpacked(body, most))
        as_of = dt.date.fromordinal(found.as_of)
    except (ValueError, OverflowError, RecursionError) as problem:
        raise _unreadable(problem) from problem
    if found.kind != kind or any(not name or len(name) > _LONGEST for name in found.values):
        raise DocumentRefused("The hub's set says what it is not.")
    return ExploitSet(kind, as_of, found.values)


def read_advisories(body: bytes, most: int) -> AdvisorySet:
    """The advisories of a body.

    Args:
        body: whose digest was compared.
        most: bytes that a body may have.

    Raises:
        DocumentRefused: they are none, or of another version of bomgate.
    """
    try:
        found = _ADVISORIES.decode(_unpacked(body, most))
    except (ValueError, RecursionError) as problem:
        raise _unreadable(problem) from problem
    if found.format != FORMAT:
        raise DocumentRefused(
            f"The hub keeps advisories in format {found.format}, and this member reads {FORMAT}.",
            remedy="Bring hub and member to the same version of bomgate; what was loaded before is kept.",
        )
    count = len(found.advisories)
    if any(not 0 <= affected.advisory < count for those in found.packages.values() for affected in those):
        raise DocumentRefused("The hub's set names advisories that it does not have.")
    return found


def _unpacked(body: bytes, most: int) -> bytes:
    try:
        unpacker = zlib.decompressobj()
        plain = unpacker.decompress(body, most * _UNPACKED + 1)
    except zlib.error as problem:
        raise DocumentRefused(f"The hub's set cannot be unpacked: {problem}.") from problem
    if len(plain) > most * _UNPACKED or not unpacker.eof or unpacker.unused_data:
        raise DocumentRefused("The hub's set is larger than maxMegabytes of its source allows, or was cut off.")
    return plain


def _unreadable(problem: Exception) -> DocumentRefused:
    return DocumentRefused(
        f"The hub's set cannot be read: {str(problem)[:200]}.",
        remedy="Bring hub and member to the same version of bomgate; what was loaded before is kept.",
    )
