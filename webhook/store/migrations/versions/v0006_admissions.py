"""What tags stood for when objects were admitted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; older programs neither read nor fill it."""
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    op.create_table(
        "admissions",
        sa.Column("uid", text, nullable=False),
        sa.Column("name", text, nullable=False),
        sa.Column("digest", text, nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("uid", "name", "digest", name=op.f("pk_admissions")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_admissions_noted_at"), "admissions", ["noted_at"])
