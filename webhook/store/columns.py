"""Column types that both databases share; they convert by :mod:`webhook.store.values`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Dialect, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from webhook.store.values import are_clean, clean, to_microseconds, to_moment


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
        moments = {value: None if value is None else to_microseconds(value) for value in set(values)}
        return [moments[value] for value in values]
    if isinstance(kind, Score):
        return [None if value is None else str(value) for value in values]
    return values
