"""SQLite files: how one is opened, and the first statements of each connection."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor

from webhook.errors import StoreError, StoreUnreachable

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from webhook.store.options import StoreOptions

_HEADER = b"SQLite format 3\x00"
"""The first bytes of every database file (https://www.sqlite.org/fileformat.html#magic_header_string)."""
_SMALLEST_BYTES = 512
"""Size of the smallest database that is not empty: one page (https://www.sqlite.org/fileformat.html#page_size)."""
_JOURNAL_LIMIT_BYTES = 64 * 2**20
_SWITCH_TRIES = 50


def file_engine(url: URL, options: StoreOptions, *, create: bool) -> Engine:
    """An engine for a file. Nothing is opened yet.

    Args:
        url: of the file.
        options: how long another writer is waited for, and how many connections there may be.
        create: whether the file is made when it is not there.
    """
    wait_seconds = options.busy_timeout_ms / 1000
    engine = create_engine(
        url if create else _existing(url),
        # Database begins transactions in words; the driver must not begin any.
        connect_args={"isolation_level": None, "timeout": wait_seconds, "check_same_thread": False},
        pool_size=options.pool_size,
        max_overflow=0,
        pool_timeout=wait_seconds,
    )
    event.listen(engine, "connect", _prepare)
    return engine


def _existing(url: URL) -> URL:
    """The address of an SQLite file that is opened only if it is there (https://www.sqlite.org/uri.html)."""
    return url.set(database=f"file:{quote(url.database or '')}", query={"mode": "rw", "uri": "true"})


def make_folder(path: Path, *, create: bool) -> None:
    """Make the folder of a file that is to be made.

    Args:
        path: of the file.
        create: whether it is made when it is not there.

    Raises:
        StoreUnreachable: there is no file, and none is to be made.
        StoreError: the file is no SQLite database, or the folder cannot be made.
    """
    if path.exists():
        _refuse_other_file(path)
    # A file of no bytes is as good as none: opening it would make a database of it.
    if not create and (not path.exists() or path.stat().st_size == 0):
        raise StoreUnreachable(
            f"There is no database at {path}.",
            remedy="Correct database.url, bring the file back, or mount its volume. `bomgate sbom add`, "
            "`bomgate sbom import`, `bomgate download` and `bomgate db upgrade` make a new one.",
        )
    if path.exists():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise StoreError(
            f"The folder {path.parent} for the database cannot be made: {problem.strerror or problem}.",
            remedy="Make the folder, or give another path in the database's address.",
        ) from problem


def _refuse_other_file(path: Path) -> None:
    """Refuse a short file that is no SQLite database, which SQLite takes for an empty one and overwrites.

    Longer ones SQLite refuses itself. They must not be opened here: this process may have connections to them, and
    closing the file would give up the locks of all of them, so that another process that ends removes the log that
    they go on writing, and the file is damaged (https://www.sqlite.org/howtocorrupt.html, section 2.2). No database is
    that short while somebody has a lock on it.

    Raises:
        StoreError: it is something else, or cannot be read.
    """
    try:
        if not 0 < path.stat().st_size < _SMALLEST_BYTES:
            return
        with path.open("rb") as file:
            start = file.read(len(_HEADER))
    except OSError as problem:
        raise StoreError(
            f"The database file {path} cannot be read: {problem.strerror or problem}.",
            remedy="Check its permissions, or correct database.url.",
        ) from problem
    if start not in (b"", _HEADER):
        raise StoreError(
            f"{path} is not an SQLite database.", remedy="Give the address of another file in database.url."
        )


def _prepare(connection: DBAPIConnection, _: Any) -> None:
    """Set up a new connection; a listener for SQLAlchemy's ``connect`` event."""
    cursor = connection.cursor()
    _use_write_ahead_log(cursor)  # readers and the one writer do not wait for each other
    cursor.execute("PRAGMA synchronous = FULL")  # what was committed survives a power cut: answers cost credits
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA journal_size_limit = {_JOURNAL_LIMIT_BYTES}")
    cursor.close()


def _use_write_ahead_log(cursor: DBAPICursor) -> None:
    """Switch to write-ahead logging, which a new file needs once.

    The switch does not wait for others that have the new file open: it fails at once. So wait for them by a
    transaction, which does wait as long as the options say, and try again.
    """
    for _ in range(_SWITCH_TRIES):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as problem:
            if "locked" not in str(problem):
                raise
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("COMMIT")
        else:
            return
    cursor.execute("PRAGMA journal_mode = WAL")
