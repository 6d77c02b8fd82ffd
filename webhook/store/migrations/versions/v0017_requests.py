"""Requests for exceptions, with what people decided about them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; programs before this one do not look at it."""
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    op.create_table(
        "requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("phase", text, nullable=False),
        sa.Column("namespace", text, nullable=False),
        sa.Column("user", text, nullable=False),
        sa.Column("vulnerabilities", text, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("covered_by", sa.Integer(), nullable=True),
        sa.Column("origin", text, nullable=True),
        sa.Column("content", text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    op.create_index(op.f("ix_requests_covered_by"), "requests", ["covered_by"])
    op.create_index(op.f("ix_requests_phase"), "requests", ["phase", "id"])
    op.create_index(op.f("ix_requests_namespace"), "requests", ["namespace", "phase", "id"])
    op.create_index(op.f("ix_requests_origin"), "requests", ["origin"])
