"""VEX documents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make a table; programs before this one do not look at it, and nothing is loosened then."""
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    op.create_table(
        "vex_documents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", text, nullable=False),
        sa.Column("name", text, nullable=False),
        sa.Column("namespace", text, nullable=False),
        sa.Column("image", text, nullable=False),
        sa.Column("subject", text, nullable=False),
        sa.Column("place", text, nullable=False),
        sa.Column("digest", text, nullable=False),
        sa.Column("parts", text, nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("reader", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("comment", text, nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vex_documents")),
        sa.UniqueConstraint(
            "kind", "name", "namespace", "image", "subject", "place", "digest", name=op.f("uq_vex_documents_kind")
        ),
    )
    op.create_index(op.f("ix_vex_documents_revision"), "vex_documents", ["revision"])
    op.create_index(op.f("ix_vex_documents_image"), "vex_documents", ["image"])
