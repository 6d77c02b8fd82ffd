"""The documents that SBOMs were read from, and what a newer reader reads in them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; programs before this one neither read nor fill them."""
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    op.create_table(
        "documents",
        sa.Column("digest", text, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_documents")),
    )
    op.create_table(
        "readings",
        sa.Column("digest", text, nullable=False),
        sa.Column("document_digest", text, nullable=False),
        sa.Column("component_ids", sa.LargeBinary(), nullable=False),
        sa.Column("skipped", text, nullable=False),
        sa.Column("skipped_components", text, nullable=False),
        sa.Column("reader", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "document_digest", name=op.f("pk_readings")),
        sqlite_with_rowid=False,
    )
