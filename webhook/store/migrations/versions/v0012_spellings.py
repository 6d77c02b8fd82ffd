"""Spellings and forms of components, the reader of each SBOM, and no word of clean for what no registry can hold."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webhook.errors import InvalidInput
from webhook.model.components import ComponentState
from webhook.model.purls import Purl, parse_purl
from webhook.model.shapes import unusable

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_COMPONENTS = sa.table("components", sa.column("id"), sa.column("purl"), sa.column("state"), sa.column("revision"))
_REVISION = sa.table("revision", sa.column("value"))


def upgrade() -> None:
    """Make the tables and the column; programs before this one go on using the database.

    Components keep the key that they were read with, and their findings: no verdict becomes milder.
    """
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    number = sa.Integer()
    for table, name, column in (
        ("spellings", "spelling", sa.Column("revision", sa.BigInteger(), nullable=False)),
        ("forms", "form", sa.Column("answered_at", sa.BigInteger(), nullable=False)),
    ):
        op.create_table(
            table,
            sa.Column("component_id", number, autoincrement=False, nullable=False),
            sa.Column(name, text, nullable=False),
            column,
            sa.ForeignKeyConstraint(["component_id"], ["components.id"], name=op.f(f"fk_{table}_component_id")),
            sa.PrimaryKeyConstraint("component_id", name, name=op.f(f"pk_{table}")),
            sqlite_with_rowid=False,
        )
    op.add_column("sboms", sa.Column("reader", number, nullable=False, server_default="1"))
    _withdraw(op.get_bind())


def _withdraw(connection: sa.Connection) -> None:
    """Take *clean* from components of which no source can know anything."""
    clean = sa.select(_COMPONENTS.c.id, _COMPONENTS.c.purl).where(_COMPONENTS.c.state == int(ComponentState.CLEAN))
    changed = [
        {"number": number, "new": int(state)}
        for number, purl in connection.execute(clean)
        if (state := _state(purl)) is not ComponentState.CLEAN
    ]
    if not changed:
        return
    # Read models follow revisions, so the changed rows get a new one.
    connection.execute(sa.update(_REVISION).values(value=_REVISION.c.value + 1))
    now = connection.execute(sa.select(_REVISION.c.value)).scalar()
    change = sa.update(_COMPONENTS).where(_COMPONENTS.c.id == sa.bindparam("number"))
    connection.execute(change.values(state=sa.bindparam("new"), revision=now), changed)


def _state(purl: str) -> ComponentState:
    try:
        key = parse_purl(purl)
    except InvalidInput:
        key = Purl(purl)
    if not key.is_covered:
        return ComponentState.NOT_COVERED
    return ComponentState.CLEAN if unusable(key) is None else ComponentState.UNKNOWN
