"""Searches for SBOMs, shared by all processes, and the identity of the database."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the column."""
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    op.create_table(
        "searches",
        sa.Column("key", text, nullable=False),
        sa.Column("holder", text, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("status", text, nullable=True),
        sa.Column("detail", text, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_searches")),
    )
    # SQLite adds a column that must not be null only with a default; nobody ever reads it, as there is no second row.
    op.add_column("revision", sa.Column("store", text, nullable=False, server_default=""))
    fill = sa.text("UPDATE revision SET store = :store")
    op.execute(fill.bindparams(store=secrets.token_hex(16)))
