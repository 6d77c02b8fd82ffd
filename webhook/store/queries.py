"""Queries: rows as the driver gives them, and conditions on many values in one statement.

Statements are compiled once in the life of a process, and given to the driver as they are. SQLAlchemy makes, looks up
and converts a statement each time that it is executed; for what a download does hundreds of times in a minute, that is
most of the time. Column types convert nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ClauseElement,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Integer,
    Select,
    Table,
    Text,
    any_,
    bindparam,
    func,
    insert,
    select,
)

from webhook.store.rows import ASSESSMENT_NAMES, VULNERABILITY_NAMES
from webhook.store.snapshots import Snapshot, portions
from webhook.store.tables.decisions import assessments
from webhook.store.tables.vulnerabilities import vulnerabilities
from webhook.store.values import to_json

Question = Callable[[Dialect], Select[Any]]

AMONG = "among_values"
"""The parameter of :func:`among_values`."""


def columns_of(table: Table, names: Sequence[str]) -> tuple[Column[Any], ...]:
    """Columns by their names, in that order."""
    return tuple(table.c[name] for name in names)


VULNERABILITY_COLUMNS = columns_of(vulnerabilities, VULNERABILITY_NAMES)
"""In the order in which :func:`webhook.store.rows.read_vulnerability` takes them; the last may be left out."""

ASSESSMENT_COLUMNS = columns_of(assessments, ASSESSMENT_NAMES)
"""In the order in which :func:`webhook.store.rows.read_assessment` takes them."""


def snapshot_of(connection: Connection) -> Snapshot:
    """A transaction as its driver has it."""
    return Snapshot(connection.connection.driver_connection, is_sqlite=connection.dialect.name == "sqlite")


def scalar(connection: Connection, make: Callable[[Dialect], ClauseElement], **parameters: object) -> Any:
    """The first value of the first row of a statement that is compiled once in the life of a process; None without one.

    Args:
        connection: inside a transaction.
        make: makes the statement.
        parameters: by name; plain text and numbers.
    """
    compiled = statement(make, connection.dialect)
    return connection.exec_driver_sql(compiled.text, compiled.parameters(**parameters)).scalar()


def raw_rows(connection: Connection, query: Select[Any]) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a query in portions, straight from the driver: no row objects, and never all rows in memory.

    Column types do not convert anything here: values come as the database keeps them, and parameters have to be plain
    text, numbers, or what :func:`among` makes.

    Args:
        connection: inside a transaction.
        query: what to ask.
    """
    compiled = Statement(query, connection.dialect)
    yield from _portions(connection, compiled.text, compiled.parameters())


def page_rows(connection: Connection, query: Select[Any]) -> list[tuple[Any, ...]]:
    """As :func:`raw_rows`, all rows at once: one way to the server and back, where a cursor on it takes three or more.

    Args:
        connection: inside a transaction.
        query: what to ask; it gives a page of rows, and not a table of them.
    """
    compiled = Statement(query, connection.dialect)
    return _at_once(connection, compiled.text, compiled.parameters())


def _at_once(connection: Connection, text: str, parameters: Any) -> list[tuple[Any, ...]]:
    driver = connection.connection.driver_connection
    assert driver is not None
    options = {"binary": True} if connection.dialect.name == "postgresql" else {}
    with closing(driver.cursor(**options)) as cursor:
        cursor.execute(text, parameters)
        return [tuple(row) for row in cursor.fetchall()]


def rows_among(
    connection: Connection, query: Question, values: Sequence[str] | Sequence[int], **more: object
) -> Iterator[list[tuple[Any, ...]]]:
    """As :func:`raw_rows`, for a question that is asked again and again: compiled once in the life of a process.

    Args:
        connection: inside a transaction.
        query: makes the query, whose one condition on ``values`` is the :func:`among_values` of a column.
        values: what that column may be.
        more: its other parameters, by name.
    """
    compiled = statement(query, connection.dialect)
    parameters = compiled.parameters(**more, **{AMONG: listed(connection.dialect, values)})
    yield from _portions(connection, compiled.text, parameters)


def found_among(
    connection: Connection, query: Question, values: Sequence[str] | Sequence[int]
) -> list[tuple[Any, ...]]:
    """As :func:`rows_among`, all rows at once: one way to the server and back. For values of which there are hundreds.

    Args:
        connection: inside a transaction.
        query: makes the query, as for :func:`rows_among`.
        values: what that column may be.
    """
    compiled = statement(query, connection.dialect)
    return _at_once(connection, compiled.text, compiled.parameters(**{AMONG: listed(connection.dialect, values)}))


def _portions(connection: Connection, text: str, parameters: Any) -> Iterator[list[tuple[Any, ...]]]:
    driver = connection.connection.driver_connection
    assert driver is not None
    if connection.dialect.name == "postgresql":
        # A cursor on the server, read in portions.
        return portions(driver.cursor(name="bomgate_rows", binary=True), text, parameters)
    return portions(driver.cursor(), text, parameters)


def among(connection: Connection, column: Column[Any], values: Sequence[str] | Sequence[int]) -> ColumnElement[bool]:
    """The condition that a column is one of these values, however many, as one parameter.

    ``IN`` with a parameter for each value would be compiled again for each number of values, and is limited.
    """
    return _is_among(connection.dialect, column, None, listed(connection.dialect, values))


def among_values(dialect: Dialect, column: Column[Any]) -> ColumnElement[bool]:
    """The same condition for :func:`rows_among` and :func:`change_among`, which bring the values."""
    return _is_among(dialect, column, AMONG, None)


def _is_among(dialect: Dialect, column: Column[Any], name: str | None, listed: object) -> ColumnElement[bool]:
    if dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        kind = postgresql.ARRAY(Integer() if isinstance(column.type, Integer) else Text())
        return column == any_(bindparam(name, listed, type_=kind))
    each = func.json_each(bindparam(name, listed, type_=Text())).table_valued("value")
    return column.in_(select(each.c.value))


def listed(dialect: Dialect, values: Sequence[str] | Sequence[int]) -> object:
    """Values as the one parameter that a column is compared with."""
    return list(values) if dialect.name == "postgresql" else to_json(list(values))


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
