"""Images that are not seen any more: which those are, and how they are deleted with all that hangs on them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, and_, delete, func, insert, select

from webhook.errors import InvalidInput
from webhook.model.images import Digest, parse_image
from webhook.model.inventory import InventoriedImage
from webhook.model.retention import ImageUse, Named
from webhook.policy.retention import unneeded
from webhook.store.database import Change
from webhook.store.queries import among, raw_rows
from webhook.store.removals import note_removal
from webhook.store.tables.decisions import BY_HAND, assessments
from webhook.store.tables.sboms import documents, readings, sbom_history, sbom_looks, sbom_places, sboms, tags
from webhook.store.tables.workloads import admissions, running_workloads, sightings
from webhook.store.values import EPOCH

AUTHOR = "retention"
"""Who takes out what is not seen any more, as the history has it."""
_IMAGES = msgspec.json.Decoder(tuple[InventoriedImage, ...], dec_hook=lambda kind, value: kind(value))
_DIGEST = "@sha256:"


def named(connection: Connection) -> Named:
    """What workloads and people's assessments name now."""
    digests, names = set[str](), set[str]()

    def take(reference: str) -> None:
        try:
            image = parse_image(reference)
        except InvalidInput:
            return
        names.add(image.tagged)
        if image.digest is not None:
            digests.add(str(image.digest))

    for portion in raw_rows(connection, select(running_workloads.c.images)):
        for (text,) in portion:
            for image in _IMAGES.decode(text):
                take(image.reference)
                if image.digest is not None:
                    digests.add(str(image.digest))
    of_people = select(assessments.c.image).where(BY_HAND, assessments.c.image.like(f"%{_DIGEST}%")).distinct()
    for reference in connection.execute(of_people).scalars():
        _, _, digest = str(reference).rpartition("@")
        digests.add(digest)
    return Named(frozenset(digests), frozenset(names))


def next_images(connection: Connection, after: int, most: int) -> tuple[list[str], int]:
    """Digests of the next images with SBOMs, and the largest number of their rows; none at the end."""
    query = select(sboms.c.id, sboms.c.digest).where(sboms.c.id > after).order_by(sboms.c.id).limit(most)
    rows = connection.execute(query).all()
    return list(dict.fromkeys(digest for _, digest in rows)), max((number for number, _ in rows), default=0)


def uses(connection: Connection, digests: Sequence[str], kept: Named) -> list[ImageUse]:
    """What is known of the use of some images."""
    if not digests:
        return []
    pointing = connection.execute(select(tags.c.name, tags.c.digest).where(among(connection, tags.c.digest, digests)))
    names: dict[str, str] = dict(pointing.all())
    latest = dict.fromkeys(digests, EPOCH)
    for table, moment in (
        (sightings, sightings.c.last_seen),
        (admissions, admissions.c.noted_at),
        (sbom_places, sbom_places.c.seen_at),
        (sboms, sboms.c.added_at),
    ):
        query = select(table.c.digest, func.max(moment)).where(among(connection, table.c.digest, digests))
        for digest, at in connection.execute(query.group_by(table.c.digest)):
            latest[digest] = max(latest[digest], at)
    # A tag that was not resolved when it was seen stands for what it is known to point at.
    unresolved = and_(sightings.c.digest == "", among(connection, sightings.c.name, list(names)))
    for name, at in connection.execute(select(sightings.c.name, sightings.c.last_seen).where(unresolved)):
        latest[names[name]] = max(latest[names[name]], at)
    by_name = {digest for name, digest in names.items() if name in kept.names}
    return [ImageUse(Digest(key), latest[key], key in kept.digests or key in by_name) for key in digests]


def delete_images(change: Change, digests: Sequence[str], now: dt.datetime, why: str) -> None:
    """Delete SBOMs of images, and the tags that point at them; a search finds them again when they come back."""
    connection = change.connection
    rows = connection.execute(
        select(sboms.c.digest, sboms.c.document_digest, sboms.c.place)
        .where(among(connection, sboms.c.digest, digests))
        .order_by(sboms.c.digest, sboms.c.document_digest)
    ).all()
    if not rows:
        change.discarded = True
        return
    # Programs before removals learn from the history alone what to drop.
    history = [
        {
            "digest": digest,
            "document_digest": document,
            "place": place,
            "origin": "",
            "at": now,
            "author": AUTHOR,
            "why": why,
            "revision": change.revision,
        }
        for digest, document, place in rows
    ]
    connection.execute(insert(sbom_history), history)
    names = list(connection.execute(select(tags.c.name).where(among(connection, tags.c.digest, digests))).scalars())
    for table in (sboms, sbom_places, sbom_looks, readings, tags):
        connection.execute(delete(table).where(among(connection, table.c.digest, digests)))
    note_removal(change, images=digests, tags=names)


def next_tags(connection: Connection, after: str, most: int) -> list[tuple[str, str]]:
    """The next tags and what they point at, in order of their names."""
    query = select(tags.c.name, tags.c.digest).where(tags.c.name > after).order_by(tags.c.name).limit(most)
    return [(name, digest) for name, digest in connection.execute(query)]


def lost_tags(
    connection: Connection, pointing: Sequence[tuple[str, str]], before: dt.datetime, kept: Named
) -> list[str]:
    """Those of the tags that point at an image without an SBOM, that nothing names, and that were not seen since."""
    digests = sorted({digest for _, digest in pointing})
    known = set(connection.execute(_known(connection, digests)).scalars())
    names = [name for name, digest in pointing if digest not in known and name not in kept.names]
    if not names:
        return []
    seen = and_(among(connection, sightings.c.name, names), sightings.c.last_seen >= before)
    lately = set(connection.execute(select(sightings.c.name).where(seen)).scalars())
    return [name for name in names if name not in lately]


def _known(connection: Connection, digests: Sequence[str]) -> Select[Any]:
    return select(sboms.c.digest).where(among(connection, sboms.c.digest, digests)).distinct()


def delete_tags(change: Change, names: Sequence[str]) -> None:
    """Delete tags."""
    change.connection.execute(delete(tags).where(among(change.connection, tags.c.name, names)))
    note_removal(change, tags=names)


def lost_documents(connection: Connection, digests: Sequence[str], before: dt.datetime, kept: Named) -> list[str]:
    """Documents that were read for images of these digests, all of whose images are not seen any more."""
    gone = list(map(str, unneeded(uses(connection, digests, kept), before)))
    if not gone:
        return []
    mine = select(sboms.c.document_digest).where(among(connection, sboms.c.digest, gone)).distinct()
    candidates = list(connection.execute(mine).scalars())
    shared = select(sboms.c.digest, sboms.c.document_digest).where(
        among(connection, sboms.c.document_digest, candidates)
    )
    pairs = [(digest, document) for digest, document in connection.execute(shared)]
    others = sorted({digest for digest, _ in pairs}.difference(gone))
    needed = set(others).difference(map(str, unneeded(uses(connection, others, kept), before)))
    in_use = {document for digest, document in pairs if digest in needed}
    there = select(documents.c.digest).where(among(connection, documents.c.digest, sorted({*candidates} - in_use)))
    return list(connection.execute(there).scalars())


def delete_documents(connection: Connection, found: Iterable[str]) -> int:
    """Delete documents; how many there were."""
    return connection.execute(delete(documents).where(among(connection, documents.c.digest, list(found)))).rowcount
