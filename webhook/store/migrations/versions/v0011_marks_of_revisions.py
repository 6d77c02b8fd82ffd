"""Marks of revisions, so that a reader notices when the database went on without changes that the reader has seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Triggers, so that revisions that programs before this one make have marks, too.
_SQLITE = """
CREATE TRIGGER revision_is_marked AFTER UPDATE OF value ON revision WHEN NEW.value <> OLD.value
BEGIN
  INSERT OR REPLACE INTO marks (revision, mark)
  VALUES (NEW.value, CASE WHEN NEW.mark <> OLD.mark THEN NEW.mark ELSE lower(hex(randomblob(16))) END);
  DELETE FROM marks WHERE revision <= NEW.value - 10000 OR revision > NEW.value;
END
"""
_POSTGRESQL_FUNCTION = """
CREATE FUNCTION mark_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO marks (revision, mark)
  VALUES (NEW.value,
          CASE WHEN NEW.mark <> OLD.mark THEN NEW.mark ELSE replace(CAST(gen_random_uuid() AS text), '-', '') END)
  ON CONFLICT (revision) DO UPDATE SET mark = excluded.mark;
  DELETE FROM marks WHERE revision <= NEW.value - 10000 OR revision > NEW.value;
  RETURN NULL;
END
$$
"""
_POSTGRESQL = """
CREATE TRIGGER revision_is_marked AFTER UPDATE OF value ON revision
FOR EACH ROW WHEN (NEW.value <> OLD.value) EXECUTE FUNCTION mark_revision()
"""


def upgrade() -> None:
    """Make the table, the column that a writer names its mark in, and the trigger."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    text = sa.Text(collation="C") if is_postgresql else sa.Text()
    op.create_table(
        "marks",
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mark", text, nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_marks")),
    )
    op.add_column("revision", sa.Column("mark", text, nullable=False, server_default=""))
    if is_postgresql:
        op.execute(_POSTGRESQL_FUNCTION)
        op.execute(_POSTGRESQL)
        op.execute("INSERT INTO marks SELECT value, replace(CAST(gen_random_uuid() AS text), '-', '') FROM revision")
    else:
        op.execute(_SQLITE)
        op.execute("INSERT INTO marks SELECT value, lower(hex(randomblob(16))) FROM revision")
