"""Many rows at once: added and changed by statements that are compiled once, with values converted column by column."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Insert, Table, Update

from webhook.store.columns import CleanText, stored_values
from webhook.store.queries import AMONG, Statement, insertion, listed, statement
from webhook.store.values import are_clean

Change = Callable[[Dialect], Insert | Update | Delete]


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Add many rows.

    Args:
        connection: inside a transaction.
        table: where to.
        rows: at least one; all with the same columns.
    """
    insert_columns(connection, table, {name: [row[name] for row in rows] for name in rows[0]})


def insert_columns(connection: Connection, table: Table, columns: Mapping[str, Sequence[object]]) -> None:
    """Add many rows, given by their columns.

    Args:
        connection: inside a transaction.
        table: where to.
        columns: by name; all of the same length, at least 1.
    """
    compiled = insertion(table, tuple(columns), connection.dialect)
    kinds = {name: table.c[name].type for name in columns}
    texts: dict[str, Sequence[Any]] = {name: of for name, of in columns.items() if isinstance(kinds[name], CleanText)}
    clean = are_clean(chain.from_iterable(texts.values()))
    stored = {name: of if clean and name in texts else stored_values(kinds[name], of) for name, of in columns.items()}
    _execute(connection, compiled, stored)


def change_each(connection: Connection, change: Change, columns: Mapping[str, Sequence[object]]) -> None:
    """Execute a statement for many values of its parameters.

    Args:
        connection: inside a transaction.
        change: makes the statement.
        columns: values of each parameter, as the database keeps them; all of the same length, at least 1.
    """
    _execute(connection, statement(change, connection.dialect), columns)


def change_among(connection: Connection, change: Change, values: Sequence[int], **more: object) -> None:
    """Change the rows of which a column is one of these values.

    Args:
        connection: inside a transaction.
        change: makes the statement, whose one condition on ``values`` is the ``among_values`` of a column.
        values: what that column may be.
        more: its other parameters, by name.
    """
    compiled = statement(change, connection.dialect)
    parameters = compiled.parameters(**more, **{AMONG: listed(connection.dialect, values)})
    if compiled.order is None:
        connection.exec_driver_sql(compiled.text, parameters)
    else:
        _sqlite(connection).execute(compiled.text, parameters)


def _execute(connection: Connection, compiled: Statement, columns: Mapping[str, Sequence[object]]) -> None:
    if compiled.order is None:
        named = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        connection.exec_driver_sql(compiled.text, named)
    else:
        _sqlite(connection).executemany(compiled.text, zip(*[columns[name] for name in compiled.order], strict=True))


def _sqlite(connection: Connection) -> sqlite3.Connection:
    """The driver's connection, past SQLAlchemy, which would log and wrap what needs neither."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver
