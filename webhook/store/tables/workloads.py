"""Images seen at admission, running workloads, and workloads that were admitted before."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, Table

from webhook.store.columns import CleanText, Moment
from webhook.store.tables.base import metadata

sightings = Table(
    "sightings",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("digest", CleanText, primary_key=True, index=True),  # empty when the tag was not resolved
    Column("last_seen", Moment, nullable=False, index=True),
    Column("last_refused", Moment),
    sqlite_with_rowid=False,
)

admissions = Table(
    "admissions",
    metadata,
    Column("uid", CleanText, primary_key=True),  # of the object; see model.records.pods_of for Pods
    Column("name", CleanText, primary_key=True),
    Column("digest", CleanText, primary_key=True, index=True),
    Column("noted_at", Moment, nullable=False, index=True),
    Column(
        "written_at", Moment, nullable=True
    ),  # None in notes of programs before 0039, and where nobody could read it
    sqlite_with_rowid=False,
)
"""What tags stood for when objects were admitted; rows go when they have not been noted for a long time."""

refusals = Table(
    "refusals",
    metadata,
    Column("reason", CleanText, primary_key=True),
    Column("requests", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""How many requests the webhook has denied, by reason; a member tells its hub."""

running_workloads = Table(
    "running_workloads",
    metadata,
    Column("uid", CleanText, primary_key=True),
    Column("namespace", CleanText, nullable=False),
    Column("api_version", CleanText, nullable=False),
    Column("kind", CleanText, nullable=False),
    Column("name", CleanText, nullable=False),
    Column("pods", Integer, nullable=False),
    Column("mode", CleanText),  # of its namespace; null where the webhook is not asked
    Column("action", CleanText, nullable=False),  # what its Pods would get, when it was audited
    Column("reason", CleanText, nullable=False),
    Column("images", CleanText, nullable=False),  # a JSON list, see store.inventory
    sqlite_with_rowid=False,
)
"""What ran in the cluster at the last audit; no decision depends on it, so it has no revision."""

inventories = Table(
    "inventories",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("taken_at", Moment, nullable=False),
    Column("revision", BigInteger, nullable=False),  # the store's, at that time
    CheckConstraint("id = 1", name="single"),
)
"""One row: when ``running_workloads`` was taken."""
