"""The members of a hub, and the types that it has."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make tables; programs before this one do not look at them."""
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    op.create_table(
        "fleet_members",
        sa.Column("name", text, nullable=False),
        sa.Column("token_hash", text, nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("applied_store", text, nullable=False, server_default=""),
        sa.Column("applied_revision", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("applied_mark", text, nullable=False, server_default=""),
        sa.Column("skew_ms", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("version", text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_fleet_members")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_fleet_members_token_hash")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fleet_hub",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("types", text, nullable=False),
        sa.Column("types_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fleet_hub")),
        sa.CheckConstraint("id = 1", name=op.f("ck_fleet_hub_single")),
    )
