"""SBOMs by image digest, and the tags that point at those digests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Dialect, Text, bindparam, select
from sqlalchemy.sql.dml import ReturningInsert

from webhook.model.changes import StoredSbom
from webhook.model.components import Sbom
from webhook.model.images import Digest, ImageRef
from webhook.model.looks import Departure, Look, LookRecord, Presence, kept_origin
from webhook.model.records import SbomRecord
from webhook.policy.presence import added, adopted, can_remove, gone, seen
from webhook.ports import Clock
from webhook.store import presence
from webhook.store.database import Change, Database, upserting
from webhook.store.documents import DocumentRepository
from webhook.store.interruptions import tried_twice
from webhook.store.queries import raw_rows, scalar
from webhook.store.readings import is_unread, note_reading
from webhook.store.sbomrows import find_stored, insert_sbom, names_of, read_record, record_query, with_contents
from webhook.store.tables.sboms import sboms, tags
from webhook.store.values import clean

_GONE = "gone from its place"
_REMOVED = "taken out"


class SbomRepository:
    """The SBOMs of the database.

    Args:
        database: where they are.
        clock: time, for when an SBOM was added.
        documents: where the documents go.
    """

    def __init__(self, database: Database, clock: Clock, documents: DocumentRepository) -> None:
        self._database, self._clock, self._documents = database, clock, documents

    @tried_twice
    def add(self, digest: Digest, sbom: Sbom, *, place: str, image: ImageRef | None = None) -> StoredSbom:
        """Keep an SBOM, giving ids to components that have none; adding the same document again changes nothing.

        An SBOM that an older reader read is read again: see :class:`webhook.store.readings.ReadingRepository`.

        Args:
            digest: of the image that it describes.
            sbom: as parsed; its document is kept beside it, see :class:`DocumentRepository`.
            place: where it was found; the more trusted of several places counts.
            image: its tag, if any, is remembered to point at ``digest``.

        Raises:
            StoreError: nothing was kept.
        """
        self._documents.keep([sbom])
        origin = kept_origin(place, "" if image is None else image.name)
        found = Presence(sbom.document_digest, place, origin, sbom.coverage)
        tag = _tag(image)
        with self._database.read() as connection:
            stored = find_stored(connection, digest, sbom.document_digest)
            # An SBOM that an older reader read is read again below.
            if stored is not None and _points(connection, tag, digest) and not is_unread(connection, digest, sbom):
                there = presence.presences(connection, digest)
                if added(found, there) in there:
                    return stored
        with self._database.change(lazily=True) as change:
            now = self._clock.now()
            there = presence.heal(self._database, change, digest, now)
            held = added(found, there)
            if not there:  # the first document of the image, as of most: there is nothing to settle
                stored = insert_sbom(change, digest, sbom, held, now)
                presence.note(self._database, change, digest, held, now)
                self._point(change, tag, digest)
                return stored
            is_new = self._keep(change, digest, [(sbom, held)], there)
            after = presence.presences(change.connection, digest)
            moved = presence.settle(change, digest, [sbom.document_digest], after)
            pointed = self._point(change, tag, digest)
            change.unchanged = not (is_new or moved or pointed)
            stored = find_stored(change.connection, digest, sbom.document_digest)
        assert stored is not None, "it was written a moment ago"
        return stored

    @tried_twice
    def record(self, digest: Digest, look: Look, *, image: ImageRef | None = None) -> Sequence[Departure]:
        """Keep what the places have for an image now, in one transaction; what is gone from its place stops counting.

        Of an image that nothing is known of, and nothing was found for, nothing is kept.

        Args:
            digest: of the image.
            look: what was seen.
            image: its tag, if any, is remembered to point at ``digest``.

        Returns:
            What left a place.

        Raises:
            StoreError: nothing was kept.
        """
        self._documents.keep([sbom for some in look.found.values() for sbom in some])
        now, tag = self._clock.now(), _tag(image)
        with self._database.change(lazily=True) as change:
            before = presence.heal(self._database, change, digest, now)
            found = [sbom for documents_there in look.found.values() for sbom in documents_there]
            if not before and not found:
                change.discarded = True
                return ()
            newer = presence.seen_since(change.connection, digest, look.begun) if before else ()
            presence.forget(change, digest, adopted(before, look))
            is_new = self._keep(change, digest, zip(found, seen(look), strict=True), before)
            departures = [_departure(digest, held, now, look.author, _GONE) for held in gone(before, look, newer)]
            left, there = self._leave(change, digest, departures, {sbom.document_digest for sbom in found})
            changed = left or is_new
            if there:
                changed |= presence.note_look(self._database, change, digest, look, now)
            else:
                changed |= presence.forget_looks(change, digest)
            pointed = self._point(change, tag, digest)
            change.unchanged = not (changed or pointed)
        return departures

    @tried_twice
    def remove(
        self, digest: Digest, *, document: str | None = None, author: str, why: str = ""
    ) -> tuple[Sequence[Departure], Sequence[Departure]]:
        """Take out what people handed in, what was made on request, or what was found nobody knows in which name.

        Args:
            digest: of the image.
            document: digest of the document; None means all of the image.
            author: who takes it out.
            why: in words.

        Returns:
            What left, and what stays because it is attached.

        Raises:
            StoreError: nothing was changed.
        """
        now = self._clock.now()
        with self._database.change(lazily=True) as change:
            there = presence.heal(self._database, change, digest, now)
            mine = [held for held in there if document is None or held.document_digest == document]
            departures = [_departure(digest, held, now, author, why or _REMOVED) for held in mine if can_remove(held)]
            attached = [_departure(digest, held, now, author, "") for held in mine if not can_remove(held)]
            _, left = self._leave(change, digest, departures, ())
            if not left:
                presence.forget_looks(change, digest)
            change.discarded = not departures
        return departures, attached

    @tried_twice
    def looks(self, digests: Sequence[Digest]) -> Mapping[Digest, Sequence[LookRecord]]:
        """When the places were last asked for images, and in which names.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return presence.looks_of(connection, digests)

    @tried_twice
    def departures(self, digest: Digest | None = None) -> Sequence[Departure]:
        """What stopped counting for an image, or for any, newest first.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return presence.departures(connection, digest)

    def _keep(
        self, change: Change, digest: Digest, found: Iterable[tuple[Sbom, Presence]], there: Sequence[Presence]
    ) -> bool:
        """Note documents in places; whether one of them is new, or was never read by a reader as new as this one.

        Args:
            change: the transaction.
            digest: of the image.
            found: documents, and where each was found.
            there: what :func:`presence.heal` gave, so that each document with a row is in it.
        """
        now, is_new = self._clock.now(), False
        noted = {each.document_digest for each in there}
        for sbom, held in found:
            document = sbom.document_digest
            if document not in noted or find_stored(change.connection, digest, document) is None:
                insert_sbom(change, digest, sbom, held, now)
                noted.add(document)
                is_new = True
            elif is_unread(change.connection, digest, sbom):
                note_reading(self._database, change, digest, sbom)
                is_new = True
            presence.note(self._database, change, digest, held, now)
        return is_new

    @staticmethod
    def _leave(
        change: Change, digest: Digest, left: Sequence[Departure], also: Collection[str]
    ) -> tuple[bool, Sequence[Presence]]:
        """Drop documents from places, and settle them and others; whether what counts has changed, and what is left."""
        presence.forget(
            change,
            digest,
            [Presence(departure.document_digest, departure.place, departure.origin, None) for departure in left],
        )
        there = presence.presences(change.connection, digest)
        documents = {departure.document_digest for departure in left} | set(also)
        changed = presence.settle(change, digest, documents, there)
        presence.write_history(change, left, there)
        return changed, there

    @tried_twice
    def point(self, image: ImageRef, digest: Digest) -> None:
        """Remember that a tag points at a digest; nothing changes when that is known.

        Raises:
            StoreError: it was not kept.
        """
        with self._database.read() as connection:
            if not image.tag or _points(connection, image.tagged, digest):
                return
        with self._database.change() as change:
            change.discarded = not self._point(change, image.tagged, digest)

    @staticmethod
    def _point(change: Change, tag: str | None, digest: Digest) -> bool:
        """Remember that a tag points at a digest; whether that is news. Another process may have come first."""
        if tag is None:
            return False
        to = {"image": str(digest), "at": change.revision}
        return scalar(change.connection, _pointing, tag=clean(tag), **to) is not None

    @tried_twice
    def list(self) -> Sequence[SbomRecord]:
        """All SBOMs, newest first, without their contents.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            names = names_of(connection)
            rows = [row for rows in raw_rows(connection, record_query()) for row in rows]
        return [read_record(row, names) for row in rows]

    def show(self, digest: Digest) -> Sequence[SbomRecord]:
        """The SBOMs of one image with their components, newest first; empty when there are none.

        Raises:
            StoreError: the database does not answer.
        """
        query = record_query().add_columns(sboms.c.skipped_components, sboms.c.component_ids)
        with self._database.read() as connection:
            names = names_of(connection, [digest])
            rows = [row for rows in raw_rows(connection, query.where(sboms.c.digest == str(digest))) for row in rows]
            return [with_contents(connection, read_record(row[:-2], names), row[-2], row[-1]) for row in rows]


def _tag(image: ImageRef | None) -> str | None:
    return image.tagged if image is not None and image.tag else None


def _departure(digest: Digest, one: Presence, at: dt.datetime, author: str, why: str) -> Departure:
    return Departure(digest, one.document_digest, one.place, one.origin, at, author, why)


def _pointing(dialect: Dialect) -> ReturningInsert[Any]:
    """Points a tag at an image, unless it points there; the tag, if it was written."""
    tag, image, at = (
        bindparam("tag", type_=Text()),
        bindparam("image", type_=Text()),
        bindparam("at", type_=BigInteger()),
    )
    upsert = upserting(dialect, tags).values(name=tag, digest=image, revision=at)
    new = upsert.excluded
    moved = upsert.on_conflict_do_update(
        index_elements=["name"],
        set_={"digest": new.digest, "revision": new.revision},
        where=tags.c.digest != new.digest,
    )
    return moved.returning(tags.c.name)


def _points(connection: Connection, tag: str | None, digest: Digest) -> bool:
    """Whether there is nothing to remember: no tag, or one that points at the digest already."""
    if tag is None:
        return True
    return connection.execute(select(tags.c.digest).where(tags.c.name == tag)).scalar() == digest
