"""Column types and conversions that both databases share: times as whole numbers, clean text, packed component ids."""

from __future__ import annotations

import datetime as dt
import sys
from array import array
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Dialect, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from webhook.model.changes import UINT32

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_LAST_SECOND = 2**32 - 1


class Moment(TypeDecorator[dt.datetime]):
    """An aware time as whole microseconds since 1970 (UTC): exact, sortable, and the same in both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> int | None:
        """To the database."""
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> dt.datetime | None:
        """From the database."""
        return None if value is None else to_moment(value)


class CleanText(TypeDecorator[str]):
    """Text from outside: what a database cannot hold (NUL, halves of surrogate pairs) becomes a replacement character.

    On PostgreSQL it sorts and compares by code point, as SQLite and Python do.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """The column type of each database."""
        return Text(collation="C" if dialect.name == "postgresql" else None)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """To the database."""
        return None if value is None else clean(value)


class Score(TypeDecorator[Decimal]):
    """A CVSS score as text, so that 9.80 stays what the source wrote."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """To the database."""
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        """From the database."""
        return None if value is None else Decimal(value)


def stored_values(kind: TypeEngine[Any], values: Sequence[Any]) -> Sequence[Any]:
    """The values of a column as a driver takes them: what the column types above do, for many at once."""
    if isinstance(kind, CleanText):
        return values if are_clean(values) else [value if value is None else clean(value) for value in values]
    if isinstance(kind, Moment):
        moments = {value: None if value is None else (value - _EPOCH) // _MICROSECOND for value in set(values)}
        return [moments[value] for value in values]
    if isinstance(kind, Score):
        return [None if value is None else str(value) for value in values]
    return values


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
    """The number of microseconds since 1970 at an aware time."""
    return (moment - _EPOCH) // _MICROSECOND


def to_moment(microseconds: int) -> dt.datetime:
    """The time of a number of microseconds since 1970."""
    return _EPOCH + dt.timedelta(microseconds=microseconds)


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
