"""How far a member has followed its hub."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make a table; programs before this one can use the database until the hub has told it something."""
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    op.create_table(
        "fleet_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("store", text, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("mark", text, nullable=False),
        sa.Column("hub_at", sa.BigInteger(), nullable=True),
        sa.Column("types", text, nullable=False),
        sa.Column("types_at", sa.BigInteger(), nullable=True),
        sa.Column("applied_at", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("skew_ms", sa.BigInteger(), nullable=False),
        sa.Column("held", text, nullable=False),
        sa.Column("held_count", sa.Integer(), nullable=False),
        sa.Column("types_held", sa.Boolean(), nullable=False),
        sa.Column("accepts", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fleet_state")),
        sa.CheckConstraint("id = 1", name=op.f("ck_fleet_state_single")),
    )
