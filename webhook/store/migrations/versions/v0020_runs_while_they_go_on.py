"""How far runs are, what they say, and who wants them to end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make two tables and a column; programs before this one go on using the others."""
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    op.create_table(
        "run_progress",
        sa.Column("fence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("holder", text, nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("progress", text, nullable=False),
        sa.Column("cancelled_by", text, nullable=True),
        sa.PrimaryKeyConstraint("fence", name=op.f("pk_run_progress")),
    )
    op.create_table(
        "run_lines",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("line", text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_lines")),
    )
    op.create_index(op.f("ix_run_lines_fence"), "run_lines", ["fence", "id"])
    op.add_column("runs", sa.Column("fence", sa.BigInteger(), nullable=True))
