"""Presence: in which places the documents of an image are now, what left them, and when somebody last looked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, and_, delete, insert, select, update

from webhook.model.images import Digest
from webhook.model.looks import Departure, Look, LookRecord, Presence
from webhook.model.platforms import Coverage
from webhook.policy.presence import kept_trouble, most_trusted
from webhook.store.database import Change, Database
from webhook.store.queries import among
from webhook.store.removals import note_removal
from webhook.store.tables.sboms import sbom_history, sbom_looks, sbom_places, sboms
from webhook.store.values import to_json

_COVERAGE = msgspec.json.Decoder(Coverage)


def presences(connection: Connection, digest: Digest) -> list[Presence]:
    """Where the documents of an image are, in the order in which they were found."""
    columns = sbom_places.c
    query = (
        select(columns.document_digest, columns.place, columns.origin, columns.coverage)
        .where(columns.digest == str(digest))
        .order_by(columns.revision, columns.seen_at, columns.place, columns.origin)
    )
    return [_presence(*row) for row in connection.execute(query)]


def seen_since(connection: Connection, digest: Digest, moment: dt.datetime | None) -> set[tuple[str, str, str]]:
    """Keys of the presences that were seen after a moment; none where nobody knows the moment."""
    if moment is None:
        return set()
    columns = sbom_places.c
    query = select(columns.document_digest, columns.place, columns.origin)
    rows = connection.execute(query.where(columns.digest == str(digest), columns.seen_at > moment))
    return {(document, place, origin) for document, place, origin in rows}


def _presence(document: str, place: str, origin: str, coverage: str | None) -> Presence:
    return Presence(document, place, origin, None if coverage is None else _COVERAGE.decode(coverage))


def heal(database: Database, change: Change, digest: Digest, now: dt.datetime) -> list[Presence]:
    """Note where programs before this one have found the documents of an image; where all of its documents are."""
    there = presences(change.connection, digest)
    noted = {presence.document_digest for presence in there}
    query = select(sboms.c.document_digest, sboms.c.place, sboms.c.coverage).where(sboms.c.digest == str(digest))
    for document, place, coverage in change.connection.execute(query).all():
        if document not in noted:
            one = _presence(document, place, "", coverage)
            note(database, change, digest, one, now)
            there.append(one)
    return there


def note(database: Database, change: Change, digest: Digest, one: Presence, now: dt.datetime) -> None:
    """Note that a document is in a place."""
    key = {"digest": str(digest), "document_digest": one.document_digest, "place": one.place, "origin": one.origin}
    coverage = None if one.coverage is None else to_json(one.coverage)
    values = {"coverage": coverage, "seen_at": now, "revision": change.revision}
    upsert = database.upsert(sbom_places).values(**key, **values)
    change.connection.execute(upsert.on_conflict_do_update(index_elements=list(key), set_=values))


def forget(change: Change, digest: Digest, left: Sequence[Presence]) -> None:
    """Drop documents from places, without a word in the history."""
    for presence in left:
        change.connection.execute(
            delete(sbom_places).where(
                sbom_places.c.digest == str(digest),
                sbom_places.c.document_digest == presence.document_digest,
                sbom_places.c.place == presence.place,
                sbom_places.c.origin == presence.origin,
            )
        )


def settle(change: Change, digest: Digest, documents: Collection[str], there: Sequence[Presence]) -> bool:
    """Give documents their most trusted place, or drop those that are nowhere any more; whether anything changed.

    Args:
        change: the transaction.
        digest: of the image.
        documents: those that something became of.
        there: where the documents of the image are now, in the order in which they were found.
    """
    changed = False
    for document in sorted(documents):
        mine = and_(sboms.c.digest == str(digest), sboms.c.document_digest == document)
        finding = most_trusted(document, there)
        if finding is None:
            changed |= change.connection.execute(delete(sboms).where(mine)).rowcount > 0
            continue
        place, described = finding
        coverage = None if described is None else to_json(described)
        query = select(sboms.c.place, sboms.c.coverage).where(mine)
        if change.connection.execute(query).one() != (place, coverage):
            values = {"place": place, "coverage": coverage, "revision": change.revision}
            change.connection.execute(update(sboms).where(mine).values(values))
            changed = True
    return changed


def write_history(change: Change, departures: Sequence[Departure], there: Sequence[Presence]) -> None:
    """Keep what left, so that people and read models learn of it.

    Args:
        change: the transaction.
        departures: what left which place.
        there: where the documents of the image are now.
    """
    counting = {presence.document_digest for presence in there}
    rows = [
        {
            "digest": str(departure.digest),
            "document_digest": departure.document_digest,
            "place": departure.place,
            "origin": departure.origin,
            "at": departure.at,
            "author": departure.author,
            "why": departure.why,
            "revision": None if departure.document_digest in counting else change.revision,
        }
        for departure in departures
    ]
    if rows:
        change.connection.execute(insert(sbom_history), rows)


def forget_looks(change: Change, digest: Digest) -> bool:
    """Drop the notes on when an image was looked at; it has no SBOM any more, so it is looked at anyway.

    Returns:
        Whether there were any; the transaction has to raise the revision then.
    """
    had = change.connection.execute(delete(sbom_looks).where(sbom_looks.c.digest == str(digest))).rowcount > 0
    if had:
        note_removal(change, images=[digest])
    return had


def note_look(database: Database, change: Change, digest: Digest, look: Look, now: dt.datetime) -> bool:
    """Note when an image was looked at; whether what counts has changed."""
    columns = sbom_looks.c
    mine = and_(columns.digest == str(digest), columns.origin == look.origin)
    row = change.connection.execute(select(columns.trouble, columns.looked_at).where(mine)).one_or_none()
    known, known_at = (None, None) if row is None else row
    trouble = kept_trouble(look, known, known_at)
    if known == trouble:
        change.connection.execute(update(sbom_looks).where(mine).values(looked_at=now))
        return False
    key = {"digest": str(digest), "origin": look.origin}
    values = {"looked_at": now, "trouble": trouble, "revision": change.revision}
    upsert = database.upsert(sbom_looks).values(**key, **values)
    change.connection.execute(upsert.on_conflict_do_update(index_elements=list(key), set_=values))
    return True


def departures(connection: Connection, digest: Digest | None) -> list[Departure]:
    """What left an image, or any, newest first."""
    columns = sbom_history.c
    query = select(
        columns.digest,
        columns.document_digest,
        columns.place,
        columns.origin,
        columns.at,
        columns.author,
        columns.why,
    ).order_by(columns.id.desc())
    if digest is not None:
        query = query.where(columns.digest == str(digest))
    return [Departure(Digest(row[0]), *row[1:]) for row in connection.execute(query)]


def looks_of(connection: Connection, digests: Sequence[Digest]) -> Mapping[Digest, Sequence[LookRecord]]:
    """When images were looked at."""
    columns = sbom_looks.c
    query = select(columns.digest, columns.origin, columns.looked_at, columns.trouble)
    found: dict[Digest, list[LookRecord]] = {}
    for digest, *rest in connection.execute(query.where(among(connection, columns.digest, list(map(str, digests))))):
        found.setdefault(Digest(digest), []).append(LookRecord(*rest))
    return found
