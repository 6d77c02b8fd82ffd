"""Runs of the downloader, and what processes share to take turns."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table

from webhook.store.columns import CleanText, Moment
from webhook.store.tables.base import metadata

accounts = Table(
    "accounts",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("controller", CleanText, nullable=False),  # kind and API version of an owner that it stated
    Column("seen_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)
"""Who makes objects that have a controller, apart from the accounts that are listed as controllers'."""

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("started", Moment, nullable=False),
    Column("finished", Moment, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("report", CleanText, nullable=False),  # a JSON object
    Column("fence", BigInteger),  # of its lease, by which its log is found
)

run_progress = Table(
    "run_progress",
    metadata,
    Column("fence", BigInteger, primary_key=True, autoincrement=False),  # of the lease of the run
    Column("holder", CleanText, nullable=False),
    Column("started", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("progress", CleanText, nullable=False),  # a JSON object
    Column("cancelled_by", CleanText),
)
"""How far the last runs are, or were, and who wants them to end."""

run_lines = Table(
    "run_lines",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("fence", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
    Column("line", CleanText, nullable=False),
    Index("ix_run_lines_fence", "fence", "id"),
)
"""What the last runs said."""

leases = Table(
    "leases",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("holder", CleanText, nullable=False),
    Column("until", Moment, nullable=False),
    Column("fence", BigInteger, nullable=False),
)
"""What one process at a time does. ``fence`` rises with each holder; rows stay, so that it never goes back."""

cursors = Table(
    "cursors",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("position", BigInteger, nullable=False),
)
"""How far what is told from the store has been told, by what tells it."""
