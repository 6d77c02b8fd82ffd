"""Rows of SBOMs: how they are written to the tables and read from them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Dialect, Select, Text, bindparam, func, insert, select

from webhook.model.changes import StoredSbom
from webhook.model.components import ComponentState, Sbom, SkippedComponent, SkipReason
from webhook.model.images import Digest
from webhook.model.looks import Presence
from webhook.model.purls import Purl
from webhook.model.records import SbomRecord
from webhook.policy.coverage import Said
from webhook.store.componentids import name_components
from webhook.store.coverage import states_of
from webhook.store.database import Change
from webhook.store.guessedgroups import guessed
from webhook.store.queries import among, columns_of, snapshot_of, statement
from webhook.store.rows import SBOM_NAMES, read_stored
from webhook.store.spellings import note_spellings
from webhook.store.tables.components import components
from webhook.store.tables.sboms import documents, sboms, tags
from webhook.store.values import pack, to_json, to_moment, unpack

_SAMPLE = 200
_FOLLOWING = select(func.coalesce(func.max(sboms.c.id), 0) + 1).scalar_subquery()
"""The next number of an SBOM. Writers wait for each other, so nobody else takes it."""
_COUNTS = msgspec.json.Decoder(dict[SkipReason, int])
_SKIPPED = msgspec.json.Decoder(tuple[SkippedComponent, ...])
STORED_COLUMNS = columns_of(sboms, SBOM_NAMES)


def names_of(connection: Connection, digests: Sequence[str] | None = None) -> dict[str, list[str]]:
    """Tagged names, sorted, by the digest that they point at: of these digests, or of all."""
    query = select(tags.c.digest, tags.c.name).order_by(tags.c.name)
    if digests is not None:
        query = query.where(among(connection, tags.c.digest, digests))
    names: dict[str, list[str]] = {}
    for digest, name in connection.execute(query):
        names.setdefault(digest, []).append(name)
    return names


def find_stored(connection: Connection, digest: Digest, document_digest: str) -> StoredSbom | None:
    """A document of an image as the read model has it; None when it is not there."""
    compiled = statement(_stored, connection.dialect)
    parameters = compiled.parameters(image=str(digest), document=str(document_digest))
    row = connection.exec_driver_sql(compiled.text, parameters).one_or_none()
    return None if row is None else read_stored(row)


def _stored(_: Dialect) -> Select[Any]:
    image, document = bindparam("image", type_=Text()), bindparam("document", type_=Text())
    return select(*STORED_COLUMNS).where(sboms.c.digest == image, sboms.c.document_digest == document)


def insert_sbom(change: Change, digest: Digest, sbom: Sbom, held: Presence, now: dt.datetime) -> StoredSbom:
    """Add an SBOM with its components and spellings; ids are given to new components.

    Args:
        change: the transaction.
        digest: of the image.
        sbom: as parsed.
        held: where it was found, and what of the image it describes there.
        now: when.
    """
    named = name_components(change, sbom.keys)
    note_spellings(change, sbom, named)
    values = {
        "id": _FOLLOWING,
        "digest": str(digest),
        "document_digest": sbom.document_digest,
        "format": sbom.format,
        "version": sbom.version,
        "tool": sbom.tool,
        "place": held.place,
        "added_at": now,
        "component_ids": pack(sorted(set(named.ids.values()))),
        "skipped": to_json(dict(Counter(component.reason for component in sbom.skipped))),
        "skipped_components": to_json(sbom.skipped[:_SAMPLE]),
        "coverage": None if held.coverage is None else to_json(held.coverage),
        "reader": sbom.reader,
        "not_in_image": sbom.not_in_image,
        "revision": change.revision,
    }
    return read_stored(change.connection.execute(insert(sboms).values(values).returning(*STORED_COLUMNS)).one())


def record_query() -> Select[Any]:
    """What :func:`read_record` reads; its callers narrow and order it."""
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
        sboms.c.reader,
        sboms.c.document_digest.in_(select(documents.c.digest)),
        sboms.c.not_in_image,
    ).order_by(sboms.c.id.desc())


def read_record(row: Sequence[Any], names: Mapping[str, Sequence[str]]) -> SbomRecord:
    """An SBOM for people, without its components."""
    digest, document_digest, form, version, tool, place, added_at, size, skipped, reader, has_document, outside = row
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
        reader=reader,
        has_document=bool(has_document),
        not_in_image=outside,
    )


def with_contents(connection: Connection, record: SbomRecord, skipped: str, packed: bytes) -> SbomRecord:
    """A record with its components and what its reader skipped."""
    contents = _contents(connection, unpack(packed))
    return replace(
        record,
        skipped_components=_SKIPPED.decode(skipped),
        contents=contents,
        guessed=guessed(snapshot_of(connection), contents),
    )


def _contents(connection: Connection, ids: Sequence[int]) -> tuple[tuple[Purl, ComponentState], ...]:
    query = select(components.c.id, components.c.purl, components.c.state).where(
        among(connection, components.c.id, ids)
    )
    rows = connection.execute(query).all()
    states = states_of(snapshot_of(connection), {row.id: Said(row.state) for row in rows})
    return tuple(sorted((Purl(row.purl), ComponentState(states[row.id].state)) for row in rows))
