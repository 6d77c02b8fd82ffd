"""Which sources say that a component has a vulnerability; of which records a set was made, and who signed it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make columns; programs before this one do not look at them."""
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    op.add_column("findings", sa.Column("sources", text, nullable=True))
    op.add_column("advisory_sets", sa.Column("listed", sa.LargeBinary(), nullable=True))
    op.add_column("advisory_sets", sa.Column("signature", text, nullable=False, server_default=""))
