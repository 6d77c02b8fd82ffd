"""Where each SBOM is now, when its image was looked at, and what stopped counting."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_SBOMS = sa.table("sboms", *map(sa.column, ("digest", "document_digest", "place", "coverage", "added_at", "revision")))
_TAGS = sa.table("tags", sa.column("name"), sa.column("digest"))
_NAMELESS = ("added", "imported", "directory", "generated")


def upgrade() -> None:
    """Make the tables, and note where the SBOMs are that are there.

    Whose place has a name is noted in the entry that points at the image; where none does, or several, nobody knows in
    which name it was found. Programs before this one go on using the other tables.
    """
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    places = op.create_table(
        "sbom_places",
        sa.Column("digest", text, nullable=False),
        sa.Column("document_digest", text, nullable=False),
        sa.Column("place", text, nullable=False),
        sa.Column("origin", text, nullable=False),
        sa.Column("coverage", text, nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "document_digest", "place", "origin", name=op.f("pk_sbom_places")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sbom_looks",
        sa.Column("digest", text, nullable=False),
        sa.Column("origin", text, nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.Column("trouble", text, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "origin", name=op.f("pk_sbom_looks")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_sbom_looks_revision"), "sbom_looks", ["revision"])
    op.create_table(
        "sbom_history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", text, nullable=False),
        sa.Column("document_digest", text, nullable=False),
        sa.Column("place", text, nullable=False),
        sa.Column("origin", text, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("author", text, nullable=False),
        sa.Column("why", text, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sbom_history")),
    )
    op.create_index(op.f("ix_sbom_history_digest"), "sbom_history", ["digest"])
    op.create_index(op.f("ix_sbom_history_revision"), "sbom_history", ["revision"])
    if rows := _rows(op.get_bind()):
        op.bulk_insert(places, rows)


def _rows(connection: sa.Connection) -> list[dict[str, object]]:
    """Where each SBOM is that is in the store."""
    names: dict[str, set[str]] = {}
    for name, digest in connection.execute(sa.select(_TAGS.c.name, _TAGS.c.digest)):
        names.setdefault(digest, set()).add(name.rpartition(":")[0])
    rows = []
    for digest, document, place, coverage, added_at, newest in connection.execute(sa.select(*_SBOMS.c)):
        found = names.get(digest, set())
        origin = next(iter(found)) if len(found) == 1 and place not in _NAMELESS else ""
        rows.append(
            {
                "digest": digest,
                "document_digest": document,
                "place": place,
                "origin": origin,
                "coverage": coverage,
                "seen_at": added_at,
                "revision": newest,
            }
        )
    return rows
