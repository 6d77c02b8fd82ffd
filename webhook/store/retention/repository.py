"""Steps of retention: each is a transaction that deletes a little, and commits only while its pass has the lease."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import Connection, select

from webhook.model.leases import Lease
from webhook.model.retention import InventoryAge, Named, PruneKind, PruneRecord, PruneStep, TableSize
from webhook.policy.retention import unneeded
from webhook.store.componentids import forget_unnamed
from webhook.store.database import Change, Database
from webhook.store.interruptions import persistent, tried_twice
from webhook.store.leases import give_back, prolong, take
from webhook.store.removals import forget_removals
from webhook.store.retention import components, images, rows
from webhook.store.retention.sizes import table_sizes, unused_bytes
from webhook.store.runs import is_running
from webhook.store.tables import inventories, prunes, sightings
from webhook.store.values import to_json

if TYPE_CHECKING:
    from webhook.ports import Clock

RETENTION = "retention"
"""The name of the lease of passes."""
_DURATION = dt.timedelta(minutes=2)
_NOTED_AT_ONCE = 2_000
_DELETED = msgspec.json.Decoder(dict[str, int])


class RetentionRepository:
    """Old rows of the database; implements ``RetentionStore``.

    Args:
        database: where they are.
        clock: time.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    @persistent
    def hold(self, holder: str) -> Lease:
        """Take the lease of retention, or renew it when ``holder`` has it; the lease as it is then, whoever has it.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.write() as connection:
            return take(connection, RETENTION, holder, _DURATION)

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
        if kind is PruneKind.HISTORY:
            return self._history(before, most, lease)
        if before is None:
            return PruneStep(kind, 0)
        if kind is PruneKind.IMAGES:
            return self._images(before, int(after or 0), most, named, lease)
        if kind is PruneKind.DOCUMENTS:
            return self._documents(before, int(after or 0), most, named, lease)
        if kind is PruneKind.TAGS:
            return self._tags(before, after, most, named, lease)
        if kind is PruneKind.COMPONENTS:
            return self._components(before, after, most, lease)
        if kind is PruneKind.REQUESTS:
            return self._requests(before, int(after or 0), most, lease)
        if kind is PruneKind.SIGHTINGS:
            return self._sightings(before, most, lease)
        return self._oldest(kind, before, most, lease)

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
            _require(connection, lease)

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

    # -- steps ------------------------------------------------------------------------------------------------------

    def _images(self, before: dt.datetime, after: int, most: int, named: Named, lease: Lease) -> PruneStep:
        with self._database.read() as connection:
            digests, last = images.next_images(connection, after, most)
            gone = unneeded(images.uses(connection, digests, named), before)
        if gone:
            with self._database.change() as change:
                # Seen again, or handed in again, since it was looked at: then it stays.
                gone = unneeded(images.uses(change.connection, gone, named), before)
                why = f"not seen since {before:%Y-%m-%d}"
                images.delete_images(change, list(map(str, gone)), self._clock.now(), why)
                self._fence(change, lease)
        return PruneStep(PruneKind.IMAGES, len(gone), str(last) if digests else None)

    def _tags(self, before: dt.datetime, after: str, most: int, named: Named, lease: Lease) -> PruneStep:
        with self._database.read() as connection:
            pointing = images.next_tags(connection, after, most)
            lost = images.lost_tags(connection, pointing, before, named) if pointing else []
        if lost:
            with self._database.change() as change:
                lost = images.lost_tags(
                    change.connection, [pair for pair in pointing if pair[0] in lost], before, named
                )
                change.discarded = not lost
                if lost:
                    images.delete_tags(change, lost)
                    self._fence(change, lease)
        return PruneStep(PruneKind.TAGS, len(lost), pointing[-1][0] if pointing else None)

    def _documents(self, before: dt.datetime, after: int, most: int, named: Named, lease: Lease) -> PruneStep:
        with self._database.read() as connection:
            digests, last = images.next_images(connection, after, most)
            lost = images.lost_documents(connection, digests, before, named) if digests else []
        deleted = 0
        if lost:
            with self._database.write() as connection:
                deleted = images.delete_documents(connection, lost)
                _require(connection, lease)
        return PruneStep(PruneKind.DOCUMENTS, deleted, str(last) if digests else None)

    def _components(self, before: dt.datetime, after: str, most: int, lease: Lease) -> PruneStep:
        if not after:
            return PruneStep(PruneKind.COMPONENTS, 0, str(self._survey(lease)))
        with self._database.change(lazily=True) as change:
            if is_running(change.connection):  # a run of the downloader counts on what it was to ask for
                change.discarded = True
                return PruneStep(PruneKind.COMPONENTS, 0)
            dealt = components.delete_unnamed(change, before, most, int(after))
            self._fence(change, lease)
        return PruneStep(PruneKind.COMPONENTS, dealt, after if dealt else None)

    def _survey(self, lease: Lease) -> int:
        """Note what no SBOM names, and take back the notes of what one does; the revision of that."""
        with self._database.read() as connection:
            survey = components.Survey(connection)
        now = self._clock.now()
        for start in range(0, len(survey.found), _NOTED_AT_ONCE):
            with self._database.write() as connection:
                components.note_unnamed(connection, survey.found[start : start + _NOTED_AT_ONCE], now)
                _require(connection, lease)
        for start in range(0, len(survey.named_again), _NOTED_AT_ONCE):
            with self._database.write() as connection:
                forget_unnamed(connection, survey.named_again[start : start + _NOTED_AT_ONCE])
                _require(connection, lease)
        return survey.revision

    def _requests(self, before: dt.datetime, after: int, most: int, lease: Lease) -> PruneStep:
        # Whoever changes a request waits for this transaction.
        with self._database.change(lazily=True) as change:
            ended, last = rows.ended_requests(change.connection, before, after, most)
            change.unchanged, change.discarded = True, not ended
            deleted = rows.delete_requests(change.connection, ended) if ended else 0
            self._fence(change, lease)
        return PruneStep(PruneKind.REQUESTS, deleted, str(last) if last else None)

    def _sightings(self, before: dt.datetime, most: int, lease: Lease) -> PruneStep:
        with self._database.read() as connection:
            keys = rows.old_sightings(connection, before, most)
        if keys:
            with self._database.write() as connection:
                rows.delete_sightings(connection, keys, before)
                _require(connection, lease)
        return PruneStep(PruneKind.SIGHTINGS, len(keys), "more" if len(keys) == most else None)

    def _oldest(self, kind: PruneKind, before: dt.datetime, most: int, lease: Lease) -> PruneStep:
        with self._database.read() as connection:
            numbers = rows.oldest(connection, kind, before, most)
        deleted = 0
        if numbers:
            with self._database.write() as connection:
                deleted = rows.delete_oldest(connection, kind, numbers, before)
                _require(connection, lease)
        return PruneStep(kind, deleted, "more" if len(numbers) == most else None)

    def _history(self, before: dt.datetime | None, most: int, lease: Lease) -> PruneStep:
        """What left images, and what no read model needs to be told any more."""
        with self._database.write() as connection:
            removals = forget_removals(connection, most)
            _require(connection, lease)
        step = (
            PruneStep(PruneKind.HISTORY, 0) if before is None else self._oldest(PruneKind.HISTORY, before, most, lease)
        )
        goes_on = step.after is not None or removals == most
        return PruneStep(PruneKind.HISTORY, step.deleted, "more" if goes_on else None)

    def _walk(self, kind: PruneKind, before: dt.datetime, named: Named) -> int:
        """How many images, tags, documents or requests are old, by looking at all of them in small transactions."""
        found, after = set[object](), ""
        while True:
            with self._database.read() as connection:
                some, after = _old(connection, kind, before, after, named)
            found.update(some)
            if not after:
                return len(found)

    def _fence(self, change: Change, lease: Lease) -> None:
        if not change.discarded:
            _require(change.connection, lease)


def _old(
    connection: Connection, kind: PruneKind, before: dt.datetime, after: str, named: Named
) -> tuple[Sequence[object], str]:
    """What of the next portion of a kind is old, and where the portion after it begins; empty at the end."""
    if kind is PruneKind.TAGS:
        pointing = images.next_tags(connection, after, _NOTED_AT_ONCE)
        lost = images.lost_tags(connection, pointing, before, named) if pointing else []
        return lost, pointing[-1][0] if pointing else ""
    if kind is PruneKind.REQUESTS:
        ended, number = rows.ended_requests(connection, before, int(after or 0), _NOTED_AT_ONCE)
        return ended, str(number) if number else ""
    digests, last = images.next_images(connection, int(after or 0), _NOTED_AT_ONCE)
    if not digests:
        return (), ""
    if kind is PruneKind.DOCUMENTS:
        return images.lost_documents(connection, digests, before, named), str(last)
    return unneeded(images.uses(connection, digests, named), before), str(last)


def _require(connection: Connection, lease: Lease) -> None:
    """Renew the lease of the pass; the last thing before the commit, so that a late writer commits nothing.

    Raises:
        LeaseLost: another process took over.
    """
    if not prolong(connection, RETENTION, lease, _DURATION):
        raise lease.lost()
