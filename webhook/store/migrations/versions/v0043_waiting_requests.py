"""How many requests for exceptions wait at members, and since when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns that programs before this one leave empty."""
    for name in ("waiting_requests", "oldest_request"):
        op.add_column("fleet_clusters", sa.Column(name, sa.BigInteger(), nullable=True))
