"""Steps of retention: each is a transaction that deletes a little, and commits only while its pass has the lease."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from webhook.model.leases import Lease
from webhook.model.retention import Named, PruneKind, PruneStep
from webhook.policy.retention import unneeded
from webhook.store.componentids import forget_unnamed
from webhook.store.database import Change, Database
from webhook.store.leases import prolong
from webhook.store.removals import forget_removals
from webhook.store.retention import components, images, rows
from webhook.store.runs import is_running

if TYPE_CHECKING:
    from webhook.ports import Clock

RETENTION = "retention"
"""The name of the lease of passes."""
DURATION = dt.timedelta(minutes=2)
AT_ONCE = 2_000


class PruneSteps:
    """Deletes old rows of the database, a few at once.

    Args:
        database: where they are.
        clock: time.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def take(
        self, kind: PruneKind, before: dt.datetime | None, after: str, most: int, named: Named, lease: Lease
    ) -> PruneStep:
        """Take one step; see :meth:`webhook.ports.retention.RetentionStore.prune`."""
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
                require(connection, lease)
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
        for start in range(0, len(survey.found), AT_ONCE):
            with self._database.write() as connection:
                components.note_unnamed(connection, survey.found[start : start + AT_ONCE], now)
                require(connection, lease)
        for start in range(0, len(survey.named_again), AT_ONCE):
            with self._database.write() as connection:
                forget_unnamed(connection, survey.named_again[start : start + AT_ONCE])
                require(connection, lease)
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
                require(connection, lease)
        return PruneStep(PruneKind.SIGHTINGS, len(keys), "more" if len(keys) == most else None)

    def _oldest(self, kind: PruneKind, before: dt.datetime, most: int, lease: Lease) -> PruneStep:
        with self._database.read() as connection:
            numbers = rows.oldest(connection, kind, before, most)
        deleted = 0
        if numbers:
            with self._database.write() as connection:
                deleted = rows.delete_oldest(connection, kind, numbers, before)
                require(connection, lease)
        return PruneStep(kind, deleted, "more" if len(numbers) == most else None)

    def _history(self, before: dt.datetime | None, most: int, lease: Lease) -> PruneStep:
        """What left images, and what no read model needs to be told any more."""
        with self._database.write() as connection:
            removals = forget_removals(connection, most)
            require(connection, lease)
        step = (
            PruneStep(PruneKind.HISTORY, 0) if before is None else self._oldest(PruneKind.HISTORY, before, most, lease)
        )
        goes_on = step.after is not None or removals == most
        return PruneStep(PruneKind.HISTORY, step.deleted, "more" if goes_on else None)

    def _fence(self, change: Change, lease: Lease) -> None:
        if not change.discarded:
            require(change.connection, lease)


def require(connection: Connection, lease: Lease) -> None:
    """Renew the lease of the pass; the last thing before the commit, so that a late writer commits nothing.

    Raises:
        LeaseLost: another process took over.
    """
    if not prolong(connection, RETENTION, lease, DURATION):
        raise lease.lost()
