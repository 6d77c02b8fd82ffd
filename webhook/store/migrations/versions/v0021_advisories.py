"""Advisories, and what they say of components."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make three tables and a column; programs before this one do not look at them."""
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    op.create_table(
        "advisory_sets",
        sa.Column("source", text, nullable=False),
        sa.Column("ecosystem", text, nullable=False),
        sa.Column("digest", text, nullable=False),
        sa.Column("tag", text, nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("advisories", sa.Integer(), nullable=False),
        sa.Column("counts", text, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("source", "ecosystem", name=op.f("pk_advisory_sets")),
    )
    op.create_table(
        "advisory_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fingerprint", text, nullable=False),
        sa.Column("through", sa.Integer(), nullable=False),
        sa.Column("asks", sa.Boolean(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_advisory_state_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advisory_state")),
    )
    op.create_table(
        "matches",
        sa.Column("component_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ecosystem", text, nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["component_id"], ["components.id"], name=op.f("fk_matches_component_id")),
        sa.PrimaryKeyConstraint("component_id", name=op.f("pk_matches")),
    )
    op.create_index(op.f("ix_matches_ecosystem"), "matches", ["ecosystem"])
    op.add_column("findings", sa.Column("fixed", text, nullable=True))
