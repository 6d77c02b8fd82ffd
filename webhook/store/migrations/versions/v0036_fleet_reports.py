"""Answers of the hub to its members, who waits for which, and what a member is to ask for again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make tables; programs before this one leave them alone."""
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    op.create_table(
        "fleet_reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("coordinates", text, nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("wanted_at", sa.BigInteger(), nullable=False),
        sa.Column("is_running", sa.Boolean(), nullable=False),
        sa.Column("vulnerabilities", text, nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fleet_reports")),
        sa.UniqueConstraint("coordinates", name=op.f("uq_fleet_reports_coordinates")),
    )
    op.create_index(op.f("ix_fleet_reports_asked_at"), "fleet_reports", ["asked_at", "id"])
    op.create_index(op.f("ix_fleet_reports_wanted_at"), "fleet_reports", ["wanted_at"])
    op.create_index(op.f("ix_fleet_reports_changed"), "fleet_reports", ["changed"])
    op.create_table(
        "fleet_wanted",
        sa.Column("report_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member", text, nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["fleet_reports.id"], name=op.f("fk_fleet_wanted_report_id")),
        sa.PrimaryKeyConstraint("report_id", "member", name=op.f("pk_fleet_wanted")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fleet_additions",
        sa.Column("member", text, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("member", name=op.f("pk_fleet_additions")),
    )
    op.create_table(
        "fleet_pending",
        sa.Column("coordinates", text, nullable=False),
        sa.Column("noted", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("coordinates", name=op.f("pk_fleet_pending")),
        sqlite_with_rowid=False,
    )
