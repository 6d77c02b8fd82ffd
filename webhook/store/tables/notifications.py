"""Announcements and their deliveries."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, UniqueConstraint

from webhook.store.columns import CleanText, Moment
from webhook.store.tables.base import metadata

announcements = Table(
    "announcements",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", CleanText, nullable=False, unique=True),
    Column("topic", CleanText, nullable=False),
    Column("subject", CleanText, nullable=False),
    Column("facts", CleanText, nullable=False),  # a JSON object
    Column("path", CleanText, nullable=False),
    Column("destination", CleanText, nullable=False),  # empty for all
    Column("at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False, index=True),
    Column("spread", Boolean, nullable=False),
    Index("ix_announcements_spread", "spread", "id"),
)
"""What people are to be told: written in the transaction of what it tells of, or found again and again by its key."""

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("announcement_id", ForeignKey("announcements.id"), nullable=False),
    Column("destination", CleanText, nullable=False),
    Column("state", CleanText, nullable=False),
    Column("message", CleanText, index=True),  # null before the first try
    Column("due_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("settled_at", Moment),
    Column("error", CleanText, nullable=False),
    UniqueConstraint("announcement_id", "destination"),
    Index("ix_deliveries_state", "state", "destination", "id"),
    Index("ix_deliveries_settled_at", "destination", "settled_at"),
)
"""What became of an announcement at each destination that wants it."""
