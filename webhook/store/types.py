"""Assessment types that the cluster names."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from webhook.model.assessments import AssessmentType, StoredType
from webhook.store.database import Database
from webhook.store.interruptions import persistent, tried_twice
from webhook.store.queries import columns_of, raw_rows
from webhook.store.rows import TYPE_NAMES, read_type, type_definition
from webhook.store.tables import assessment_types as table
from webhook.store.values import clean

_COLUMNS = columns_of(table, TYPE_NAMES)
_SOURCE = "cluster"
_Row = dict[str, object]


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
            query = select(*_COLUMNS).order_by(table.c.name)
            return [read_type(row) for portion in raw_rows(connection, query) for row in portion]

    @persistent
    def provision(self, types: Sequence[AssessmentType]) -> int:
        """Make the types that are not retired equal to ``types``; what is no longer named is retired, never deleted.

        Raises:
            StoreError: nothing was changed.
        """
        with self._database.read() as connection:
            if not _difference(connection, types):
                return 0
        with self._database.change() as change:
            rows = _difference(change.connection, types)  # again: another process may have come first
            for row in rows:
                insert = self._database.upsert(table).values(**row, source=_SOURCE, revision=change.revision)
                changed = {name: insert.excluded[name] for name in ("definition", "source", "retired", "revision")}
                change.connection.execute(insert.on_conflict_do_update(index_elements=["name"], set_=changed))
            change.discarded = not rows
        return len(rows)


def _difference(connection: Connection, types: Sequence[AssessmentType]) -> list[_Row]:
    """The rows that differ from what is wanted."""
    rows = connection.execute(select(*_COLUMNS))
    there: dict[str, tuple[str, bool]] = {name: (definition, retired) for name, definition, retired in rows}
    wanted = {clean(assessment_type.name): clean(type_definition(assessment_type)) for assessment_type in types}
    new: list[_Row] = [
        {"name": name, "definition": definition, "retired": False}
        for name, definition in wanted.items()
        if there.get(name) != (definition, False)
    ]
    gone: list[_Row] = [
        {"name": name, "definition": definition, "retired": True}
        for name, (definition, retired) in there.items()
        if name not in wanted and not retired
    ]
    return new + gone
