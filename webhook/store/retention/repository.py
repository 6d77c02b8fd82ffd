"""Retention in the database: counts and deletes old rows under a lease, and remembers the last pass."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import Connection, select

from webhook.model.leases import Lease
from webhook.model.retention import InventoryAge, Named, PruneKind, PruneRecord, PruneStep, TableSize
from webhook.policy.retention import unneeded
from webhook.store.database import Database
from webhook.store.interruptions import persistent, tried_twice
from webhook.store.leases import give_back, take
from webhook.store.retention import components, images, rows
from webhook.store.retention.sizes import table_sizes, unused_bytes
from webhook.store.retention.steps import AT_ONCE, DURATION, RETENTION, PruneSteps, require
from webhook.store.tables.revisions import prunes
from webhook.store.tables.workloads import inventories, sightings
from webhook.store.values import to_json

if TYPE_CHECKING:
    from webhook.ports import Clock

_DELETED = msgspec.json.Decoder(dict[str, int])


class RetentionRepository:
    """Old rows of the database; implements ``RetentionStore``.

    Args:
        database: where they are.
        clock: time.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._steps = database, PruneSteps(database, clock)

    @persistent
    def hold(self, holder: str) -> Lease:
        """Take the lease of retention, or renew it when ``holder`` has it; the lease as it is then, whoever has it.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.write() as connection:
            return take(connection, RETENTION, holder, DURATION)

    @persistent
    def release(self, lease: Lease) -> None:
        """Give the lease back; harmless when it is lost.

        Raises:
            StoreError: the database does not answer; the lease ends by itself.
        """
        with self._database.write() as connection:
            give_back(connection, RETENTION, lease)

    @tried_twice
    def inventory(self) -> InventoryAge:
        """How much is known of what runs.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            taken_at = connection.execute(select(inventories.c.taken_at)).scalar_one_or_none()
            seen = connection.execute(select(sightings.c.name).limit(1)).first()
        return InventoryAge(taken_at, seen is not None)

    @tried_twice
    def named(self) -> Named:
        """What workloads of the cluster and people's assessments name now.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return images.named(connection)

    @persistent
    def prune(
        self, kind: PruneKind, before: dt.datetime | None, after: str, most: int, named: Named, lease: Lease
    ) -> PruneStep:
        """Delete some of what is old; see :meth:`webhook.ports.retention.RetentionStore.prune`.

        Raises:
            LeaseLost: another process took over; nothing was deleted.
            StoreError: nothing was deleted.
        """
        return self._steps.take(kind, before, after, most, named, lease)

    @tried_twice
    def count(self, kind: PruneKind, before: dt.datetime | None, named: Named) -> int:
        """How many of a kind are old.

        Raises:
            StoreError: the database does not answer.
        """
        if before is None:
            return 0
        with self._database.read() as connection:
            if kind is PruneKind.COMPONENTS:
                return components.count_unnamed(connection, before)
            if kind in rows.AGEING or kind is PruneKind.SIGHTINGS:
                return rows.count_rows(connection, kind, before)
        return self._walk(kind, before, named)

    @persistent
    def finish(self, record: PruneRecord, lease: Lease) -> None:
        """Remember a pass that came to its end.

        Raises:
            LeaseLost: another process took over; it was not remembered.
            StoreError: it was not remembered.
        """
        values = {"finished_at": record.finished_at, "deleted": to_json(dict(record.deleted)), "kept": record.kept}
        with self._database.write() as connection:
            upsert = self._database.upsert(prunes).values(id=1, **values)
            connection.execute(upsert.on_conflict_do_update(index_elements=["id"], set_=values))
            require(connection, lease)

    @tried_twice
    def last(self) -> PruneRecord | None:
        """The last pass that came to its end; None when there was none.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            row = connection.execute(select(prunes.c.finished_at, prunes.c.deleted, prunes.c.kept)).one_or_none()
        return None if row is None else PruneRecord(row.finished_at, _DELETED.decode(row.deleted), row.kept)

    @tried_twice
    def sizes(self) -> Sequence[TableSize]:
        """Tables with rows, the largest first.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return table_sizes(connection)

    @tried_twice
    def unused_bytes(self) -> int | None:
        """Room in an SQLite file that deleted rows have left and new ones will take; None on PostgreSQL.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return unused_bytes(connection)

    def _walk(self, kind: PruneKind, before: dt.datetime, named: Named) -> int:
        """How many images, tags, documents or requests are old, by looking at all of them in small transactions."""
        found, after = set[object](), ""
        while True:
            with self._database.read() as connection:
                some, after = _old(connection, kind, before, after, named)
            found.update(some)
            if not after:
                return len(found)


def _old(
    connection: Connection, kind: PruneKind, before: dt.datetime, after: str, named: Named
) -> tuple[Sequence[object], str]:
    """What of the next portion of a kind is old, and where the portion after it begins; empty at the end."""
    if kind is PruneKind.TAGS:
        pointing = images.next_tags(connection, after, AT_ONCE)
        lost = images.lost_tags(connection, pointing, before, named) if pointing else []
        return lost, pointing[-1][0] if pointing else ""
    if kind is PruneKind.REQUESTS:
        ended, number = rows.ended_requests(connection, before, int(after or 0), AT_ONCE)
        return ended, str(number) if number else ""
    digests, last = images.next_images(connection, int(after or 0), AT_ONCE)
    if not digests:
        return (), ""
    if kind is PruneKind.DOCUMENTS:
        return images.lost_documents(connection, digests, before, named), str(last)
    return unneeded(images.uses(connection, digests, named), before), str(last)
