"""Requests for exceptions that members of a fleet bring to their hub."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the columns by which a member's request is found; those that are there were made here."""
    op.add_column("requests", sa.Column("cluster", sa.Text(), nullable=False, server_default=""))
    op.add_column("requests", sa.Column("member_number", sa.Integer(), nullable=True))
    op.create_index("ix_requests_member", "requests", ["cluster", "member_number"], unique=True)
