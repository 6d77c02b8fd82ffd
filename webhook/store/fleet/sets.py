"""Sets of the hub's store, as its members get them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select

from webhook.model.exploitation import ExploitKind, ExploitSet
from webhook.model.fleetsets import ADVISORIES, KeptSet
from webhook.policy.fleetsets import pack_exploits
from webhook.store.advisoryrows import infos_of
from webhook.store.database import Database
from webhook.store.interruptions import persistent, tried_twice
from webhook.store.queries import raw_rows
from webhook.store.tables.advisories import advisory_sets, exploit_sets, exploits

_A, _S, _E = advisory_sets.c, exploit_sets.c, exploits.c


class HubSetRepository:
    """The sets of the database; implements ``HubSets``.

    Args:
        database: of the hub.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @tried_twice
    def sets(self) -> Sequence[KeptSet]:
        """What is kept, without its content; not what the program that tried last could not read.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            found = [
                KeptSet(
                    info.source,
                    ADVISORIES,
                    info.ecosystem,
                    info.digest,
                    info.checked_at,
                    info.changed_at,
                    info.advisories,
                )
                for info in infos_of(connection)
                if not info.is_unreadable
            ]
            for row in connection.execute(select(exploit_sets).order_by(_S.source)):
                name = ExploitKind(row.kind).name
                found.append(
                    KeptSet(row.source, row.kind, name, row.digest, row.checked_at, row.changed_at, row.entries)
                )
        return found

    @persistent
    def body(self, kept: KeptSet) -> bytes | None:
        """The body of a set; None when it was replaced meanwhile.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            if kept.kind == ADVISORIES:
                query = select(_A.payload).where(
                    _A.source == kept.source, _A.ecosystem == kept.name, _A.digest == kept.digest
                )
                found: bytes | None = connection.execute(query).scalar()
                return found
            there = select(_S.as_of).where(_S.source == kept.source, _S.kind == kept.kind, _S.digest == kept.digest)
            as_of = connection.execute(there).scalar()
            if as_of is None:
                return None
            query_values = select(_E.name, _E.value).where(_E.source == kept.source)
            values = {name: value for rows in raw_rows(connection, query_values) for name, value in rows}
        return pack_exploits(ExploitSet(ExploitKind(kept.kind), dt.date.fromordinal(as_of), values))
