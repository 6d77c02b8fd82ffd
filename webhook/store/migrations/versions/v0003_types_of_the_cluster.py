"""Assessment types of the cluster, and which programs can use the database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OLDEST_PROGRAM = "0003"
"""A program that knows no types of the cluster would only warn of what they deny."""


def upgrade() -> None:
    """Make the tables."""
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    op.create_table(
        "assessment_types",
        sa.Column("name", text, nullable=False),
        sa.Column("definition", text, nullable=False),
        sa.Column("source", text, nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_assessment_types")),
    )
    op.create_index(op.f("ix_assessment_types_revision"), "assessment_types", ["revision"])
    op.create_table(
        "compatibility",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("oldest_program", text, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_compatibility_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compatibility")),
    )
    fill = sa.text("INSERT INTO compatibility (id, oldest_program) VALUES (1, :oldest)")
    op.execute(fill.bindparams(oldest=OLDEST_PROGRAM))
