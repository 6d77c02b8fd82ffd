"""What people are to be told, and what became of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make two tables; programs before this one go on using the others."""
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    op.create_table(
        "announcements",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("key", text, nullable=False),
        sa.Column("topic", text, nullable=False),
        sa.Column("subject", text, nullable=False),
        sa.Column("facts", text, nullable=False),
        sa.Column("path", text, nullable=False),
        sa.Column("destination", text, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("spread", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
        sa.UniqueConstraint("key", name=op.f("uq_announcements_key")),
    )
    op.create_index(op.f("ix_announcements_spread"), "announcements", ["spread", "id"])
    op.create_index(op.f("ix_announcements_seen_at"), "announcements", ["seen_at"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("announcement_id", sa.Integer(), nullable=False),
        sa.Column("destination", text, nullable=False),
        sa.Column("state", text, nullable=False),
        sa.Column("message", text, nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("error", text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.ForeignKeyConstraint(["announcement_id"], ["announcements.id"], name=op.f("fk_deliveries_announcement_id")),
        sa.UniqueConstraint("announcement_id", "destination", name=op.f("uq_deliveries_announcement_id")),
    )
    op.create_index(op.f("ix_deliveries_state"), "deliveries", ["state", "destination", "id"])
    op.create_index(op.f("ix_deliveries_message"), "deliveries", ["message"])
    op.create_index(op.f("ix_deliveries_settled_at"), "deliveries", ["destination", "settled_at"])
