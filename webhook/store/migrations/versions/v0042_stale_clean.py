"""No word of clean that rests on a question which no registry can answer."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

from webhook.errors import InvalidInput
from webhook.model.components import ComponentState
from webhook.model.purls import Purl, parse_purl
from webhook.model.shapes import unusable

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

_COMPONENTS = sa.table(
    "components", sa.column("id"), sa.column("purl"), sa.column("state"), sa.column("asked_at"), sa.column("revision")
)
_REVISION = sa.table("revision", sa.column("value"))
_UNPUBLISHED = re.compile(r"[.-](?:(?i:SNAPSHOT)|[0-9]{8}\.[0-9]{6}-[0-9]+)\Z")
"""Ends of snapshots of Maven, which were asked for as they are written, and are in no public repository."""
_FILE_NAME = re.compile(r"[\w.+~-]+", re.ASCII)
"""What a version of Maven looks like; others are of the manifests of JARs."""


def upgrade() -> None:
    """Take *clean* from components that were asked for by what the source cannot know; they are due at once.

    Findings stay, and so does every other state: no verdict becomes milder.
    """
    connection = op.get_bind()
    clean = sa.select(_COMPONENTS.c.id, _COMPONENTS.c.purl).where(_COMPONENTS.c.state == int(ComponentState.CLEAN))
    stale = [{"number": number} for number, purl in connection.execute(clean) if _is_stale(purl)]
    if not stale:
        return
    # Read models follow revisions, so the changed rows get a new one.
    connection.execute(sa.update(_REVISION).values(value=_REVISION.c.value + 1))
    now = connection.execute(sa.select(_REVISION.c.value)).scalar()
    change = sa.update(_COMPONENTS).where(_COMPONENTS.c.id == sa.bindparam("number"))
    connection.execute(change.values(state=int(ComponentState.UNKNOWN), asked_at=0, revision=now), stale)


def _is_stale(text: str) -> bool:
    purl = Purl(text)
    try:
        key = parse_purl(purl)
    except InvalidInput:
        key = purl
    if unusable(key) is not None:
        return True
    version = purl.version
    return purl.type == "maven" and (_UNPUBLISHED.search(version) is not None or not _FILE_NAME.fullmatch(version))
