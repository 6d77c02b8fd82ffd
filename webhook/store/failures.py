"""Failures of the database, said in a sentence with a remedy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from webhook.errors import StoreError, StoreUnreachable
from webhook.store.addresses import shown_address

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True, slots=True)
class _Trouble:
    """What is wrong with the database (continues "The database at … "), and what to do."""

    sentence: str
    remedy: str


_BUSY = _Trouble(
    "is busy: another writer held its lock for too long.",
    "Try again; nothing was changed. If it stays busy, look for a process that holds a transaction open.",
)
_FULL = _Trouble(
    "has no room left on its disk.",
    "Make room on the disk and try again; nothing was changed, and what was stored before is intact.",
)
_READ_ONLY = _Trouble(
    "is read-only.",
    "Give the user that runs bomgate write access to the file and its folder.",
)
_STANDBY = _Trouble(
    "does not take changes now: the server is a standby, or its database is read-only.",
    "If it goes on, let the address lead to the primary; with several hosts in it, bomgate finds the primary itself.",
)
_UNREACHABLE = _Trouble(
    "cannot be reached.", "Check that it runs and that the address, the network and any network policy are right."
)
_DENIED = _Trouble("refused the user or the password.", "Check the user and the password in the database's address.")
_FORBIDDEN = _Trouble(
    "does not let this user do that.", "Grant the user all rights on the tables, or let it own the database."
)
_ABSENT = _Trouble("does not exist.", "Create the database, or correct its name in the address.")
_CROWDED = _Trouble(
    "takes no more connections.",
    "Raise max_connections of the server, or lower the pool size of the replicas.",
)
_SCHEMA = _Trouble("lacks tables or columns that this bomgate needs.", "Run `bomgate db upgrade`.")
_DAMAGED = _Trouble("is damaged.", "Restore the file from a backup, or delete it and add the SBOMs again.")
_FOREIGN = _Trouble("is not an SQLite database.", "Give the address of another file, or move this one out of the way.")
_CANNOT_OPEN = _Trouble(
    "cannot be opened.", "Check that its folder exists and that the user that runs bomgate may write there."
)
_DISK = _Trouble("could not be read or written.", "Check the disk and the file's permissions.")
_POOL = _Trouble(
    "is busy: all connections of this process are in use.", "Try again in a moment, or raise the pool size."
)
_OTHER = _Trouble("failed.", StoreError.default_remedy)
_PASSING = (_BUSY, _UNREACHABLE, _STANDBY, _CROWDED, _POOL)
_INTERRUPTIONS = (_UNREACHABLE, _STANDBY)

_SQLITE = {  # primary result codes: https://www.sqlite.org/rescode.html
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_NOTADB: _FOREIGN,
    sqlite3.SQLITE_CANTOPEN: _CANNOT_OPEN,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_IOERR: _DISK,
}
_POSTGRESQL = {  # longest match first: https://www.postgresql.org/docs/current/errcodes-appendix.html
    "42501": _FORBIDDEN,
    "42P01": _SCHEMA,
    "42703": _SCHEMA,
    "25001": _STANDBY,
    "25006": _STANDBY,
    "25P03": _UNREACHABLE,
    "3D000": _ABSENT,
    "40001": _BUSY,
    "40P01": _BUSY,
    "55P03": _BUSY,
    "53100": _FULL,
    "53300": _CROWDED,
    "28": _DENIED,
    "08": _UNREACHABLE,
    "57P": _UNREACHABLE,
}


class Interrupted(StoreUnreachable):
    """A connection was lost, or led to a server that takes no changes; nothing was committed over it."""


@contextmanager
def told(url: URL) -> Iterator[None]:
    """Turn what the database at ``url`` raises into a StoreError: a StoreUnreachable when it may pass by itself."""
    try:
        yield
    except _database_errors(url) as problem:
        raise store_error(problem, url) from problem
    except UnicodeError as problem:  # a name with halves of surrogate pairs, which no database can hold
        raise StoreError(
            "A text holds characters that cannot be stored.", remedy="Remove them from the input."
        ) from problem


def store_error(problem: Exception, url: URL) -> StoreError:
    """The sentence and the remedy for a failure."""
    cause = problem.orig if isinstance(problem, DBAPIError) and problem.orig is not None else problem
    if isinstance(problem, PoolTimeout):
        trouble = _POOL
    elif isinstance(cause, sqlite3.Error):
        trouble = _SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF, _OTHER)
    elif _is_postgresql(cause):
        trouble = _postgresql(cause)
    else:
        trouble = _OTHER
    said = _said(cause, url) if trouble not in (_BUSY, _POOL) else ""
    kind = StoreUnreachable if trouble in _PASSING else StoreError
    if trouble in _INTERRUPTIONS and _is_postgresql(cause):
        kind = Interrupted
    return kind(f"The database at {shown_address(url)} {trouble.sentence}{said}", remedy=trouble.remedy)


def is_interruption(problem: BaseException) -> bool:
    """Whether PostgreSQL, or the way to it, ended the use of a connection by this."""
    return _is_postgresql(problem) and _postgresql(problem) in _INTERRUPTIONS


def lost_answer(url: URL) -> StoreUnreachable:
    """The error for a commit whose answer was lost, when the database cannot be asked about it either."""
    return StoreUnreachable(
        f"The database at {shown_address(url)} was lost while it committed; whether the change was kept is not known.",
        remedy="Look whether the change is there once the database answers again, and repeat it if it is not.",
    )


def _database_errors(url: URL) -> tuple[type[Exception], ...]:
    """What SQLAlchemy and the driver of an address raise; the driver of PostgreSQL is not loaded for an SQLite file."""
    if url.get_backend_name() == "sqlite":
        return (SQLAlchemyError, sqlite3.Error)
    import psycopg

    return (SQLAlchemyError, sqlite3.Error, psycopg.Error)


def _is_postgresql(problem: BaseException) -> TypeGuard[psycopg.Error]:
    import psycopg

    return isinstance(problem, psycopg.Error)


def _postgresql(cause: psycopg.Error) -> _Trouble:
    text, state = str(cause), cause.sqlstate
    if state is not None:
        return next((trouble for prefix, trouble in _POSTGRESQL.items() if state.startswith(prefix)), _OTHER)
    # While a connection is being made there is no SQLSTATE, only the server's (or libpq's) message.
    if "does not exist" in text and "database" in text:
        return _ABSENT
    if "authentication failed" in text or "no pg_hba.conf entry" in text:
        return _DENIED
    if "too many clients" in text or "too many connections" in text:
        return _CROWDED
    import psycopg

    return _UNREACHABLE if isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError) else _OTHER


def _said(cause: BaseException, url: URL) -> str:
    """What the database itself said, on one line and without the password."""
    text = " ".join(str(cause).split())[:300]
    if url.password:
        text = text.replace(str(url.password), "***")
    return f" Database message: {text}{'' if text.endswith(('.', '?')) else '.'}" if text else ""
