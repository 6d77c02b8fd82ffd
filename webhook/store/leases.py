"""Leases in the database: its clock says when they end, and a fencing number keeps late writers out.

No clock of a machine decides, because those of two machines differ. Nothing is held by a session of the database, which
a pooler may share and a failover ends: a lease is a row.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Select,
    Text,
    bindparam,
    case,
    literal_column,
    or_,
    select,
    update,
)

from webhook.model.leases import Lease
from webhook.store.database import upserting
from webhook.store.queries import scalar
from webhook.store.tables.runs import leases

_MICROSECOND = dt.timedelta(microseconds=1)
_POSTGRESQL_NOW = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"
_SQLITE_NOW = "CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000"


def database_time(connection: Connection, later: dt.timedelta = dt.timedelta(0)) -> ColumnElement[int]:
    """The time by the clock of the database, in microseconds since 1970, or some time later."""
    return _now(connection.dialect) + later // _MICROSECOND


def _now(dialect: Dialect) -> ColumnElement[int]:
    return literal_column(_POSTGRESQL_NOW if dialect.name == "postgresql" else _SQLITE_NOW, BigInteger)


def take(connection: Connection, name: str, holder: str, duration: dt.timedelta) -> Lease:
    """Take a lease that is free or has ended, or prolong that of ``holder``; as it is afterwards, whoever has it."""
    now, until = database_time(connection), database_time(connection, duration)
    its_own = (leases.c.holder == holder) & (leases.c.until > now)
    fence = case((its_own, leases.c.fence), else_=leases.c.fence + 1)
    taking = upserting(connection.dialect, leases).values(name=name, holder=holder, until=until, fence=1)
    connection.execute(
        taking.on_conflict_do_update(
            index_elements=["name"],
            set_={"holder": holder, "until": until, "fence": fence},
            where=or_(leases.c.holder == holder, leases.c.until <= now),
        )
    )
    row = connection.execute(select(leases.c.holder, leases.c.fence, leases.c.until).where(leases.c.name == name)).one()
    return Lease(row.holder, row.fence, row.until)


def prolong(connection: Connection, name: str, lease: Lease, duration: dt.timedelta) -> bool:
    """Renew a lease; whether it could be: not when it has ended, even if nobody has taken it since."""
    now, until = database_time(connection), database_time(connection, duration)
    return (
        connection.execute(update(leases).where(_is(name, lease), leases.c.until > now).values(until=until)).rowcount
        > 0
    )


def give_back(connection: Connection, name: str, lease: Lease) -> None:
    """End a lease; harmless when it is lost. The row stays, so that the next fencing number is higher."""
    ended = update(leases).where(_is(name, lease)).values(holder="", until=dt.datetime.fromtimestamp(0, dt.UTC))
    connection.execute(ended)


def abandoned(connection: Connection, name: str) -> Lease | None:
    """A lease that has ended without being given back, until somebody takes it; None when there is none."""
    ended = (leases.c.name == name) & (leases.c.holder != "") & (leases.c.until <= database_time(connection))
    row = connection.execute(select(leases.c.holder, leases.c.fence, leases.c.until).where(ended)).one_or_none()
    return None if row is None else Lease(row.holder, row.fence, row.until)


def require(connection: Connection, name: str, lease: Lease) -> None:
    """Refuse to go on in this transaction unless the lease is in force; nobody can take it before the transaction ends.

    It is the last thing that a transaction does, because the renewal of the same lease waits for it.

    Raises:
        LeaseLost: it is not.
    """
    if not scalar(connection, _held, its_name=name, its_holder=lease.holder, its_fence=lease.fence):
        raise lease.lost()


def _held(dialect: Dialect) -> Select[Any]:
    held = select(leases.c.until > _now(dialect)).where(
        leases.c.name == bindparam("its_name", type_=Text()),
        leases.c.holder == bindparam("its_holder", type_=Text()),
        leases.c.fence == bindparam("its_fence", type_=BigInteger()),
    )
    return held.with_for_update(read=True)


def _is(name: str, lease: Lease) -> ColumnElement[bool]:
    return (leases.c.name == name) & (leases.c.holder == lease.holder) & (leases.c.fence == lease.fence)
