"""Assessments that end once a fixed version is known, and the version that ended them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make columns; programs before this one go on adding rows, which end by their date alone."""
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    column: sa.Column[bool] = sa.Column("until_fixed", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("assessments", column)
    op.add_column("assessments", sa.Column("fixed_in", text, nullable=True))
    condition = sa.text("until_fixed")
    op.create_index(
        op.f("ix_assessments_until_fixed"),
        "assessments",
        ["vulnerability"],
        sqlite_where=condition,
        postgresql_where=condition,
    )
