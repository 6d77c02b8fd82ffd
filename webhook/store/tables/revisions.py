"""The revision of the store, and what is deleted and numbered with it."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, LargeBinary, Table

from webhook.store.columns import CleanText, Moment
from webhook.store.tables.base import metadata

revision = Table(
    "revision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("value", BigInteger, nullable=False),
    Column("store", CleanText, nullable=False),  # random hex digits
    Column("mark", CleanText, nullable=False),  # of the newest revision, as its writer chose it
    CheckConstraint("id = 1", name="single"),
)
"""One row: the newest revision, and the identity of this database, so that a read model notices when it was replaced.

The row's lock is what makes writers wait for each other.
"""

marks = Table(
    "marks",
    metadata,
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("mark", CleanText, nullable=False),
)
"""Random hex digits for each of the last ten thousand revisions. A trigger writes them when the revision is raised.

Two histories that have the same revisions, because a standby took over that lacked the last changes, or a backup was
restored and written to, have different marks.
"""

compatibility = Table(
    "compatibility",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("oldest_program", CleanText, nullable=False),
    CheckConstraint("id = 1", name="single"),
)
"""One row: the schema version of the oldest program that can use this database as it is, so that an update can be
rolled back. Every migration writes it, and no later one may change this table.
"""

high_water = Table(
    "high_water",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""The first number that was never given, for numbers that are never given twice, whatever is deleted: component ids."""

removals = Table(
    "removals",
    metadata,
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("component_ids", LargeBinary, nullable=False),  # see columns.pack
    Column("images", CleanText, nullable=False),  # a JSON list of digests whose looks were forgotten
    Column("tags", CleanText, nullable=False),  # a JSON list
)
"""What was deleted at a revision, for read models; ``sbom_history`` has the SBOMs. Kept for as long as ``marks``."""

prunes = Table(
    "prunes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("finished_at", Moment, nullable=False),
    Column("deleted", CleanText, nullable=False),  # a JSON object: kind → how many rows
    Column("kept", CleanText, nullable=False),  # why images were kept that are not seen any more; mostly empty
    CheckConstraint("id = 1", name="single"),
)
"""One row: the last pass of retention that came to its end."""

deletable = Table(
    "deletable",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("older_than", Moment, nullable=False),
)
"""Rows of append-only tables that may be deleted; only inside the transaction that does so."""
