"""Advisories and exploitation data that are matched offline."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    false,
)

from webhook.store.columns import CleanText, Moment
from webhook.store.tables.base import metadata

advisory_sets = Table(
    "advisory_sets",
    metadata,
    Column("source", CleanText, primary_key=True),
    Column("ecosystem", CleanText, primary_key=True),
    Column("digest", CleanText, nullable=False),
    Column("tag", CleanText, nullable=False),
    Column("checked_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("advisories", Integer, nullable=False),
    Column("counts", CleanText, nullable=False),  # a JSON object: reason → how many were left out
    Column("payload", LargeBinary, nullable=False),  # MessagePack of model.advisories, compressed by zlib
    Column("newest", CleanText, nullable=False, server_default=""),  # the latest ``modified`` of a record, as written
    Column("is_unreadable", Boolean, nullable=False, server_default=false()),  # by the program that tried last
    Column("changed_names", LargeBinary),  # MessagePack; see store.changednames
    Column("signature", CleanText, nullable=False, server_default=""),  # the digest that was signed, and the key
    Column("listed", LargeBinary),  # MessagePack of model.advisories.RecordList, compressed by zlib
)
"""Advisories by source and ecosystem; each set is replaced as a whole. No read model has them."""

advisory_ecosystems = Table(
    "advisory_ecosystems",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # from 1; a read model has it as one byte
    Column("ecosystem", CleanText, nullable=False, unique=True),
    Column("mark", CleanText, nullable=False),  # of the sets that all its components were matched with; may be empty
    Column("checked_at", BigInteger, nullable=False),  # seconds since 1970: when these sets were last checked
)
"""How far each ecosystem was matched, and how old what was said then is."""

advisory_state = Table(
    "advisory_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("fingerprint", CleanText, nullable=False),
    Column("through", Integer, nullable=False),
    Column("asks", Boolean, nullable=False),
    CheckConstraint("id = 1", name="single"),
)
"""One row once there are advisories: with which sets components were matched, up to which id, and whether a source is
asked as well.
"""

matches = Table(
    "matches",
    metadata,
    Column("component_id", Integer, ForeignKey("components.id"), primary_key=True, autoincrement=False),
    Column("ecosystem", CleanText, nullable=False, index=True),  # or why there is none; see store.matching
    Column("state", SmallInteger, nullable=False),
    Column("answered_at", BigInteger, nullable=False),  # seconds since 1970; for programs that know no ecosystems
)
"""What advisories say of the components that they cover, or why they do not, beside ``components``, where the answers
of asked sources are."""

exploit_sets = Table(
    "exploit_sets",
    metadata,
    Column("source", CleanText, primary_key=True),
    Column("kind", CleanText, nullable=False),  # kev or epss
    Column("digest", CleanText, nullable=False),
    Column("tag", CleanText, nullable=False),
    Column("checked_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("as_of", Integer, nullable=False),  # the day that it was published for, counted from 1 January of year 1
    Column("entries", Integer, nullable=False),
)

exploits = Table(
    "exploits",
    metadata,
    Column("name", CleanText, primary_key=True),  # a CVE in lower case, as in identifiers
    Column("source", CleanText, primary_key=True),
    Column("value", Integer, nullable=False),  # KEV: the day of listing; EPSS: the score in 0.00001
    sqlite_with_rowid=False,
)
"""What the sets say, also of vulnerabilities that affect nothing here; each set is replaced as a whole."""
