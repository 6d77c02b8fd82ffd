"""The database itself: its schema's version and what is in it."""

from __future__ import annotations

from sqlalchemy import Connection, distinct, func, select

from webhook.model.components import ComponentState
from webhook.model.records import StoreStatus
from webhook.store import schema
from webhook.store.addresses import shown_address
from webhook.store.coverage import counts_by_state
from webhook.store.database import Database, current_revision
from webhook.store.queries import snapshot_of
from webhook.store.runs import last_run
from webhook.store.tables.decisions import assessments
from webhook.store.tables.sboms import sboms
from webhook.store.tables.vulnerabilities import vulnerabilities


class AdminRepository:
    """Upgrades and shows the database.

    Args:
        database: which one.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def upgrade(self) -> None:
        """Bring the schema to the version of this program; several processes may do so at once.

        Raises:
            StoreError: the database belongs to a newer program, or does not do its part; nothing was changed.
        """
        self._database.upgrade()

    def status(self, *, counted: bool = True) -> StoreStatus:
        """Schema version, revision and counts; of a database that cannot be used only the version.

        Args:
            counted: False leaves out the counts, which take long in a large store.

        Raises:
            StoreError: the database cannot be reached; the sentence says why.
        """
        url = shown_address(self._database.url)
        with self._database.read_any_schema() as connection:
            found = schema.found_version(connection)
            if not schema.is_usable(connection, found):
                return StoreStatus(url, found, schema.VERSION, usable=False)
            return StoreStatus(
                url=url,
                schema=found,
                expected_schema=schema.VERSION,
                revision=current_revision(connection),
                counts=_counts(connection) if counted else {},
                last_run=last_run(connection),
            )


def _counts(connection: Connection) -> dict[str, int]:
    states = counts_by_state(snapshot_of(connection))
    documents, images = connection.execute(select(func.count(), func.count(distinct(sboms.c.digest)))).one()
    counts = {"components": sum(states.values()), "sboms": int(documents), "images": int(images)}
    for table in (vulnerabilities, assessments):
        counts[table.name] = int(connection.execute(select(func.count()).select_from(table)).scalar_one())
    for state in ComponentState:
        if state is not ComponentState.UNUSABLE:  # such components have no row
            counts[state.name.lower()] = states.get(state, 0)
    return counts
