"""The hub's types among those of a member's store."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from webhook.model.actions import Action
from webhook.model.assessments import StoredType, TypeOrigin
from webhook.store.database import Change, Database
from webhook.store.queries import columns_of
from webhook.store.rows import TYPE_NAMES, read_type, type_definition
from webhook.store.tables.decisions import assessment_types as table
from webhook.store.values import clean

_COLUMNS = columns_of(table, TYPE_NAMES)


def keep_types(database: Database, change: Change, types: Sequence[StoredType]) -> bool:
    """Make the hub's types in the store equal to ``types``; whether something was changed.

    A type that was defined here under the same name gives way, unless it is in force and stricter, or the hub has
    retired its own.

    Args:
        database: of the member.
        change: the transaction.
        types: all that the hub has.
    """
    stored = {row[0]: (row[1], read_type(row)) for row in change.connection.execute(select(*_COLUMNS))}
    rows = []
    for known in types:
        name, definition = clean(known.type.name), clean(type_definition(known.type))
        there = stored.get(name)
        if there is not None:
            is_same = there[0] == definition and there[1].retired == known.retired
            if there[1].origin is TypeOrigin.FLEET and is_same:
                continue
            if there[1].origin is not TypeOrigin.FLEET and _stays(there[1], known):
                continue
        rows.append({"name": name, "definition": definition, "retired": known.retired})
    for row in rows:
        made = database.upsert(table).values(**row, source=TypeOrigin.FLEET.value, revision=change.revision)
        changed = {name: made.excluded[name] for name in ("definition", "source", "retired", "revision")}
        change.connection.execute(made.on_conflict_do_update(index_elements=["name"], set_=changed))
    return bool(rows)


def _stays(local: StoredType, hubs: StoredType) -> bool:
    if local.retired:
        return hubs.retired and _rank(local) >= _rank(hubs)
    return hubs.retired or _rank(local) > _rank(hubs)


def _rank(known: StoredType) -> Action:
    return known.type.action
