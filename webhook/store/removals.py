"""Removals: what was deleted at a revision, so that read models drop it without being loaded afresh.

``feed`` tells them. A row is kept for as long as the mark of its revision: a read model that is further back is loaded
completely.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, select

from webhook.store.database import Change
from webhook.store.queries import among
from webhook.store.tables.revisions import marks
from webhook.store.tables.revisions import removals as table
from webhook.store.values import pack, to_json


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


def oldest_mark(connection: Connection) -> int:
    """The oldest revision from which a read model is told changes; removals up to there are of no use."""
    return int(connection.execute(select(func.coalesce(func.min(marks.c.revision), 0))).scalar_one())


def forget_removals(connection: Connection, most: int) -> int:
    """Delete the oldest removals that no read model needs any more; how many there were."""
    old = select(table.c.revision).where(table.c.revision <= oldest_mark(connection)).order_by(table.c.revision)
    revisions = list(connection.execute(old.limit(most)).scalars())
    if revisions:
        connection.execute(delete(table).where(among(connection, table.c.revision, revisions)))
    return len(revisions)
