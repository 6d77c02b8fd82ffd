"""Components, as documents call them and as sources are asked for them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, SmallInteger, Table

from webhook.store.columns import CleanText, Moment
from webhook.store.tables.base import metadata

components = Table(
    "components",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("purl", CleanText, nullable=False, unique=True),
    Column("state", SmallInteger, nullable=False),
    Column("answered_at", BigInteger, nullable=False),  # seconds since 1970, 0: never
    Column("asked_at", BigInteger, nullable=False),  # seconds since 1970, 0: never; answered or not
    Column("revision", BigInteger, nullable=False, index=True),
)

unnamed_components = Table(
    "unnamed_components",
    metadata,
    Column("component_id", Integer, ForeignKey("components.id"), primary_key=True, autoincrement=False),
    Column("since", Moment, nullable=False),
    Index("ix_unnamed_components_since", "since", "component_id"),
)
"""Components that no SBOM names, and since when that has been known."""

packages = Table(
    "packages",
    metadata,
    Column("package", CleanText, primary_key=True),  # a purl without version
    Column("name", CleanText, nullable=False),  # its last part, in lower case
    Index("ix_packages_name", "name", "package"),
    sqlite_with_rowid=False,
)
"""The packages of all components, for people who look for one by its name. A trigger writes it."""

spellings = Table(
    "spellings",
    metadata,
    Column("component_id", Integer, ForeignKey("components.id"), primary_key=True, autoincrement=False),
    Column("spelling", CleanText, primary_key=True),
    Column("revision", BigInteger, nullable=False),  # which orders them
    sqlite_with_rowid=False,
)
"""What SBOMs called a component, where a source may have to be asked with that; its key too, if that was written."""

forms = Table(
    "forms",
    metadata,
    Column("component_id", Integer, ForeignKey("components.id"), primary_key=True, autoincrement=False),
    Column("form", CleanText, primary_key=True),
    Column("answered_at", BigInteger, nullable=False),  # seconds since 1970
    sqlite_with_rowid=False,
)
"""Forms of a component that no SBOM wrote, and of which the source knows nothing."""
