"""The first tables. Steps only go forward: there is no downgrade."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_REFUSE_SQLITE = """
CREATE TRIGGER assessments_{verb} BEFORE {VERB} ON assessments
BEGIN SELECT RAISE(ABORT, 'assessments are append-only'); END
"""
_REFUSE_FUNCTION = """
CREATE FUNCTION bomgate_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'assessments are append-only'; END $$
"""
_REFUSE_POSTGRESQL = """
CREATE TRIGGER assessments_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON assessments
FOR EACH STATEMENT EXECUTE FUNCTION bomgate_append_only()
"""


def upgrade() -> None:
    """Make everything."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    text = sa.Text(collation="C") if postgresql else sa.Text()
    _source_tables(text)
    _finding_tables(text)
    _decision_tables(text)
    _image_tables(text)
    _run_tables(text)
    _protect_assessments(postgresql)
    op.execute("INSERT INTO revision (id, value) VALUES (1, 0)")


def _source_tables(text: sa.Text) -> None:
    op.create_table(
        "revision",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_revision_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
    )
    op.create_table(
        "components",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("purl", text, nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_components")),
        sa.UniqueConstraint("purl", name=op.f("uq_components_purl")),
    )
    op.create_index(op.f("ix_components_revision"), "components", ["revision"])
    op.create_table(
        "vulnerabilities",
        sa.Column("id", text, nullable=False),
        sa.Column("title", text, nullable=False),
        sa.Column("description", text, nullable=False),
        sa.Column("cvss_score", sa.String()),
        sa.Column("cvss_vector", text),
        sa.Column("cwe", text),
        sa.Column("reference", text, nullable=False),
        sa.Column("source", text, nullable=False),
        sa.Column("aliases", text, nullable=False),
        sa.Column("external_references", text, nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vulnerabilities")),
    )
    op.create_index(op.f("ix_vulnerabilities_revision"), "vulnerabilities", ["revision"])


def _finding_tables(text: sa.Text) -> None:
    op.create_table(
        "identifiers",
        sa.Column("name", text, nullable=False),
        sa.Column("vulnerability_id", text, nullable=False),
        sa.ForeignKeyConstraint(
            ["vulnerability_id"], ["vulnerabilities.id"], name=op.f("fk_identifiers_vulnerability_id")
        ),
        sa.PrimaryKeyConstraint("name", "vulnerability_id", name=op.f("pk_identifiers")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_identifiers_vulnerability_id"), "identifiers", ["vulnerability_id"])
    op.create_table(
        "findings",
        sa.Column("component_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("vulnerability_id", text, nullable=False),
        sa.ForeignKeyConstraint(["component_id"], ["components.id"], name=op.f("fk_findings_component_id")),
        sa.ForeignKeyConstraint(
            ["vulnerability_id"], ["vulnerabilities.id"], name=op.f("fk_findings_vulnerability_id")
        ),
        sa.PrimaryKeyConstraint("component_id", "vulnerability_id", name=op.f("pk_findings")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_findings_vulnerability_id"), "findings", ["vulnerability_id"])
    op.create_table(
        "affected_packages",
        sa.Column("vulnerability_id", text, nullable=False),
        sa.Column("package", text, nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.String()),
        sa.ForeignKeyConstraint(
            ["vulnerability_id"], ["vulnerabilities.id"], name=op.f("fk_affected_packages_vulnerability_id")
        ),
        sa.PrimaryKeyConstraint("vulnerability_id", "package", name=op.f("pk_affected_packages")),
        sqlite_with_rowid=False,
    )


def _decision_tables(text: sa.Text) -> None:
    op.create_table(
        "assessments",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("vulnerability", text, nullable=False),
        sa.Column("type", text),
        sa.Column("package", text),
        sa.Column("version_range", text),
        sa.Column("image", text),
        sa.Column("namespace", text),
        sa.Column("source", text, nullable=False),
        sa.Column("author", text, nullable=False),
        sa.Column("comment", text, nullable=False),
        sa.Column("assessed_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger()),
        sa.Column("rule", text, nullable=False),
        sa.Column("score", sa.String()),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_assessments")),
    )
    for name in ("vulnerability", "source", "revision"):
        op.create_index(op.f(f"ix_assessments_{name}"), "assessments", [name])


def _image_tables(text: sa.Text) -> None:
    op.create_table(
        "sboms",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", text, nullable=False),
        sa.Column("document_digest", text, nullable=False),
        sa.Column("format", text, nullable=False),
        sa.Column("version", text, nullable=False),
        sa.Column("tool", text, nullable=False),
        sa.Column("place", text, nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("component_ids", sa.LargeBinary(), nullable=False),
        sa.Column("skipped", text, nullable=False),
        sa.Column("skipped_components", text, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sboms")),
        sa.UniqueConstraint("digest", "document_digest", name=op.f("uq_sboms_digest")),
    )
    op.create_index(op.f("ix_sboms_revision"), "sboms", ["revision"])
    op.create_table(
        "tags",
        sa.Column("name", text, nullable=False),
        sa.Column("digest", text, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tags")),
    )
    op.create_index(op.f("ix_tags_digest"), "tags", ["digest"])
    op.create_index(op.f("ix_tags_revision"), "tags", ["revision"])
    op.create_table(
        "sightings",
        sa.Column("name", text, nullable=False),
        sa.Column("digest", text, nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.Column("last_refused", sa.BigInteger()),
        sa.PrimaryKeyConstraint("name", "digest", name=op.f("pk_sightings")),
        sqlite_with_rowid=False,
    )


def _run_tables(text: sa.Text) -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("finished", sa.BigInteger(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("report", text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_table(
        "leases",
        sa.Column("name", text, nullable=False),
        sa.Column("holder", text, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )


def _protect_assessments(postgresql: bool) -> None:
    if postgresql:
        op.execute(_REFUSE_FUNCTION)
        op.execute(_REFUSE_POSTGRESQL)
    else:
        for verb in ("update", "delete"):
            op.execute(_REFUSE_SQLITE.format(verb=verb, VERB=verb.upper()))
