"""Interruptions: connections that are lost or lead to a server that is no primary any more, and what is done then.

After a failover a connection can live and be of no use: its server has become a standby, or the session was opened
while the database was read-only. Such connections are dropped, and what they interrupted is done again, for as long as
a server that takes over needs. Nothing that a repository does is harmed by being done twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from sqlalchemy import Engine, event
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import InvalidatePoolError

from webhook.store.failures import Interrupted, is_interruption

if TYPE_CHECKING:
    import psycopg

    from webhook.ports import Clock

_PAUSE_SECONDS = 0.2
_ANY_SERVER = ("standby", "prefer-standby", "read-only")
_IN_RECOVERY = "SELECT pg_is_in_recovery()"
P = ParamSpec("P")
T = TypeVar("T")


class Persistence:
    """Does interrupted work again for a while, counted from the beginning of the outage.

    A process that has never reached the database is not kept waiting, and neither is work that begins later in an
    outage: it fails at once, and whoever wants it done tries again.

    Args:
        clock: time.
        seconds: how long a server that takes over is waited for.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock, self._seconds = clock, seconds
        self._lock = threading.Lock()
        self._outage: float | None = None
        self.reached = False

    def persist(self, work: Callable[[], T], *, patiently: bool = True) -> T:
        """Do work to its end.

        Args:
            work: what to do.
            patiently: wait for a server that takes over; else it is only tried once more.

        Raises:
            Interrupted: it was interrupted again and again.
        """
        deadline: float | None = None
        tries = 0
        while True:
            tries += 1
            try:
                done = work()
            except Interrupted:
                now = self._clock.monotonic()
                if deadline is None:
                    deadline = self._began(now) + self._seconds
                if not self.reached or now >= deadline or (tries > 1 and not patiently):
                    raise
                if patiently:
                    self._clock.sleep(_PAUSE_SECONDS)
            else:
                self._outage = None
                return done

    def _began(self, now: float) -> float:
        with self._lock:
            if self._outage is None:
                self._outage = now
            return self._outage


def persistent(method: Callable[Concatenate[Any, P], T]) -> Callable[Concatenate[Any, P], T]:
    """Make a method of a repository be done again when it was interrupted; it has to bear being done twice."""
    return _again(method, patiently=True)


def tried_twice(method: Callable[Concatenate[Any, P], T]) -> Callable[Concatenate[Any, P], T]:
    """As :func:`persistent`, for what a request waits for: it is tried once more, at once."""
    return _again(method, patiently=False)


def _again(method: Callable[Concatenate[Any, P], T], *, patiently: bool) -> Callable[Concatenate[Any, P], T]:
    @wraps(method)
    def persisting(self: Any, *arguments: P.args, **named: P.kwargs) -> T:
        persistence: Persistence = self._database.persistence
        return persistence.persist(lambda: method(self, *arguments, **named), patiently=patiently)

    return cast(Callable[Concatenate[Any, P], T], persisting)


def watch_connections(engine: Engine, url: URL, persistence: Persistence) -> None:
    """Drop connections of a PostgreSQL engine that were lost or lead to a standby; in place of SQLAlchemy's own ping.

    Args:
        engine: whose pool is watched.
        url: may ask for a standby in so many words (``target_session_attrs``); then one is good enough.
        persistence: learns that a server was reached.
    """
    import psycopg

    any_server = url.query.get("target_session_attrs") in _ANY_SERVER

    def connected(connection: psycopg.Connection[Any], record: Any) -> None:
        try:
            if not any_server and _is_standby(connection):
                raise psycopg.errors.ReadOnlySqlTransaction("the server is a standby (in recovery)")
        except psycopg.Error:
            connection.close()
            raise
        persistence.reached = True
        record.info["checked"] = True

    def taken(connection: psycopg.Connection[Any], record: Any, _: Any) -> None:
        if record.info.pop("checked", False):
            return
        try:
            useless = _is_standby(connection) and not any_server
        except psycopg.Error:
            useless = True
        if useless:
            raise InvalidatePoolError

    def failed(context: ExceptionContext) -> None:
        if is_interruption(context.original_exception):
            context.is_disconnect = True

    event.listen(engine, "connect", connected)
    event.listen(engine, "checkout", taken)
    event.listen(engine, "handle_error", failed)


def _is_standby(connection: psycopg.Connection[Any]) -> bool:
    """Asked outside any transaction, in one round trip."""
    connection.autocommit = True
    try:
        row = connection.execute(_IN_RECOVERY).fetchone()
    finally:
        if not connection.closed:
            connection.autocommit = False
    return row is not None and bool(row[0])
