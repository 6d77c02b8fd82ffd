"""What the hub decides for one of its members alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make a table apart from assessments, which count in the hub's own cluster; programs before do not look at it."""
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    op.create_table(
        "fleet_decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cluster", text, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("record", text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fleet_decisions")),
    )
    op.create_index(op.f("ix_fleet_decisions_cluster"), "fleet_decisions", ["cluster", "id"])
    op.create_index(op.f("ix_fleet_decisions_revision"), "fleet_decisions", ["revision"])
