"""How people search lists: the patterns that they write, and time limits.

A question that takes too long is ended by the database itself.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select
from sqlalchemy.exc import DBAPIError

from webhook.errors import TooBroad
from webhook.store.database import Database

SECONDS = 1.0
"""For one page."""

_STEPS = 20_000
"""Steps of SQLite's virtual machine between two looks at the clock: less than a millisecond."""

_CANCELED = "57014"  # query_canceled: https://www.postgresql.org/docs/current/errcodes-appendix.html


@contextmanager
def limited(database: Database, seconds: float = SECONDS) -> Iterator[Connection]:
    """A reading transaction in which the database gives up after some seconds.

    Args:
        database: what to ask.
        seconds: for all questions together on SQLite, for each of them on PostgreSQL.

    Raises:
        TooBroad: it did.
        StoreError: the database does not answer.
    """
    with database.read() as connection:
        try:
            with _clock(connection, seconds):
                yield connection
        except Exception as problem:
            if _was_ended(problem):
                raise too_broad() from problem
            raise


def too_broad() -> TooBroad:
    """The error for a question that takes too long."""
    return TooBroad("Searching this list with these filters takes too long.")


@contextmanager
def _clock(connection: Connection, seconds: float) -> Iterator[None]:
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.set_config("statement_timeout", f"{int(seconds * 1000)}ms", True)))
        yield
        return
    driver: Any = connection.connection.driver_connection
    end = time.monotonic() + seconds
    driver.set_progress_handler(lambda: time.monotonic() >= end, _STEPS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)


def _was_ended(problem: Exception) -> bool:
    cause: Any = problem.orig if isinstance(problem, DBAPIError) else problem
    if isinstance(cause, sqlite3.Error):
        return cause.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT
    return getattr(cause, "sqlstate", None) == _CANCELED


ESCAPE = "\\"
_LAST = "\U0010ffff"


def containing(text: str) -> str:
    """A pattern for LIKE that holds what contains a text, in lower case."""
    return f"%{_escaped(text.lower())}%"


def matches(column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
    """Whether a column matches a pattern with ``*`` wildcards; the part before the first is looked up by an index."""
    start, star, _ = pattern.partition("*")
    if not star:
        return column == pattern
    like = column.like(_escaped(pattern).replace("*", "%"), escape=ESCAPE)
    return like if not start else (column >= start) & (column < start + _LAST) & like


def _escaped(text: str) -> str:
    return text.replace(ESCAPE, ESCAPE * 2).replace("%", f"{ESCAPE}%").replace("_", f"{ESCAPE}_")
