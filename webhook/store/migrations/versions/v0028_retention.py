"""What the store needs to forget: a high-water mark of ids, removals that read models follow, and indexes by age."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0026"
branch_labels = None
depends_on = None

_SQLITE_ALLOWED = """
CREATE TRIGGER audit_log_delete BEFORE DELETE ON audit_log
WHEN OLD.at >= coalesce((SELECT older_than FROM deletable WHERE name = 'audit_log'), 0)
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END
"""
_POSTGRESQL_ALLOWED_FUNCTION = """
CREATE FUNCTION bomgate_audit_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.at >= coalesce((SELECT older_than FROM deletable WHERE name = 'audit_log'), 0) THEN
    RAISE EXCEPTION 'the audit log is append-only';
  END IF;
  RETURN OLD;
END
$$
"""


def upgrade() -> None:
    """Make tables and indexes; programs before this one neither read nor fill them, and delete none of what they have.

    They give a component the id after the largest, so that the row with the largest id is never deleted.
    """
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    text = sa.Text(collation="C") if is_postgresql else sa.Text()
    op.create_table(
        "high_water",
        sa.Column("name", text, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_high_water")),
    )
    op.execute("INSERT INTO high_water SELECT 'components', coalesce(max(id), -1) + 1 FROM components")
    op.create_table(
        "removals",
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("component_ids", sa.LargeBinary(), nullable=False),
        sa.Column("images", text, nullable=False),
        sa.Column("tags", text, nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_removals")),
    )
    op.create_table(
        "unnamed_components",
        sa.Column("component_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["component_id"], ["components.id"], name=op.f("fk_unnamed_components_component_id")),
        sa.PrimaryKeyConstraint("component_id", name=op.f("pk_unnamed_components")),
    )
    op.create_index(op.f("ix_unnamed_components_since"), "unnamed_components", ["since", "component_id"])
    op.create_table(
        "prunes",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted", text, nullable=False),
        sa.Column("kept", text, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_prunes_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prunes")),
    )
    op.create_table(
        "deletable",
        sa.Column("name", text, nullable=False),
        sa.Column("older_than", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_deletable")),
    )
    for table, column in (
        ("sightings", "digest"),
        ("sightings", "last_seen"),
        ("admissions", "digest"),
        ("sboms", "document_digest"),
        ("documents", "stored_at"),
    ):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    _let_old_audit_rows_go(is_postgresql)


def _let_old_audit_rows_go(is_postgresql: bool) -> None:
    if not is_postgresql:
        op.execute("DROP TRIGGER audit_log_delete")
        op.execute(_SQLITE_ALLOWED)
        return
    op.execute(_POSTGRESQL_ALLOWED_FUNCTION)
    op.execute("DROP TRIGGER audit_log_append_only ON audit_log")
    op.execute(
        "CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR TRUNCATE ON audit_log"
        " FOR EACH STATEMENT EXECUTE FUNCTION bomgate_audit_append_only()"
    )
    op.execute(
        "CREATE TRIGGER audit_log_kept BEFORE DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION bomgate_audit_kept()"
    )
