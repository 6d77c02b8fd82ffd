"""What people list and look up by: ranks of scores, packages by name, what runs, and who changed what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# Triggers, so that rows that programs before this one write are found, too.
_SQLITE_RANK = """
CASE WHEN {row}cvss_score IS NULL OR upper({row}cvss_score) LIKE '%N%' THEN -1
ELSE max(-1, min(100, CAST(round(CAST({row}cvss_score AS REAL) * 10 + 0.0000001) AS INTEGER))) END
"""
_POSTGRESQL_RANK = """
CASE WHEN {row}cvss_score IS NULL OR upper({row}cvss_score) LIKE '%N%' THEN -1
ELSE greatest(-1, least(100, round(CAST({row}cvss_score AS numeric) * 10))) END
"""
_SQLITE_RANKED = """
CREATE TRIGGER vulnerabilities_are_ranked_{when} AFTER {verb} ON vulnerabilities
BEGIN
  UPDATE vulnerabilities SET rank = {rank} WHERE id = NEW.id;
END
"""
_POSTGRESQL_RANKED_FUNCTION = """
CREATE FUNCTION rank_vulnerability() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN NEW.rank := {rank}; RETURN NEW; END $$
"""
_POSTGRESQL_RANKED = """
CREATE TRIGGER vulnerabilities_are_ranked BEFORE INSERT OR UPDATE OF cvss_score ON vulnerabilities
FOR EACH ROW EXECUTE FUNCTION rank_vulnerability()
"""
_RANK_ALL = "UPDATE vulnerabilities SET rank = {rank}"
_NAME_ALL = """
INSERT INTO packages (package, name)
SELECT those.package, {name} FROM (SELECT DISTINCT {package} AS package FROM components) AS those
"""
_PACKAGE = "substr({purl}, 1, {position} - 1)"
_NAME = "lower(substr({package}, length(rtrim({package}, replace({package}, '/', ''))) + 1))"
_SQLITE_NAMED = """
CREATE TRIGGER components_have_packages AFTER INSERT ON components
BEGIN
  INSERT OR IGNORE INTO packages (package, name) VALUES ({package}, {name});
END
"""
_POSTGRESQL_NAMED_FUNCTION = """
CREATE FUNCTION note_package() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  INSERT INTO packages (package, name) VALUES ({package}, {name}) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$
"""
_POSTGRESQL_NAMED = """
CREATE TRIGGER components_have_packages AFTER INSERT ON components FOR EACH ROW EXECUTE FUNCTION note_package()
"""
_SQLITE_REFUSED = """
CREATE TRIGGER audit_log_{verb} BEFORE {VERB} ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
"""
_POSTGRESQL_REFUSED_FUNCTION = """
CREATE FUNCTION bomgate_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$
"""
_POSTGRESQL_REFUSED = """
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION bomgate_audit_append_only()
"""


def upgrade() -> None:
    """Make columns, tables and indexes; programs before this one go on using the tables."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    text = sa.Text(collation="C") if is_postgresql else sa.Text()
    _rank(is_postgresql)
    _name_packages(is_postgresql, text)
    op.create_index(op.f("ix_assessments_author"), "assessments", ["author", "sequence"])
    op.create_index(op.f("ix_assessments_type"), "assessments", ["type", "sequence"])
    op.create_index(op.f("ix_assessments_until"), "assessments", ["until", "sequence"])
    _note_what_runs(text)
    _note_who_changed(is_postgresql, text)


def _rank(is_postgresql: bool) -> None:
    op.add_column("vulnerabilities", sa.Column("rank", sa.SmallInteger(), nullable=False, server_default="-1"))
    rank = _POSTGRESQL_RANK if is_postgresql else _SQLITE_RANK
    op.execute(_RANK_ALL.format(rank=rank.format(row="")))
    if is_postgresql:
        op.execute(_POSTGRESQL_RANKED_FUNCTION.format(rank=rank.format(row="NEW.")))
        op.execute(_POSTGRESQL_RANKED)
    else:
        for when, verb in (("at_first", "INSERT"), ("again", "UPDATE OF cvss_score")):
            op.execute(_SQLITE_RANKED.format(when=when, verb=verb, rank=rank.format(row="NEW.")))
    op.create_index(op.f("ix_vulnerabilities_rank"), "vulnerabilities", ["rank", "id"])
    op.create_index(op.f("ix_vulnerabilities_first_seen"), "vulnerabilities", ["first_seen", "id"])


def _name_packages(is_postgresql: bool, text: sa.Text) -> None:
    op.create_table(
        "packages",
        sa.Column("package", text, nullable=False),
        sa.Column("name", text, nullable=False),
        sa.PrimaryKeyConstraint("package", name=op.f("pk_packages")),
        sqlite_with_rowid=False,
    )
    position = "strpos({purl} || '@', '@')" if is_postgresql else "instr({purl} || '@', '@')"

    def parts(purl: str) -> dict[str, str]:
        package = _PACKAGE.format(purl=purl, position=position.format(purl=purl))
        return {"package": package, "name": _NAME.format(package=package)}

    op.execute(_NAME_ALL.format(package=parts("purl")["package"], name=_NAME.format(package="those.package")))
    op.create_index(op.f("ix_packages_name"), "packages", ["name", "package"])
    if is_postgresql:
        op.execute(_POSTGRESQL_NAMED_FUNCTION.format(**parts("NEW.purl")))
        op.execute(_POSTGRESQL_NAMED)
    else:
        op.execute(_SQLITE_NAMED.format(**parts("NEW.purl")))


def _note_what_runs(text: sa.Text) -> None:
    op.create_table(
        "running_workloads",
        sa.Column("uid", text, nullable=False),
        sa.Column("namespace", text, nullable=False),
        sa.Column("api_version", text, nullable=False),
        sa.Column("kind", text, nullable=False),
        sa.Column("name", text, nullable=False),
        sa.Column("pods", sa.Integer(), nullable=False),
        sa.Column("mode", text, nullable=True),
        sa.Column("action", text, nullable=False),
        sa.Column("reason", text, nullable=False),
        sa.Column("images", text, nullable=False),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_running_workloads")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "inventories",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_inventories_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventories")),
    )


def _note_who_changed(is_postgresql: bool, text: sa.Text) -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", text, nullable=False),
        sa.Column("recorded_by", text, nullable=False),
        sa.Column("action", text, nullable=False),
        sa.Column("subject", text, nullable=False),
        sa.Column("detail", text, nullable=False),
        sa.Column("batch", text, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index(op.f("ix_audit_log_actor"), "audit_log", ["actor", "id"])
    op.create_index(op.f("ix_audit_log_batch"), "audit_log", ["batch"])
    if is_postgresql:
        op.execute(_POSTGRESQL_REFUSED_FUNCTION)
        op.execute(_POSTGRESQL_REFUSED)
    else:
        for verb in ("update", "delete"):
            op.execute(_SQLITE_REFUSED.format(verb=verb, VERB=verb.upper()))
