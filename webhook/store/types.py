"""Assessment types that the cluster names, and those that people made in the console."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection, literal, select

from webhook.errors import ChangedMeanwhile
from webhook.model.assessments import AssessmentType, StoredType, TypeOrigin
from webhook.model.triage import AuditNote
from webhook.store.database import Change, Database
from webhook.store.interruptions import persistent, tried_twice
from webhook.store.queries import columns_of, raw_rows
from webhook.store.rows import TYPE_NAMES, read_type, type_definition
from webhook.store.tables.decisions import assessment_types as table
from webhook.store.triage.journal import write_note
from webhook.store.values import clean

_COLUMNS = columns_of(table, TYPE_NAMES)
_CHANGED = ("definition", "source", "retired", "revision")
_NOT_OF_CLUSTER = (TypeOrigin.CONSOLE.value, TypeOrigin.FLEET.value)
_Row = dict[str, object]


def stored_types(connection: Connection) -> Sequence[StoredType]:
    """All of them, the retired ones too, in order of their names."""
    query = select(*_COLUMNS).order_by(table.c.name)
    return [read_type(row) for portion in raw_rows(connection, query) for row in portion]


class TypeRepository:
    """The assessment types of the database.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @tried_twice
    def list(self) -> Sequence[StoredType]:
        """All of them, the retired ones too, in order of their names.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return stored_types(connection)

    @persistent
    def provision(self, types: Sequence[AssessmentType]) -> int:
        """Make the cluster's types that are not retired equal to ``types``; no longer named ones are retired.

        Types that people made stay as they are. None of those in force is replaced by one of the cluster.

        Raises:
            StoreError: nothing was changed.
        """
        with self._database.read() as connection:
            if not _difference(connection, types):
                return 0
        with self._database.change() as change:
            rows = _difference(change.connection, types)  # again: another process may have come first
            for row in rows:
                self._write(change, {**row, "source": TypeOrigin.CLUSTER.value})
            change.discarded = not rows
        return len(rows)

    @persistent
    def edit(self, one: AssessmentType, *, retired: bool, note: AuditNote, at: dt.datetime, since: int) -> int:
        """Keep a type that people made, or changed, with a row in the audit log.

        Args:
            one: its definition.
            retired: whether it can no longer be given.
            note: for the audit log.
            at: the time of the change, UTC.
            since: the revision that it was planned with.

        Returns:
            The new revision.

        Raises:
            ChangedMeanwhile: some type was changed since; nothing was kept.
            StoreError: nothing was kept.
        """
        row = {"name": one.name, "definition": type_definition(one), "retired": retired}
        with self._database.change() as change:
            newer = select(table.c.name).where(table.c.revision > literal(since)).limit(1)
            name = change.connection.execute(newer).scalar()
            if name is not None:
                raise ChangedMeanwhile(
                    f"The assessment type {name} was changed after you loaded it.",
                    remedy="Look at the types again, then decide.",
                )
            self._write(change, {**row, "source": TypeOrigin.CONSOLE.value})
            write_note(change.connection, note, at)
        return change.revision

    def _write(self, change: Change, row: _Row) -> None:
        insert = self._database.upsert(table).values(**row, revision=change.revision)
        changed = {name: insert.excluded[name] for name in _CHANGED}
        change.connection.execute(insert.on_conflict_do_update(index_elements=["name"], set_=changed))


def _difference(connection: Connection, types: Sequence[AssessmentType]) -> list[_Row]:
    """The rows that differ from what the cluster wants."""
    stored = {name: (definition, retired, source) for name, definition, retired, source in _all(connection)}
    made = {name for name, (_, is_retired, source) in stored.items() if not is_retired and source in _NOT_OF_CLUSTER}
    taken = {name.casefold() for name in made}
    wanted = {clean(known.name): clean(type_definition(known)) for known in types if known.name.casefold() not in taken}
    new: list[_Row] = [
        {"name": name, "definition": definition, "retired": False}
        for name, definition in wanted.items()
        if stored.get(name) != (definition, False, TypeOrigin.CLUSTER.value)
    ]
    gone: list[_Row] = [
        {"name": name, "definition": definition, "retired": True}
        for name, (definition, retired, _) in stored.items()
        if name not in wanted and name not in made and not retired
    ]
    return new + gone


def _all(connection: Connection) -> list[tuple[str, str, bool, str]]:
    rows = connection.execute(select(*_COLUMNS))
    return [(name, definition, bool(retired), source) for name, definition, retired, source in rows]
