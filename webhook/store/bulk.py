"""Many rows at once: added and changed by statements that are compiled once, with values converted column by column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection, Delete, Dialect, Insert, Table, Update

from webhook.store.columns import stored_values
from webhook.store.compiled import Statement, insertion, statement
from webhook.store.database import AMONG, listed

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
    _execute(connection, compiled, {name: stored_values(table.c[name].type, of) for name, of in columns.items()})


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
    connection.exec_driver_sql(compiled.text, parameters)


def _execute(connection: Connection, compiled: Statement, columns: Mapping[str, Sequence[object]]) -> None:
    if compiled.order is None:
        named = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        connection.exec_driver_sql(compiled.text, named)
    else:
        ordered = zip(*[columns[name] for name in compiled.order], strict=True)
        connection.exec_driver_sql(compiled.text, list(ordered))
