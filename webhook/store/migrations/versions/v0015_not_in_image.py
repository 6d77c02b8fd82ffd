"""How many entries of an SBOM are not in the image."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the columns, 0 where nobody took note; programs before this one go on using the tables."""
    for table in ("sboms", "readings"):
        op.add_column(table, sa.Column("not_in_image", sa.Integer(), nullable=False, server_default="0"))
