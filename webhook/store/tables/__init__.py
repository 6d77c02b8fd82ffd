"""The tables, by area. Migrations make them; a test compares the two.

Two numbers tie the tables together. ``revision`` has one row; each transaction that changes what a decision depends on
raises it and writes the new value on every row it touches, so that a read model can ask for what is newer than it has.
``components.id`` counts from 0, so that a read model can use arrays in place of dictionaries; it has holes only where
components were deleted, and no id is ever given twice.
"""

from webhook.store.tables import (
    advisories,
    components,
    decisions,
    fleet,
    notifications,
    revisions,
    runs,
    sboms,
    vulnerabilities,
    workloads,
)
from webhook.store.tables.base import metadata

__all__ = [
    "advisories",
    "components",
    "decisions",
    "fleet",
    "metadata",
    "notifications",
    "revisions",
    "runs",
    "sboms",
    "vulnerabilities",
    "workloads",
]
