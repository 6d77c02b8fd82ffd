"""SBOMs by image digest, and the tags that point at those digests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, insert, select, update

from webhook.model.changes import StoredSbom
from webhook.model.components import ComponentState, Sbom, SkippedComponent, SkipReason
from webhook.model.images import Digest, ImageRef
from webhook.model.places import kept_finding
from webhook.model.platforms import WHOLE, Coverage
from webhook.model.purls import Purl
from webhook.model.records import SbomRecord
from webhook.ports import Clock
from webhook.store.columns import pack, to_json, to_moment, unpack
from webhook.store.componentids import give_ids, known_ids
from webhook.store.database import Change, Database, among, raw_rows
from webhook.store.interruptions import tried_twice
from webhook.store.spelling import newest_component, note_spellings
from webhook.store.tables import components, sboms, tags

_SAMPLE = 200
_COUNTS = msgspec.json.Decoder(dict[SkipReason, int])
_COVERAGE = msgspec.json.Decoder(Coverage)
_WHOLE_TEXT = to_json(WHOLE)
_SKIPPED = msgspec.json.Decoder(tuple[SkippedComponent, ...])

STORED_COLUMNS = (
    sboms.c.digest,
    sboms.c.document_digest,
    sboms.c.component_ids,
    sboms.c.skipped,
    sboms.c.place,
    sboms.c.format,
    sboms.c.coverage,
)
"""In the order in which :func:`read_stored` takes them."""


def read_stored(row: Sequence[Any]) -> StoredSbom:
    """An SBOM as read models take it, from its columns."""
    digest, document_digest, packed, skipped, place, form, coverage = row
    counts = {} if skipped == "{}" else _COUNTS.decode(skipped)
    described = None if coverage is None else WHOLE if coverage == _WHOLE_TEXT else _COVERAGE.decode(coverage)
    return StoredSbom(Digest(digest), document_digest, unpack(packed), counts, place, form, described)


def names_of(connection: Connection, digests: Sequence[str] | None = None) -> dict[str, list[str]]:
    """Tagged names, sorted, by the digest that they point at: of these digests, or of all."""
    query = select(tags.c.digest, tags.c.name).order_by(tags.c.name)
    if digests is not None:
        query = query.where(among(connection, tags.c.digest, digests))
    names: dict[str, list[str]] = {}
    for digest, name in connection.execute(query):
        names.setdefault(digest, []).append(name)
    return names


class SbomRepository:
    """The SBOMs of the database.

    Args:
        database: where they are.
        clock: time, for when an SBOM was added.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    @tried_twice
    def add(self, digest: Digest, sbom: Sbom, *, place: str, image: ImageRef | None = None) -> StoredSbom:
        """Keep an SBOM, giving ids to components that have none; adding the same document again changes nothing.

        Args:
            digest: of the image that it describes.
            sbom: as parsed; the document itself is not kept.
            place: where it was found; when the same document is found again, the more trusted place is kept.
            image: its tag, if any, is remembered to point at ``digest``.

        Raises:
            StoreError: nothing was kept.
        """
        tag = image.tagged if image is not None and image.tag else None
        with self._database.read() as connection:
            stored = _find(connection, digest, sbom.document_digest)
            if stored is not None and _points(connection, tag, digest) and not _is_news(sbom, place, stored):
                return stored
        return self._add(digest, (sbom,), place, tag)[0]

    @tried_twice
    def add_all(self, digest: Digest, found: Sequence[Sbom], *, place: str, image: ImageRef | None = None) -> None:
        """Keep all SBOMs of an image in one transaction, so that a part of them never stands for the whole.

        Args:
            digest: see :meth:`add`.
            found: SBOMs as parsed.
            place: see :meth:`add`.
            image: see :meth:`add`.

        Raises:
            StoreError: nothing was kept.
        """
        self._add(digest, found, place, image.tagged if image is not None and image.tag else None)

    def _add(self, digest: Digest, found: Sequence[Sbom], place: str, tag: str | None) -> Sequence[StoredSbom]:
        added_at, kept = self._clock.now(), []
        with self._database.change() as change:
            points = _points(change.connection, tag, digest)
            change.discarded = points
            for sbom in found:
                # Looked up again: another writer may have come first.
                stored = _find(change.connection, digest, sbom.document_digest)
                if stored is None:
                    stored = _insert(change, digest, sbom, {"place": place, "added_at": added_at})
                    change.discarded = False
                elif _is_news(sbom, place, stored):
                    stored = _renewed(change, stored, sbom, place)
                    change.discarded = False
                kept.append(stored)
            if not points:
                self._point(change, tag, digest)
        return kept

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
            change.discarded = _points(change.connection, image.tagged, digest)  # another process may have come first
            if not change.discarded:
                self._point(change, image.tagged, digest)

    def _point(self, change: Change, tag: str | None, digest: Digest) -> None:
        values = {"digest": str(digest), "revision": change.revision}
        upsert = self._database.upsert(tags).values(name=tag, **values)
        change.connection.execute(upsert.on_conflict_do_update(index_elements=["name"], set_=values))

    @tried_twice
    def component_ids(self, purls: Sequence[Purl]) -> Mapping[Purl, int]:
        """Ids of those components that the store knows.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return known_ids(connection, purls)

    def list(self) -> Sequence[SbomRecord]:
        """All SBOMs, newest first, without their contents.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            names = names_of(connection)
            rows = [row for rows in raw_rows(connection, _record_query()) for row in rows]
        return [_record(row, names) for row in rows]

    def show(self, digest: Digest) -> Sequence[SbomRecord]:
        """The SBOMs of one image with their components, newest first; empty when there are none.

        Raises:
            StoreError: the database does not answer.
        """
        query = _record_query().add_columns(sboms.c.skipped_components, sboms.c.component_ids)
        with self._database.read() as connection:
            names = names_of(connection, [digest])
            rows = [row for rows in raw_rows(connection, query.where(sboms.c.digest == str(digest))) for row in rows]
            return [
                replace(
                    _record(row[:-2], names),
                    skipped_components=_SKIPPED.decode(row[-2]),
                    contents=_contents(connection, unpack(row[-1])),
                )
                for row in rows
            ]


def _find(connection: Connection, digest: Digest, document_digest: str) -> StoredSbom | None:
    query = select(*STORED_COLUMNS).where(
        sboms.c.digest == str(digest), sboms.c.document_digest == str(document_digest)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else read_stored(row)


def _is_news(sbom: Sbom, place: str, stored: StoredSbom) -> bool:
    """Whether a document that is found again comes from a more trusted place, or describes more of the image."""
    known = (stored.place, stored.coverage)
    return kept_finding(known, (place, sbom.coverage)) != known


def _renewed(change: Change, stored: StoredSbom, sbom: Sbom, place: str) -> StoredSbom:
    better, coverage = kept_finding((stored.place, stored.coverage), (place, sbom.coverage))
    mine = (sboms.c.digest == str(stored.digest)) & (sboms.c.document_digest == stored.document_digest)
    values = {"place": better, "coverage": to_json(coverage), "revision": change.revision}
    change.connection.execute(update(sboms).where(mine).values(values))
    return replace(stored, place=better, coverage=coverage)


def _points(connection: Connection, tag: str | None, digest: Digest) -> bool:
    """Whether there is nothing to remember: no tag, or one that points at the digest already."""
    if tag is None:
        return True
    return connection.execute(select(tags.c.digest).where(tags.c.name == tag)).scalar() == digest


def _insert(change: Change, digest: Digest, sbom: Sbom, extra: Mapping[str, object]) -> StoredSbom:
    newest_before = newest_component(change.connection)
    given = give_ids(change, sbom.components)
    note_spellings(change, sbom, given, newest_before)
    ids = sorted(set(given.values()))
    skipped = dict(Counter(one.reason for one in sbom.skipped))
    packed = pack(ids)
    newest = change.connection.execute(select(func.max(sboms.c.id))).scalar()
    values = {
        "id": (newest or 0) + 1,
        "digest": str(digest),
        "document_digest": sbom.document_digest,
        "format": sbom.format,
        "version": sbom.version,
        "tool": sbom.tool,
        "component_ids": packed,
        "skipped": to_json(skipped),
        "skipped_components": to_json(sbom.skipped[:_SAMPLE]),
        "coverage": to_json(sbom.coverage),
        "reader": sbom.reader,
        "revision": change.revision,
        **extra,
    }
    change.connection.execute(insert(sboms).values(values))
    place = str(extra["place"])
    return StoredSbom(digest, sbom.document_digest, unpack(packed), skipped, place, sbom.format, sbom.coverage)


def _record_query() -> Select[Any]:
    size = func.length(sboms.c.component_ids)
    return select(
        sboms.c.digest,
        sboms.c.document_digest,
        sboms.c.format,
        sboms.c.version,
        sboms.c.tool,
        sboms.c.place,
        sboms.c.added_at,
        size,
        sboms.c.skipped,
    ).order_by(sboms.c.id.desc())


def _record(row: Sequence[Any], names: Mapping[str, Sequence[str]]) -> SbomRecord:
    digest, document_digest, form, version, tool, place, added_at, size, skipped = row
    return SbomRecord(
        digest=Digest(digest),
        names=tuple(names.get(digest, ())),
        document_digest=document_digest,
        format=form,
        version=version,
        tool=tool,
        place=place,
        added_at=to_moment(added_at),
        components=size // 4,
        skipped={reason.value: count for reason, count in _COUNTS.decode(skipped).items()},
    )


def _contents(connection: Connection, ids: Sequence[int]) -> tuple[tuple[Purl, ComponentState], ...]:
    query = select(components.c.purl, components.c.state).where(among(connection, components.c.id, ids))
    return tuple(sorted((Purl(purl), ComponentState(state)) for purl, state in connection.execute(query)))
