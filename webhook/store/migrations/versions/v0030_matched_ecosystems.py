"""With which sets of advisories each ecosystem was matched, as of when, and what changed in a set since."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make three columns and a table; programs before this one do not look at them."""
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    op.add_column("advisory_sets", sa.Column("newest", text, nullable=False, server_default=""))
    op.add_column("advisory_sets", sa.Column("is_unreadable", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("advisory_sets", sa.Column("changed_names", sa.LargeBinary(), nullable=True))
    made = op.create_table(
        "advisory_ecosystems",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ecosystem", text, nullable=False),
        sa.Column("mark", text, nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advisory_ecosystems")),
        sa.UniqueConstraint("ecosystem", name=op.f("uq_advisory_ecosystems_ecosystem")),
    )
    matches = sa.table("matches", sa.column("ecosystem", text), sa.column("answered_at", sa.BigInteger()))
    oldest = sa.select(matches.c.ecosystem, sa.func.min(matches.c.answered_at).filter(matches.c.answered_at > 0))
    rows = op.get_bind().execute(oldest.group_by(matches.c.ecosystem).order_by(matches.c.ecosystem)).all()
    if rows:  # without a mark they are matched again once
        op.bulk_insert(
            made,
            [
                {"id": number, "ecosystem": ecosystem, "mark": "", "checked_at": at or 0}
                for number, (ecosystem, at) in enumerate(rows, 1)
            ],
        )
