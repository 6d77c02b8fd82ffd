"""Removals: what was deleted at a revision, so that read models drop it without being loaded afresh.

A row is kept for as long as the mark of its revision: a read model that is further back is loaded completely.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, delete, func, insert, select

from webhook.model.changes import UINT32
from webhook.model.images import Digest
from webhook.store.database import Change
from webhook.store.snapshots import Snapshot
from webhook.store.snapshots import select as plain_select
from webhook.store.tables import marks
from webhook.store.tables import removals as table
from webhook.store.values import pack, to_json, unpack

_TEXTS = msgspec.json.Decoder(list[str])


class Removed(NamedTuple):
    """What was deleted; see :class:`webhook.model.changes.Changes`."""

    components: array[int]
    images: tuple[Digest, ...]
    tags: tuple[str, ...]


def note_removal(
    change: Change, *, components: Sequence[int] = (), images: Sequence[str] = (), tags: Sequence[str] = ()
) -> None:
    """Tell read models what a transaction deletes; once in a transaction, and only if it deletes something."""
    values = {
        "revision": change.revision,
        "component_ids": pack(components),
        "images": to_json(list(map(str, images))),
        "tags": to_json(list(tags)),
    }
    change.connection.execute(insert(table).values(values))


def removed_since(snapshot: Snapshot, after: int) -> Removed:
    """What was deleted after a revision."""
    ids, images, tags = array(UINT32), list[str](), list[str]()
    query = plain_select(("component_ids", "images", "tags"), "removals", "WHERE revision > :after ORDER BY revision")
    for rows in snapshot.rows(query, after=after):
        for packed, digests, names in rows:
            ids.extend(unpack(packed))
            images += _TEXTS.decode(digests)
            tags += _TEXTS.decode(names)
    return Removed(ids, tuple(map(Digest, dict.fromkeys(images))), tuple(dict.fromkeys(tags)))


def oldest_mark(connection: Connection) -> int:
    """The oldest revision from which a read model is told changes; removals up to there are of no use."""
    return int(connection.execute(select(func.coalesce(func.min(marks.c.revision), 0))).scalar_one())


def forget_removals(connection: Connection, most: int) -> int:
    """Delete the oldest removals that no read model needs any more; how many there were."""
    old = select(table.c.revision).where(table.c.revision <= oldest_mark(connection)).order_by(table.c.revision)
    return connection.execute(delete(table).where(table.c.revision.in_(old.limit(most)))).rowcount
