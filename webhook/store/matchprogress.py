"""How far components were matched with advisories: by the id of the last one, and by ecosystem with which sets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, func, insert, select, update

from webhook.model.advisories import MatchedEcosystem, MatchProgress
from webhook.model.uncovered import LARGEST_ECOSYSTEM
from webhook.store.tables.advisories import advisory_ecosystems, advisory_state
from webhook.store.tables.components import components
from webhook.store.values import to_seconds

if TYPE_CHECKING:
    from webhook.store.database import Change, Database

_E = advisory_ecosystems.c


def progress_of(connection: Connection) -> MatchProgress:
    """With which sets components were matched, and how far."""
    row = connection.execute(select(advisory_state.c.fingerprint, advisory_state.c.through)).one_or_none()
    newest = connection.execute(select(func.max(components.c.id))).scalar()
    marks = {row.ecosystem: row.mark for row in connection.execute(select(_E.ecosystem, _E.mark))}
    fingerprint, through = ("", -1) if row is None else (row.fingerprint, row.through)
    return MatchProgress(fingerprint, through, -1 if newest is None else int(newest), marks)


def note_through(database: Database, change: Change, values: Mapping[str, Any]) -> None:
    """Note up to which component all were matched, and tell read models of those that this is news about.

    Args:
        database: which one.
        change: a transaction.
        values: ``through`` and ``asks``, and ``fingerprint`` where that is to change.
    """
    connection, asks, through = change.connection, values["asks"], values["through"]
    row = connection.execute(select(advisory_state.c.through, advisory_state.c.asks)).one_or_none()
    upsert = database.upsert(advisory_state).values(**{"id": 1, "fingerprint": "", **values})
    connection.execute(upsert.on_conflict_do_update(index_elements=["id"], set_=values))
    # What read models take for not matched yet, or for not asked, they have to be told of.
    before = -1 if row is None or bool(row.asks) != asks else row.through
    moved = (components.c.id > before) & (components.c.id <= through)
    connection.execute(update(components).where(moved).values(revision=change.revision))


def note_matched(connection: Connection, matched: Sequence[MatchedEcosystem]) -> None:
    """Write with what each ecosystem was matched, and forget the others."""
    names = [ecosystem.name for ecosystem in matched]
    connection.execute(delete(advisory_ecosystems).where(_E.ecosystem.not_in(names)))
    note_ecosystems(connection, {ecosystem.name: ecosystem.checked_at for ecosystem in matched})
    for ecosystem in matched:
        values = {"mark": ecosystem.mark, "checked_at": to_seconds(ecosystem.checked_at)}
        connection.execute(update(advisory_ecosystems).where(_E.ecosystem == ecosystem.name).values(values))


def note_ecosystems(connection: Connection, checks: Mapping[str, dt.datetime]) -> None:
    """Give a number to the ecosystems that have none yet.

    Args:
        connection: inside a transaction.
        checks: by ecosystem when its sets were last checked.
    """
    there = {row.ecosystem: row.id for row in connection.execute(select(_E.ecosystem, _E.id))}
    free = (number for number in range(1, LARGEST_ECOSYSTEM + 1) if number not in there.values())
    for name in sorted(set(checks) - set(there)):
        values = {"ecosystem": name, "mark": "", "checked_at": to_seconds(checks[name])}
        connection.execute(insert(advisory_ecosystems).values(id=next(free), **values))


def confirm_ecosystem(connection: Connection, ecosystem: str, mark: str, at: dt.datetime) -> bool:
    """Make what sets with this mark say as of a later time; whether that changed anything."""
    those = (_E.ecosystem == ecosystem) & (_E.mark == mark) & (_E.checked_at < to_seconds(at))
    noted = update(advisory_ecosystems).where(those).values(checked_at=to_seconds(at))
    return connection.execute(noted).rowcount > 0
