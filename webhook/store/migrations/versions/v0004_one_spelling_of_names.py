"""Names of images in one spelling: a tag was kept once for each way in which its registry was written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webhook.model.images import DEFAULT_HOST, canonical_host, registry_name

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TAGS = sa.table("tags", sa.column("name"), sa.column("digest"), sa.column("revision"))
_SIGHTINGS = sa.table(
    "sightings", sa.column("name"), sa.column("digest"), sa.column("last_seen"), sa.column("last_refused")
)
_REVISION = sa.table("revision", sa.column("value"))


def upgrade() -> None:
    """Rewrite the names; of several answers for one tag, the newest stays."""
    connection = op.get_bind()
    _respell_tags(connection)
    _respell_sightings(connection)


def _respell_tags(connection: sa.Connection) -> None:
    rows = connection.execute(sa.select(_TAGS.c.name, _TAGS.c.digest, _TAGS.c.revision)).all()
    old = [row for row in rows if _respelled(row.name) != row.name]
    if not old:
        return
    revisions = {row.name: row.revision for row in rows}
    newest = {_respelled(row.name): row.digest for row in sorted(old, key=lambda row: row.revision)}
    latest = {_respelled(row.name): row.revision for row in sorted(old, key=lambda row: row.revision)}
    # Read models follow revisions, so the rewritten rows get a new one.
    connection.execute(sa.update(_REVISION).values(value=_REVISION.c.value + 1))
    now = connection.execute(sa.select(_REVISION.c.value)).scalar()
    connection.execute(sa.delete(_TAGS).where(_TAGS.c.name == sa.bindparam("old")), [{"old": row.name} for row in old])
    for name, digest in newest.items():
        if revisions.get(name, -1) >= latest[name]:
            continue
        connection.execute(sa.delete(_TAGS).where(_TAGS.c.name == name))
        connection.execute(sa.insert(_TAGS).values(name=name, digest=digest, revision=now))


def _respell_sightings(connection: sa.Connection) -> None:
    rows = connection.execute(sa.select(_SIGHTINGS)).all()
    old = [row for row in rows if _respelled(row.name) != row.name]
    if not old:
        return
    names = {_respelled(row.name) for row in old}
    merged: dict[tuple[str, str], dict[str, object]] = {}
    for row in sorted(rows, key=lambda row: row.last_seen):
        key = (_respelled(row.name), row.digest)
        if key[0] in names:
            refused = [item for item in (row.last_refused, merged.get(key, {}).get("last_refused")) if item is not None]
            merged[key] = {"last_seen": row.last_seen, "last_refused": max(refused, default=None)}  # type: ignore[type-var]
    gone = [{"old": row.name} for row in rows if _respelled(row.name) in names]
    connection.execute(sa.delete(_SIGHTINGS).where(_SIGHTINGS.c.name == sa.bindparam("old")), gone)
    connection.execute(
        sa.insert(_SIGHTINGS), [{"name": name, "digest": digest, **row} for (name, digest), row in merged.items()]
    )


def _respelled(name: str) -> str:
    """A name as older programs kept it, always with its registry, in the spelling of today."""
    host, slash, rest = name.partition("/")
    if not slash:
        return name
    host = registry_name(canonical_host(host))
    return f"{host}/library/{rest}" if host == DEFAULT_HOST and "/" not in rest else f"{host}/{rest}"
