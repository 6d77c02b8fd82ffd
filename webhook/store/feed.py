"""The changes that read models follow: everything after a revision, as of one moment, in as few objects as possible."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import msgspec

from webhook.model.changes import START, UINT32, Changes, Position
from webhook.model.images import Digest
from webhook.model.looks import StoredLook
from webhook.model.purls import Purl
from webhook.model.vex import KeptVex
from webhook.store.coverage import Columns, checks_of, ecosystems_of, united
from webhook.store.guessedgroups import doubtful, told
from webhook.store.rows import (
    ASSESSMENT_NAMES,
    SBOM_NAMES,
    TYPE_NAMES,
    VULNERABILITY_NAMES,
    read_assessment,
    read_stored,
    read_type,
    read_vulnerability,
)
from webhook.store.snapshots import Snapshot, Snapshots, ids_of, select
from webhook.store.values import unpack
from webhook.store.vexrows import VEX_NAMES, read_vex

_POSITION = """
SELECT revision.store, revision.value, coalesce(marks.mark, '')
FROM revision LEFT JOIN marks ON marks.revision = revision.value
"""
_NO_REVISION = 2**63 - 1
"""Above every revision."""
_SIZE = "SELECT coalesce(max(id) + 1, 0) FROM components"
_TAG = ("name", "digest")
_TEXTS = msgspec.json.Decoder(list[str])


class Removed(NamedTuple):
    """What was deleted; see :class:`webhook.model.changes.Changes`."""

    components: array[int]
    images: tuple[Digest, ...]
    tags: tuple[str, ...]


class StoreFeed:
    """The store as read models see it.

    Args:
        snapshots: begins transactions for reading.
    """

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots

    def position(self) -> Position:
        """The database's identity and its newest revision with its mark; one row.

        Raises:
            StoreError: the database does not answer.
        """
        with self._snapshots.snapshot() as snapshot:
            return _position(snapshot)

    def size(self) -> int:
        """A number above the ids of all components.

        Raises:
            StoreError: the database does not answer.
        """
        with self._snapshots.snapshot() as snapshot:
            return sum(value for rows in snapshot.rows(_SIZE) for (value,) in rows)

    def changes(self, since: Position = START) -> Changes:
        """Everything after ``since``.

        Args:
            since: what the reader has; revision 0, a position in another database or another history, and one that
                this database has not reached, give a complete description.

        Raises:
            StoreError: the database does not answer.
        """
        with self._snapshots.snapshot() as snapshot:
            newest = _position(snapshot)
            if since == newest and since.revision > 0:
                return Changes(newest)
            after = since.revision if _leads_from(snapshot, since, newest) else None
            ecosystems = ecosystems_of(snapshot)
            columns = united(snapshot, after, _components(snapshot, after), ecosystems)
            purls, found, fixed = _vulnerable(snapshot, after)
            unsure = doubtful(snapshot, after)
            removed = Removed(array(UINT32), (), ()) if after is None else _removed_since(snapshot, after)
            return Changes(
                position=newest,
                complete=after is None,
                component_ids=columns.ids,
                states=columns.states,
                answered_at=columns.answered_at,
                ecosystems=columns.ecosystems,
                checked_at=checks_of(ecosystems),  # empty: nothing is left of what a reader may have
                purls=purls,
                findings=found,
                vulnerabilities=tuple(
                    map(read_vulnerability, _rows(snapshot, VULNERABILITY_NAMES[:-1], "vulnerabilities", "id", after))
                ),
                assessments=tuple(
                    map(read_assessment, _rows(snapshot, ASSESSMENT_NAMES, "assessments", "sequence", after))
                ),
                types=tuple(map(read_type, _rows(snapshot, TYPE_NAMES, "assessment_types", "name", after))),
                removed=() if after is None else tuple(_removed(snapshot, after)),
                sboms=tuple(map(read_stored, _rows(snapshot, SBOM_NAMES, "sboms", "id", after))),
                looks=tuple(_looks(snapshot, after)),
                tags={name: Digest(digest) for name, digest in _rows(snapshot, _TAG, "tags", "name", after)},
                doubtful=unsure,
                told=told(snapshot, {purl.package for purl in unsure.values()}),
                fixed=fixed,
                vex=tuple(_vex(snapshot, after)),
                removed_components=removed.components,
                removed_images=removed.images,
                removed_tags=removed.tags,
            )

    def component_ids(self, purls: Sequence[Purl]) -> Mapping[Purl, int]:
        """Ids of those components that the store knows.

        Raises:
            StoreError: the database does not answer.
        """
        with self._snapshots.snapshot() as snapshot:
            return ids_of(snapshot, purls)


def _position(snapshot: Snapshot) -> Position:
    return next(Position(*row) for rows in snapshot.rows(_POSITION) for row in rows)


def _leads_from(snapshot: Snapshot, since: Position, newest: Position) -> bool:
    """Whether the history of the database has the reader's revision, and not another one of the same number."""
    if since.revision == 0 or not since.mark or not newest.continues(since):
        return False
    mark = "SELECT mark FROM marks WHERE revision = :revision"
    return [row for rows in snapshot.rows(mark, revision=since.revision) for row in rows] == [(since.mark,)]


def _portions(
    snapshot: Snapshot, names: Sequence[str], table: str, order: str, after: int | None
) -> Iterator[list[tuple[Any, ...]]]:
    """Columns of those rows that changed after a revision; None means all."""
    if after is None:
        # Without a condition: with one, the database would walk the index on the revision.
        return snapshot.rows(select(names, table, "ORDER BY", order))
    # Without an upper bound SQLite expects a quarter of all rows, and walks the whole table for the order.
    number = f"{table.partition(' ')[0]}.revision"
    newer = f"{number} > :after AND {number} <= {_NO_REVISION}"
    return snapshot.rows(select(names, table, "WHERE", newer, "ORDER BY", order), after=after)


def _rows(
    snapshot: Snapshot, names: Sequence[str], table: str, order: str, after: int | None
) -> Iterator[tuple[Any, ...]]:
    return chain.from_iterable(_portions(snapshot, names, table, order, after))


def _components(snapshot: Snapshot, after: int | None) -> Columns:
    """What sources that are asked say of components."""
    ids, states, answered_at = array(UINT32), bytearray(), array(UINT32)
    for portion in _portions(snapshot, ("id", "state", "answered_at"), "components", "id", after):
        some_ids, some_states, some_answers = zip(*portion, strict=True)
        ids.extend(some_ids)
        states.extend(some_states)
        answered_at.extend(some_answers)
    return Columns(ids, bytes(states), answered_at)


def _vulnerable(
    snapshot: Snapshot, after: int | None
) -> tuple[dict[int, Purl], dict[int, tuple[str, ...]], dict[int, dict[str, str]]]:
    """Purls, findings and fixed versions of the vulnerable components; only those have findings."""
    table = "components JOIN findings ON findings.component_id = components.id"
    names, order = ("id", "purl", "vulnerability_id", "fixed"), "component_id, vulnerability_id"
    purls: dict[int, Purl] = {}
    found: dict[int, tuple[str, ...]] = {}
    fixes: dict[int, dict[str, str]] = {}
    shared: dict[str, str] = {}  # each id is kept once
    for number, purl, key, fixed in _rows(snapshot, names, table, order, after):
        key = shared.setdefault(key, key)
        if fixed:
            fixes.setdefault(number, {})[key] = shared.setdefault(fixed, fixed)
        if number in purls:
            found[number] += (key,)
        else:
            purls[number], found[number] = Purl(purl), (key,)
    return purls, found, fixes


def _looks(snapshot: Snapshot, after: int | None) -> Iterator[StoredLook]:
    rows = _rows(snapshot, ("digest", "origin", "trouble"), "sbom_looks", "digest, origin", after)
    return (StoredLook(Digest(digest), origin, trouble) for digest, origin, trouble in rows)


def _vex(snapshot: Snapshot, after: int | None) -> Iterator[KeptVex]:
    """The VEX documents; a complete description leaves out those that were taken out."""
    kept = map(read_vex, _rows(snapshot, VEX_NAMES, "vex_documents", "id", after))
    return (held for held in kept if after is not None or not held.is_removed)


def _removed(snapshot: Snapshot, after: int) -> Iterator[tuple[Digest, str]]:
    """The documents that left an image."""
    rows = _rows(snapshot, ("digest", "document_digest"), "sbom_history", "id", after)
    return ((Digest(digest), document) for digest, document in rows)


def _removed_since(snapshot: Snapshot, after: int) -> Removed:
    """What was deleted after a revision."""
    ids, images, tags = array(UINT32), list[str](), list[str]()
    query = select(("component_ids", "images", "tags"), "removals", "WHERE revision > :after ORDER BY revision")
    for rows in snapshot.rows(query, after=after):
        for packed, digests, names in rows:
            ids.extend(unpack(packed))
            images += _TEXTS.decode(digests)
            tags += _TEXTS.decode(names)
    return Removed(ids, tuple(map(Digest, dict.fromkeys(images))), tuple(dict.fromkeys(tags)))
