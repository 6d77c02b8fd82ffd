"""The connection to the database: transactions that readers and writers can rely on.

Readers see one moment: a deferred read transaction on SQLite, REPEATABLE READ on PostgreSQL. Writers of anything that a
decision depends on wait for each other: raising the revision is the first thing they do, and the lock on it is held
until they commit. So revisions become visible in order, and a reader that has revision 7 has missed nothing before it.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Dialect, Engine, Select, Table, Text, bindparam, func, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import ReturningUpdate

from webhook.errors import StoreError
from webhook.store import schema
from webhook.store.addresses import parse_address, shown_address, sqlite_path
from webhook.store.failures import is_interruption, lost_answer, told
from webhook.store.interruptions import Persistence
from webhook.store.postgresqlserver import server_engine
from webhook.store.queries import scalar
from webhook.store.snapshots import Snapshot
from webhook.store.sqlitefile import file_engine, make_folder
from webhook.store.tables.revisions import marks
from webhook.store.tables.revisions import revision as revision_table

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

    from webhook.policy.typetable import TypeTable
    from webhook.ports import Clock
    from webhook.store.options import StoreOptions

    Upsert = sqlite.Insert | postgresql.Insert


_IDLE_SECONDS = 15
"""Seconds that PostgreSQL waits for a writer's next statement; less than any lease lasts."""


@dataclass(slots=True)
class Change:
    """A transaction that raises the revision.

    Attributes:
        connection: to work with.
        revision: the new value; written on every row that the transaction touches.
        types: those of the settings; None where they are not known.
        discarded: set it when there turned out to be nothing to change; the transaction is then rolled back.
        unchanged: of a change that raises the revision lazily: set it when nothing that a decision depends on was
            written, so that the revision stays as it is.
    """

    connection: Connection
    revision: int
    types: TypeTable | None = None
    discarded: bool = False
    unchanged: bool = False


class Database:
    """One database; safe to use from several threads, which get connections of their own.

    Nothing is connected before the first transaction, so that a process can start while a server is down.

    Args:
        options: where it is.
        clock: time, for how long interrupted work is tried again.
        create: whether an SQLite file that is not there is made; else it counts as a database that does not answer.
        types: those of the settings, where they are known.

    Raises:
        ConfigError: the address is not one of a usable database.
    """

    def __init__(
        self, options: StoreOptions, clock: Clock, *, create: bool = True, types: TypeTable | None = None
    ) -> None:
        self.url = parse_address(options.url)
        self.persistence = Persistence(clock, options.busy_timeout_ms / 1000)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._options, self._create = options, create
        self._types = types
        self._engine = self._make_engine()
        self._schema_lock = threading.Lock()
        self._schema_known = False

    def _make_engine(self) -> Engine:
        if self.is_sqlite:
            return file_engine(self.url, self._options, create=self._create)
        return server_engine(self.url, self._options, self.persistence)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one moment and changes nothing.

        Raises:
            StoreError: the database does not do its part, or its schema is of another version.
        """
        with told(self.url):
            self._check_schema()
            with self._reading() as connection:
                yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """As :meth:`read`, for SQL that the driver is given as it is."""
        with self.read() as connection:
            yield Snapshot(connection.connection.driver_connection, is_sqlite=self.is_sqlite)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that changes what no decision depends on; committed at the end unless something was raised.

        Raises:
            StoreError: as for :meth:`read`; nothing was changed.
        """
        with told(self.url):
            self._check_schema()
            with self._writing() as connection:
                yield connection
                connection.commit()

    @contextmanager
    def change(self, *, lazily: bool = False) -> Iterator[Change]:
        """A transaction that raises the revision; committed at the end unless discarded or something was raised.

        Args:
            lazily: raise the revision at the end, and only if what was written is of weight for a decision; other
                writers wait from the beginning all the same.

        Raises:
            StoreError: as for :meth:`read`; nothing was changed.
        """
        mark = secrets.token_hex(16)
        with told(self.url):
            self._check_schema()
            with self._writing() as connection:
                revision = scalar(connection, _next) if lazily else scalar(connection, _raised, new_mark=mark)
                change = Change(connection, revision, self._types)
                yield change
                if lazily and not (change.discarded or change.unchanged):
                    scalar(connection, _raised, new_mark=mark)
                if not change.discarded:
                    self._commit(change, mark)

    def _commit(self, change: Change, mark: str) -> None:
        """Commit; when the connection is lost meanwhile, find out whether the database did."""
        try:
            change.connection.commit()
        except DBAPIError as problem:
            if problem.orig is None or not is_interruption(problem.orig):
                raise
            change.connection.close()
            try:
                kept = self.persistence.persist(lambda: self._has_mark(change.revision, mark))
            except StoreError:
                raise lost_answer(self.url) from problem
            if not kept:
                raise

    def _has_mark(self, revision: int, mark: str) -> bool:
        """Whether a revision was committed with this mark; waits for a transaction that still has to end."""
        with told(self.url), self._writing() as connection:
            connection.execute(select(revision_table.c.value).with_for_update())
            query = select(marks.c.mark).where(marks.c.revision == revision)
            return connection.execute(query).scalar() == mark

    def upgrade(self) -> None:
        """Bring the schema to this program's version; several processes may do so at once.

        Raises:
            StoreError: the database belongs to a newer program, or does not do its part.
        """
        with told(self.url):
            self._look_at_file()
            with self._writing() as connection:
                if not self.is_sqlite:
                    schema.lock_postgresql(connection)
                schema.upgrade(connection)
                connection.commit()
            self._schema_known = True

    @contextmanager
    def read_any_schema(self) -> Iterator[Connection]:
        """As :meth:`read`, without looking at the schema's version; for showing what is wrong with it."""
        with told(self.url):
            self._look_at_file()
            with self._reading() as connection:
                yield connection

    def upsert(self, table: Table) -> Upsert:
        """An INSERT that can say what to do about rows that are there already."""
        return upserting(self._engine.dialect, table)

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
                yield connection
            else:
                yield connection.execution_options(isolation_level="REPEATABLE READ")

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                # For this transaction only: a pooler may give the session to somebody else afterwards.
                limits = {
                    "lock_timeout": f"{self._options.busy_timeout_ms}ms",
                    # A process that is paused or unreachable in the middle keeps no lock, and cannot commit later.
                    "idle_in_transaction_session_timeout": f"{_IDLE_SECONDS}s",
                }
                connection.execute(select(*(func.set_config(name, value, True) for name, value in limits.items())))
            yield connection

    def _check_schema(self) -> None:
        """Look at the schema's version, once in the life of the process; an SQLite file is upgraded on the way."""
        if not self._schema_known:
            with self._schema_lock:
                self._learn_schema()

    def _learn_schema(self) -> None:
        if self._schema_known:  # another thread was faster
            return
        with self.read_any_schema() as connection:
            found = schema.found_version(connection)
            schema.refuse_newer(connection, found)
            is_usable = schema.is_usable(connection, found)
        if not is_usable:
            if not self.is_sqlite:
                raise schema.outdated(found, shown_address(self.url))
            self.upgrade()
        self._schema_known = True

    def _look_at_file(self) -> None:
        path = sqlite_path(self.url)
        if path is not None:
            make_folder(path, create=self._create)


def _next(_: Dialect) -> Select[Any]:
    return select(revision_table.c.value + 1).with_for_update()


def _raised(_: Dialect) -> ReturningUpdate[Any]:
    following = {"value": revision_table.c.value + 1, "mark": bindparam("new_mark", type_=Text())}
    return update(revision_table).values(following).returning(revision_table.c.value)


def current_revision(connection: Connection) -> int:
    """The newest revision that this transaction sees."""
    return int(connection.execute(select(revision_table.c.value)).scalar_one())


def upserting(dialect: Dialect, table: Table) -> Upsert:
    """An INSERT that can say what to do about rows that are there already."""
    if dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    return sqlite.insert(table)
