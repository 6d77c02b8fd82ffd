"""Fencing numbers of leases, so that a writer that comes after its lease has ended is refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column. Programs before this one go on using the table: rows that they add have the number 0."""
    op.add_column("leases", sa.Column("fence", sa.BigInteger(), nullable=False, server_default="0"))
