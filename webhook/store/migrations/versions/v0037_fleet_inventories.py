"""What runs in the clusters of members, and which components their images have."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make tables apart from the hub's own inventory, which programs before this one go on reading as it was."""
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    _make_clusters(text)
    op.create_table(
        "fleet_images",
        sa.Column("cluster", text, nullable=False),
        sa.Column("digest", text, nullable=False),
        sa.Column("content", text, nullable=False),
        sa.PrimaryKeyConstraint("cluster", "digest", name=op.f("pk_fleet_images")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_fleet_images_content"), "fleet_images", ["content", "cluster", "digest"])
    op.create_table(
        "fleet_contents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("content", text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fleet_contents")),
        sa.UniqueConstraint("content", name=op.f("uq_fleet_contents_content")),
    )
    op.create_table(
        "fleet_holdings",
        sa.Column("component_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["component_id"], ["components.id"], name=op.f("fk_fleet_holdings_component_id")),
        sa.ForeignKeyConstraint(["content_id"], ["fleet_contents.id"], name=op.f("fk_fleet_holdings_content_id")),
        sa.PrimaryKeyConstraint("component_id", "content_id", name=op.f("pk_fleet_holdings")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_fleet_holdings_content_id"), "fleet_holdings", ["content_id"])


def _make_clusters(text: sa.Text) -> None:
    op.create_table(
        "fleet_clusters",
        sa.Column("cluster", text, nullable=False),
        sa.Column("session", text, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("refusals", text, nullable=False),
        sa.PrimaryKeyConstraint("cluster", name=op.f("pk_fleet_clusters")),
    )
    op.create_table(
        "fleet_workloads",
        sa.Column("cluster", text, nullable=False),
        sa.Column("uid", text, nullable=False),
        sa.Column("namespace", text, nullable=False),
        sa.Column("kind", text, nullable=False),
        sa.Column("name", text, nullable=False),
        sa.Column("pods", sa.Integer(), nullable=False),
        sa.Column("mode", text, nullable=False),
        sa.Column("action", text, nullable=False),
        sa.Column("reason", text, nullable=False),
        sa.Column("images", text, nullable=False),
        sa.PrimaryKeyConstraint("cluster", "uid", name=op.f("pk_fleet_workloads")),
        sqlite_with_rowid=False,
    )
    in_order = ["namespace", "kind", "name"]
    op.create_index(op.f("ix_fleet_workloads_namespace"), "fleet_workloads", [*in_order, "cluster", "uid"])
    op.create_index(op.f("ix_fleet_workloads_cluster"), "fleet_workloads", ["cluster", *in_order, "uid"])
    op.create_index(op.f("ix_fleet_workloads_action"), "fleet_workloads", ["cluster", "action"])
    op.create_table(
        "fleet_uses",
        sa.Column("digest", text, nullable=False),
        sa.Column("cluster", text, nullable=False),
        sa.Column("uid", text, nullable=False),
        sa.PrimaryKeyConstraint("digest", "cluster", "uid", name=op.f("pk_fleet_uses")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_fleet_uses_cluster"), "fleet_uses", ["cluster", "uid"])
