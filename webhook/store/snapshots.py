"""Snapshots: transactions that see one moment, read through the driver alone in SQL that both databases take.

A read model is loaded in this way. A short command such as ``bomgate check`` needs nothing else of the store, and
loading SQLAlchemy would take longer than everything else it does.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from webhook.store import schema
from webhook.store.values import to_json

if TYPE_CHECKING:
    from webhook.model.purls import Purl
    from webhook.store.database import Database
    from webhook.store.options import StoreOptions

PORTION = 500
"""Rows that are fetched at a time: below the 700 new objects at which Python looks for garbage. Larger is slower."""
_PARAMETER = re.compile(r":([a-z_]+)")


class Snapshot:
    """A transaction for reading, as the driver has it.

    Args:
        driver: its connection.
        is_sqlite: else it is PostgreSQL's.
    """

    def __init__(self, driver: Any, *, is_sqlite: bool) -> None:
        self._driver, self.is_sqlite = driver, is_sqlite

    def rows(self, query: str, **parameters: object) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a query in portions, with the values that the database keeps, and never all rows in memory.

        Args:
            query: in SQL that both databases take; parameters are ``:name``, and it has no other colon or percent sign.
            parameters: by name; a list is what :meth:`among` compares a column with.
        """
        if self.is_sqlite:
            listed = {name: to_json(value) if isinstance(value, list) else value for name, value in parameters.items()}
            yield from portions(self._driver.cursor(), query, listed)
        else:
            # A cursor on the server, read in portions.
            cursor = self._driver.cursor(name="bomgate_rows", binary=True)
            yield from portions(cursor, _PARAMETER.sub(r"%(\1)s", query), parameters or None)

    def among(self, column: str, name: str) -> str:
        """The condition that a column is one of the values, however many, of a parameter."""
        values = select(("value",), f"json_each(:{name})")
        return f"{column} IN ({values})" if self.is_sqlite else f"{column} = ANY(:{name})"


def portions(cursor: Any, query: str, parameters: object) -> Iterator[list[tuple[Any, ...]]]:
    """Execute a query, and give its rows in portions.

    Args:
        cursor: of the driver; closed at the end.
        query: as the driver takes it.
        parameters: as the driver takes them.
    """
    try:
        cursor.execute(query, parameters)
        while rows := cursor.fetchmany(PORTION):
            yield rows
    finally:
        cursor.close()


def select(names: Sequence[str], table: str, *clauses: str) -> str:
    """A query made of words of this package; values are parameters.

    Args:
        names: of columns.
        table: or several, joined.
        clauses: what follows.
    """
    return " ".join(("SELECT", ", ".join(names), "FROM", table, *clauses))


class Snapshots(Protocol):
    """Begins transactions for reading: a database, or an SQLite file alone."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """A transaction that sees one moment and changes nothing.

        Raises:
            StoreError: the database does not do its part, or its schema is of another version.
        """


class FileSnapshots:
    """Reads an SQLite file with the schema of this program; leaves any other file to :class:`Database`.

    The database creates or upgrades the file, or says what is wrong with it.

    Args:
        path: the file.
        options: how long another writer is waited for.
        database: opens the same file as a database.
    """

    def __init__(self, path: Path, options: StoreOptions, database: Callable[[], Database]) -> None:
        self._address = f"file:{quote(str(path))}?mode=rw"  # which makes no file (https://www.sqlite.org/uri.html)
        self._wait_seconds, self._database = options.busy_timeout_ms / 1000, database

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """A transaction that sees one moment and changes nothing.

        Raises:
            StoreError: see :meth:`Snapshots.snapshot`.
        """
        connection = self._connect()
        if connection is None:
            with self._database().snapshot() as snapshot:
                yield snapshot
            return
        try:
            yield Snapshot(connection, is_sqlite=True)
        except sqlite3.Error as problem:
            from webhook.store.failures import store_error

            raise store_error(problem, self._database().url) from problem
        finally:
            connection.close()

    def _connect(self) -> sqlite3.Connection | None:
        """A connection in a transaction; None when the file cannot be read as it is."""
        with suppress(sqlite3.Error):
            connection = sqlite3.connect(self._address, self._wait_seconds, isolation_level=None, uri=True)
            try:
                connection.execute("BEGIN")
                if connection.execute(schema.FOUND_VERSION).fetchone() == (schema.VERSION,):
                    return connection
            except sqlite3.Error:
                pass
            connection.close()
        return None


def ids_of(snapshot: Snapshot, purls: Sequence[Purl]) -> dict[Purl, int]:
    """Ids of those components that have a row."""
    by_text: dict[str, Purl] = {str(purl): purl for purl in purls}
    query = select(("purl", "id"), "components", "WHERE", snapshot.among("purl", "purls"))
    return {by_text[text]: number for rows in snapshot.rows(query, purls=list(by_text)) for text, number in rows}
