"""Readings: SBOMs as a newer reader reads their documents, until each of their components has an answer.

A reading is a row beside its SBOM. It changes no verdict by itself; ``policy.rekeying`` says which components the SBOM
has at each step. Each document is one transaction, so whoever stops half-way has lost nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, select, update

from webhook.model.components import ComponentState, Sbom
from webhook.model.images import Digest
from webhook.model.places import is_searchable
from webhook.model.purls import Purl
from webhook.model.records import OutdatedCounts, OutdatedSbom, UnreadSbom
from webhook.policy.coverage import Said
from webhook.policy.rekeying import KnownComponent, Rekeyed, rekeyed
from webhook.store.componentids import name_components
from webhook.store.coverage import states_of
from webhook.store.database import Change, Database
from webhook.store.interruptions import persistent
from webhook.store.queries import among, snapshot_of
from webhook.store.spellings import note_spellings
from webhook.store.tables.components import components
from webhook.store.tables.sboms import documents, readings, sbom_places, sboms
from webhook.store.values import pack, to_json, unpack

_SAMPLE = 200
_PORTION = 100
_SAME = and_(readings.c.digest == sboms.c.digest, readings.c.document_digest == sboms.c.document_digest)


class ReadingRepository:
    """The readings of the database.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @persistent
    def due(self, reader: int, after: int, most: int) -> Sequence[OutdatedSbom]:
        """SBOMs that an older reader read, whose document is kept, and that were not read again yet.

        Args:
            reader: version of today's reader.
            after: only SBOMs with a larger number; 0 means all.
            most: how many.

        Raises:
            StoreError: the database does not answer.
        """
        query = (
            _unread(reader, sboms.c.id, sboms.c.digest, sboms.c.document_digest)
            .where(sboms.c.id > after, documents.c.payload.is_not(None))
            .order_by(sboms.c.id)
            .limit(most)
        )
        with self._database.read() as connection:
            return [OutdatedSbom(number, Digest(digest), item) for number, digest, item in connection.execute(query)]

    @persistent
    def note(self, digest: Digest, sbom: Sbom) -> None:
        """Keep how today's reader reads the document of an SBOM; its components are to be asked for.

        Args:
            digest: of the image.
            sbom: as parsed.

        Raises:
            StoreError: nothing was kept.
        """
        with self._database.change() as change:
            there = select(sboms.c.id).where(
                sboms.c.digest == str(digest), sboms.c.document_digest == sbom.document_digest
            )
            if change.connection.execute(there).scalar() is None:
                change.discarded = True  # it was removed meanwhile
                return
            note_reading(self._database, change, digest, sbom)

    @persistent
    def advance(self) -> int:
        """Take each SBOM that was read again as far as the answers allow; how many have today's keys now.

        Raises:
            StoreError: the database does not answer; what was written before stays.
        """
        with self._database.read() as connection:
            keys = [(row.digest, row.document_digest) for row in connection.execute(_keys())]
        finished = 0
        for start in range(0, len(keys), _PORTION):
            some = keys[start : start + _PORTION]
            with self._database.read() as connection:
                movable = [
                    (row.digest, row.document_digest) for row, step in _steps(connection, some) if _moves(row, step)
                ]
                orphans = set(some) - {(row.digest, row.document_digest) for row in _rows(connection, some)}
            if movable or orphans:
                with self._database.change() as change:
                    finished += _advance(change, movable)
                    for digest, document in orphans:
                        _forget(change.connection, digest, document)
        return finished

    @persistent
    def counts(self, reader: int) -> OutdatedCounts:
        """What an older reader read.

        Args:
            reader: version of today's reader.

        Raises:
            StoreError: the database does not answer.
        """
        query = _unread(reader, func.count(), func.count(documents.c.payload))
        with self._database.read() as connection:
            unread, with_document = map(int, connection.execute(query).one())
            again = select(readings.c.component_ids).join(sboms, _SAME).where(readings.c.reader >= reader)
            packed = list(connection.execute(again).scalars())
            numbers = sorted({number for ids in packed for number in unpack(ids)})
            waiting = select(func.count()).where(
                components.c.state == ComponentState.UNKNOWN,
                components.c.asked_at == 0,
                among(connection, components.c.id, numbers),
            )
            to_ask = connection.execute(waiting).scalar_one()
        return OutdatedCounts(len(packed), with_document, unread - with_document, int(to_ask))

    @persistent
    def unread(self, reader: int, digests: Sequence[Digest]) -> Sequence[UnreadSbom]:
        """SBOMs of some images that an older reader read, and that were not read again yet, by digest and document.

        Args:
            reader: version of today's reader.
            digests: of the images.

        Raises:
            StoreError: the database does not answer.
        """
        columns = (
            sboms.c.digest,
            sboms.c.document_digest,
            documents.c.payload.is_not(None),
            func.coalesce(sbom_places.c.place, sboms.c.place),
        )
        in_place = and_(
            sbom_places.c.digest == sboms.c.digest, sbom_places.c.document_digest == sboms.c.document_digest
        )
        query = _unread(reader, *columns).join(sbom_places, in_place, isouter=True).distinct()
        found: dict[tuple[str, str], UnreadSbom] = {}
        with self._database.read() as connection:
            mine = among(connection, sboms.c.digest, list(map(str, digests)))
            for digest, document, has_document, place in connection.execute(query.where(mine)):
                known = found.get((digest, document))
                searchable = is_searchable(place) or (known is not None and known.is_searchable)
                found[digest, document] = UnreadSbom(Digest(digest), document, bool(has_document), searchable)
        return [found[key] for key in sorted(found)]


def is_unread(connection: Connection, digest: Digest, sbom: Sbom) -> bool:
    """Whether the store has an SBOM as an older reader than this one read it."""
    query = _unread(sbom.reader, sboms.c.id).where(
        sboms.c.digest == str(digest), sboms.c.document_digest == sbom.document_digest
    )
    return connection.execute(query).scalar() is not None


def note_reading(database: Database, change: Change, digest: Digest, sbom: Sbom) -> None:
    """Keep how a newer reader reads an SBOM that is there, and take that one the first step."""
    named = name_components(change, sbom.keys)
    note_spellings(change, sbom, named)
    key = {"digest": str(digest), "document_digest": sbom.document_digest}
    values = {
        "component_ids": pack(sorted(set(named.ids.values()))),
        "skipped": to_json(dict(Counter(skipped.reason for skipped in sbom.skipped))),
        "skipped_components": to_json(sbom.skipped[:_SAMPLE]),
        "reader": sbom.reader,
        "not_in_image": sbom.not_in_image,
    }
    upsert = database.upsert(readings).values(**key, **values)
    change.connection.execute(upsert.on_conflict_do_update(index_elements=list(key), set_=values))
    mine = (sboms.c.digest == str(digest)) & (sboms.c.document_digest == sbom.document_digest)
    # Which tools wrote it decides nothing any more, so that this waits for no answer.
    change.connection.execute(update(sboms).where(mine).values(tool=sbom.tool))
    _advance(change, [(str(digest), sbom.document_digest)])


def _unread(reader: int, *columns: ColumnElement[Any]) -> Select[Any]:
    """Columns of SBOMs that an older reader read and that were not read again, and of their documents."""
    return (
        select(*columns)
        .select_from(sboms)
        .join(documents, documents.c.digest == sboms.c.document_digest, isouter=True)
        .join(readings, _SAME, isouter=True)
        .where(sboms.c.reader < reader, func.coalesce(readings.c.reader, 0) < reader)
    )


class _Reading(NamedTuple):
    """A reading with the components that its SBOM has now."""

    digest: str
    document_digest: str
    current: bytes
    today: bytes
    skipped: str
    skipped_components: str
    reader: int
    not_in_image: int


def _keys() -> Select[Any]:
    return select(readings.c.digest, readings.c.document_digest).order_by(readings.c.digest, readings.c.document_digest)


def _rows(connection: Connection, keys: Collection[tuple[str, str]]) -> list[_Reading]:
    query = select(
        readings.c.digest,
        readings.c.document_digest,
        sboms.c.component_ids,
        readings.c.component_ids,
        readings.c.skipped,
        readings.c.skipped_components,
        readings.c.reader,
        readings.c.not_in_image,
    ).join(sboms, _SAME)
    digests = sorted({digest for digest, _ in keys})
    wanted = set(keys)
    rows = connection.execute(query.where(among(connection, readings.c.digest, digests)))
    return [row for row in map(_Reading._make, rows) if (row.digest, row.document_digest) in wanted]


def _steps(connection: Connection, keys: Collection[tuple[str, str]]) -> list[tuple[_Reading, Rekeyed]]:
    rows = _rows(connection, keys)
    sets = [(unpack(row.current), unpack(row.today)) for row in rows]
    numbers = sorted({number for pair in sets for ids in pair for number in ids})
    query = select(components.c.id, components.c.purl, components.c.state, components.c.asked_at)
    found = connection.execute(query.where(among(connection, components.c.id, numbers))).all()
    states = states_of(snapshot_of(connection), {row.id: Said(row.state) for row in found})
    known = {
        row.id: KnownComponent(Purl(row.purl), ComponentState(states[row.id].state), bool(row.asked_at))
        for row in found
    }
    return [(row, rekeyed(*pair, known)) for row, pair in zip(rows, sets, strict=True)]


def _moves(row: _Reading, step: Rekeyed) -> bool:
    return step.finished or pack(step.ids) != row.current


def _advance(change: Change, keys: Collection[tuple[str, str]]) -> int:
    """Write the next step of some SBOMs; how many are finished."""
    finished = 0
    for row, step in _steps(change.connection, keys):
        if not _moves(row, step):
            continue
        values: dict[str, object] = {"component_ids": pack(step.ids), "revision": change.revision}
        if step.finished:
            finished += 1
            values |= {"skipped": row.skipped, "skipped_components": row.skipped_components, "reader": row.reader}
            values["not_in_image"] = row.not_in_image
            _forget(change.connection, row.digest, row.document_digest)
        mine = (sboms.c.digest == row.digest) & (sboms.c.document_digest == row.document_digest)
        change.connection.execute(update(sboms).where(mine).values(values))
    return finished


def _forget(connection: Connection, digest: str, document: str) -> None:
    mine = (readings.c.digest == digest) & (readings.c.document_digest == document)
    connection.execute(delete(readings).where(mine))
