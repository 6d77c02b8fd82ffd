"""Statements: compiled once in the life of a process, and given to the driver as they are.

SQLAlchemy makes, looks up and converts a statement each time that it is executed. For what a download does hundreds of
times in a minute that is most of the time. Column types convert nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ClauseElement, Dialect, Table, insert


class Statement:
    """A statement as a driver takes it.

    Args:
        statement: what to compile.
        dialect: of the database.
        columns: of an INSERT.
    """

    def __init__(self, statement: ClauseElement, dialect: Dialect, columns: Sequence[str] | None = None) -> None:
        extra: dict[str, Any] = {} if columns is None else {"column_keys": list(columns)}
        compiled: Any = statement.compile(dialect=dialect, **extra)
        self.text = str(compiled)
        self.order: tuple[str, ...] | None = tuple(compiled.positiontup or ()) if dialect.positional else None
        self._constants: dict[str, object] = dict(compiled.params)

    def parameters(self, **named: object) -> Any:
        """The parameters as the driver takes them, by place or by name."""
        every = {**self._constants, **named}
        return (every or None) if self.order is None else tuple([every[name] for name in self.order])


@lru_cache(maxsize=64)
def statement(make: Callable[[Dialect], ClauseElement], dialect: Dialect) -> Statement:
    """What a function makes, compiled for a database."""
    return Statement(make(dialect), dialect)


@lru_cache(maxsize=64)
def insertion(table: Table, names: tuple[str, ...], dialect: Dialect) -> Statement:
    """An INSERT of these columns."""
    return Statement(insert(table), dialect, names)
