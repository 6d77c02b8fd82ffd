"""Values as both databases keep them: clean text, JSON, times as whole numbers, packed component ids."""

from __future__ import annotations

import datetime as dt
import sys
from array import array
from collections.abc import Iterable

import msgspec

from webhook.model.changes import UINT32

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)
_LAST_SECOND = 2**32 - 1
_FIRST = (dt.datetime.min.replace(tzinfo=dt.UTC) - EPOCH) // MICROSECOND
_LAST = (dt.datetime.max.replace(tzinfo=dt.UTC) - EPOCH) // MICROSECOND
"""An offset can lead beyond the years 1 to 9999; such a row could be written and never be read."""


def are_clean(texts: Iterable[str | None]) -> bool:
    """Whether it is certain, by one look at all of them, that any database takes these texts as they are."""
    together = "".join([text for text in texts if text])
    return together.isascii() and "\0" not in together


def clean(text: str) -> str:
    """The text with everything replaced that is no valid UTF-8 or that PostgreSQL does not take."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def to_json(value: object) -> str:
    """JSON text for a column or a parameter."""
    return "[]" if value == () else msgspec.json.encode(value, enc_hook=plain_text).decode()


def plain_text(value: object) -> str:
    """For msgspec, which does not write strings of other classes, such as purls and digests, by itself.

    Raises:
        NotImplementedError: the value is no string.
    """
    if isinstance(value, str):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} is not stored")


def to_microseconds(moment: dt.datetime) -> int:
    """The number of microseconds since 1970 at an aware time; the first or the last time of UTC for one beyond it."""
    return min(max((moment - EPOCH) // MICROSECOND, _FIRST), _LAST)


def to_moment(microseconds: int) -> dt.datetime:
    """The time of a number of microseconds since 1970."""
    return EPOCH + dt.timedelta(microseconds=microseconds)


def to_seconds(moment: dt.datetime) -> int:
    """Whole seconds since 1970 as the read model counts them: an unsigned 32-bit number, at least 1 (0 means never)."""
    return min(max(int(moment.timestamp()), 1), _LAST_SECOND)


def pack(ids: Iterable[int]) -> bytes:
    """Component ids as little-endian unsigned 32-bit numbers."""
    numbers = array(UINT32, ids)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def unpack(packed: bytes) -> array[int]:
    """The ids of :func:`pack`."""
    numbers = array(UINT32)
    numbers.frombytes(packed)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
