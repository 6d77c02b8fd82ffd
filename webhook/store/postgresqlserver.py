"""PostgreSQL servers: how one is connected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event

from webhook.store.addresses import has_several_hosts
from webhook.store.interruptions import Persistence, watch_connections

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from webhook.store.options import StoreOptions

_HOST_SECONDS = 2  # the least that libpq takes; what a dead first host costs each new connection


def server_engine(url: URL, options: StoreOptions, persistence: Persistence) -> Engine:
    """An engine for a server. Nothing is connected yet.

    Args:
        url: of the server, or of several.
        options: time-outs, and how many connections there may be.
        persistence: learns when a server was reached.
    """
    connect_seconds = options.connect_timeout_seconds
    if has_several_hosts(url):
        connect_seconds = min(connect_seconds, _HOST_SECONDS)
    engine = create_engine(
        url,
        connect_args={
            "connect_timeout": connect_seconds,
            "application_name": "bomgate",
            "prepare_threshold": None,  # a prepared statement belongs to a session, and a pooler changes sessions
            # A server that vanished without a word is noticed in seconds, whether it owes an answer or is owed one.
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
        },
        pool_size=options.pool_size,
        max_overflow=0,
        pool_timeout=options.busy_timeout_ms / 1000,
    )
    event.listen(engine, "do_executemany", _execute_many)
    watch_connections(engine, url, persistence)
    return engine


def _execute_many(cursor: Any, statement: str, parameters: Any, _: Any) -> bool:
    """Execute a statement for many parameters; a listener that stands in for SQLAlchemy's own call on PostgreSQL.

    psycopg ends such a batch with a flush, and that disarms PostgreSQL's limit on idle transactions: a process paused
    just then would keep its locks for ever. Another statement arms it again.
    """
    cursor.executemany(statement, parameters)
    cursor.connection.execute("SELECT 1")
    return True
