"""Whose score a vulnerability has when its source gave none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make a column; programs before this one do not look at it."""
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    op.add_column("vulnerabilities", sa.Column("score_origin", text, nullable=False, server_default=""))
