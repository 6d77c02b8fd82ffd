"""Time limits: a question of a person that takes too long is ended by the database itself."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, func, select
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
    return TooBroad("This list takes too long to search with these filters.")


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
