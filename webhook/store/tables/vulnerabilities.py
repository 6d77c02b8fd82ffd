"""Vulnerabilities, and the components that have them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, SmallInteger, Table, false

from webhook.store.columns import CleanText, Moment, Score
from webhook.store.tables.base import metadata

vulnerabilities = Table(
    "vulnerabilities",
    metadata,
    Column("id", CleanText, primary_key=True),
    Column("title", CleanText, nullable=False),
    Column("description", CleanText, nullable=False),
    Column("cvss_score", Score),
    Column("cvss_vector", CleanText),
    Column("cwe", CleanText),
    Column("reference", CleanText, nullable=False),
    Column("source", CleanText, nullable=False),
    Column("aliases", CleanText, nullable=False),  # a JSON list
    Column("external_references", CleanText, nullable=False),  # a JSON list
    Column("scored_from_vector", Boolean, nullable=False, server_default=false()),
    Column("score_origin", CleanText, nullable=False, server_default=""),
    Column("rejected", Boolean, nullable=False, server_default=false()),
    Column("former_score", Score),
    Column("rescored_at", Moment),  # null: the score never changed
    Column("first_seen", Moment, nullable=False),
    Column("revision", BigInteger, nullable=False, index=True),
    Column("rank", SmallInteger, nullable=False, server_default="-1"),  # ten times the rounded score; -1: none
    Column("kev", Integer),  # days, see exploits; null: not known to be exploited
    Column("kev_as_of", Integer),
    Column("epss", Integer),  # in 0.00001; null: none
    Column("epss_as_of", Integer),
    Index("ix_vulnerabilities_rank", "rank", "id"),
    Index("ix_vulnerabilities_first_seen", "first_seen", "id"),
)
"""A trigger corrects ``rank`` where its writer did not know it."""

identifiers = Table(
    "identifiers",
    metadata,
    Column("name", CleanText, primary_key=True),  # an id or an alias, case folded
    Column("vulnerability_id", CleanText, ForeignKey("vulnerabilities.id"), primary_key=True, index=True),
    sqlite_with_rowid=False,
)

findings = Table(
    "findings",
    metadata,
    Column("component_id", Integer, ForeignKey("components.id"), primary_key=True, autoincrement=False),
    Column("vulnerability_id", CleanText, ForeignKey("vulnerabilities.id"), primary_key=True, index=True),
    Column("fixed", CleanText),  # the next version that does not have it, where a source tells
    Column("sources", CleanText),  # of advisories, that say so, with commas; null: the vulnerability's
    sqlite_with_rowid=False,
)
"""What the newest answer of each source says; rows go when a newer answer of that source no longer names them."""

affected_packages = Table(
    "affected_packages",
    metadata,
    Column("vulnerability_id", CleanText, ForeignKey("vulnerabilities.id"), primary_key=True),
    Column("package", CleanText, primary_key=True),
    Column("first_seen", Moment, nullable=False),
    Column("score", Score),
    sqlite_with_rowid=False,
)
"""Every (vulnerability, package) that was ever seen, with its latest score, so that each is assessed automatically once
and no more."""
