"""Which command made an assessment, and from where it was recorded."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what is there keeps them empty."""
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    op.add_column("assessments", sa.Column("batch", text))
    op.add_column("assessments", sa.Column("recorded_by", text))
    op.create_index(op.f("ix_assessments_batch"), "assessments", ["batch"])
