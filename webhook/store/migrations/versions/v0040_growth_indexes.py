"""Indexes for what grows: searches by their end, and assessments by their package."""

from __future__ import annotations

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them; what programs read and write is the same."""
    op.create_index(op.f("ix_searches_until"), "searches", ["until"])
    op.create_index(op.f("ix_assessments_package"), "assessments", ["package", "sequence"])
