"""VEX documents that are gone from their image, and looks at one that did not see all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make columns; programs before this one take a document that is gone for one that is there, and restricts."""
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    op.add_column("vex_documents", sa.Column("gone_at", sa.BigInteger(), nullable=True))
    op.add_column("vex_documents", sa.Column("trouble", text, nullable=False, server_default=""))
