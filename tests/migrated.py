"""New SQLite files begin in tests as the migrations leave them: a process runs these once, and keeps what they made.

Half of the tests make a file, and forty migrations take thirty times as long as the statements that are left of them.
What migrations choose at random is chosen for each file. Files with tables, and PostgreSQL, are migrated as ever; tests
about the migrations ask for the fixture ``migrations``.

And nothing waits for the disk: what was committed survives a process that is killed, though not a machine.
"""

from __future__ import annotations

import re
import secrets
import threading
from typing import Any

from sqlalchemy import Connection, create_engine

from webhook.store import schema, sqlitefile

migrate = schema.upgrade
"""The product's own."""
_prepare = sqlitefile._prepare
_RANDOM = re.compile(r"'[0-9a-f]{32}'")
_lock = threading.Lock()
_outcome: list[str] = []


def install() -> None:
    """From now on, give new SQLite files in this process what the migrations make, and let none wait for the disk."""
    schema.upgrade = _upgrade
    sqlitefile._prepare = _prepare_without_disk


def _prepare_without_disk(connection: Any, record: Any) -> None:
    _prepare(connection, record)
    connection.execute("PRAGMA synchronous = OFF")


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name != "sqlite" or connection.exec_driver_sql("SELECT 1 FROM sqlite_master").first():
        migrate(connection)
        return
    file = _driver(connection)
    for statement in outcome():
        file.execute(_RANDOM.sub(lambda _: f"'{secrets.token_hex(16)}'", statement))


def outcome() -> list[str]:
    """The statements that make a database as the migrations leave it."""
    with _lock:
        if not _outcome:
            engine = create_engine("sqlite://")
            with engine.begin() as connection:
                migrate(connection)
                _outcome.extend(list(_driver(connection).iterdump())[1:-1])  # without BEGIN and COMMIT
            engine.dispose()
    return _outcome


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
