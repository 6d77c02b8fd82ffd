"""Assessments, their types, requests for exceptions, VEX documents, and who changed what."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, UniqueConstraint, false, text

from webhook.store.columns import CleanText, Moment, Score
from webhook.store.tables.base import metadata

BY_HAND = text("source <> 'auto'")
"""A condition on assessments; a query has to have it in these words for the index of sources to be used."""

UNTIL_FIXED = text("until_fixed")
"""Likewise, for the index of what may end by a fix."""

_IN_BATCH = text("batch IS NOT NULL")

assessments = Table(
    "assessments",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("vulnerability", CleanText, nullable=False, index=True),
    Column("type", CleanText),
    Column("package", CleanText),
    Column("version_range", CleanText),
    Column("image", CleanText),
    Column("namespace", CleanText),
    Column("source", CleanText, nullable=False),
    Column("author", CleanText, nullable=False),
    Column("comment", CleanText, nullable=False),
    Column("assessed_at", Moment, nullable=False),
    Column("until", Moment),
    Column("rule", CleanText, nullable=False),
    Column("score", Score),
    Column("revision", BigInteger, nullable=False, index=True),
    Column("batch", CleanText),
    Column("recorded_by", CleanText),
    Column("until_fixed", Boolean, nullable=False, server_default=false()),
    Column("fixed_in", CleanText),  # the version that ended it
    # Most are automatic, and belong to no batch.
    Index("ix_assessments_source", "source", sqlite_where=BY_HAND, postgresql_where=BY_HAND),
    Index("ix_assessments_batch", "batch", sqlite_where=_IN_BATCH, postgresql_where=_IN_BATCH),
    Index("ix_assessments_until_fixed", "vulnerability", sqlite_where=UNTIL_FIXED, postgresql_where=UNTIL_FIXED),
    Index("ix_assessments_author", "author", "sequence"),
    Index("ix_assessments_package", "package", "sequence"),
    Index("ix_assessments_type", "type", "sequence"),
    Index("ix_assessments_until", "until", "sequence"),
)
"""Append-only; triggers refuse updates and deletions."""

assessment_types = Table(
    "assessment_types",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("definition", CleanText, nullable=False),  # a JSON object, see rows
    Column("source", CleanText, nullable=False),  # cluster or console
    Column("retired", Boolean, nullable=False),
    Column("revision", BigInteger, nullable=False, index=True),
)
"""Types that the cluster names, or that people made; a row stays when its type is retired, because a read model has to
be told.
"""

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor", CleanText, nullable=False),
    Column("recorded_by", CleanText, nullable=False),  # account and machine, or the address of a browser
    Column("action", CleanText, nullable=False),
    Column("subject", CleanText, nullable=False),
    Column("detail", CleanText, nullable=False),  # a JSON object
    Column("batch", CleanText, index=True),
    Index("ix_audit_log_actor", "actor", "id"),
)
"""Who changed what; append-only, written in the transaction of the change. Triggers refuse updates, and deletions of
what ``deletable`` does not name.
"""

requests = Table(
    "requests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("phase", CleanText, nullable=False),
    Column("namespace", CleanText, nullable=False),  # empty: the whole cluster
    Column("user", CleanText, nullable=False),  # the first who asked
    Column("vulnerabilities", CleanText, nullable=False),  # a JSON list
    Column("until", Moment),
    Column("created", Moment, nullable=False),
    Column("covered_by", Integer, index=True),  # whose approval answered it
    Column("origin", CleanText),  # the object that it stands for
    Column("content", CleanText, nullable=False),  # all of it, a JSON object
    Column("cluster", CleanText, nullable=False, server_default=""),  # the member that it was made in; empty: here
    Column("member_number", Integer),  # its number there
    Index("ix_requests_phase", "phase", "id"),
    Index("ix_requests_namespace", "namespace", "phase", "id"),
    Index("ix_requests_origin", "origin"),
    Index("ix_requests_member", "cluster", "member_number", unique=True),
)
"""Requests for exceptions; the columns beside ``content`` are what they are looked up by."""

vex_documents = Table(
    "vex_documents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", CleanText, nullable=False),
    Column("name", CleanText, nullable=False),  # who handed it in, the source, or the fingerprint of the signer's key
    Column("namespace", CleanText, nullable=False),
    Column("image", CleanText, nullable=False, index=True),
    Column("subject", CleanText, nullable=False),
    Column("place", CleanText, nullable=False),  # in which name, and with whose credentials, it was found
    Column("digest", CleanText, nullable=False),  # of the document
    Column("parts", CleanText, nullable=False),  # a JSON list
    Column("document", LargeBinary, nullable=False),  # what it says, see store.vex
    Column("payload", LargeBinary),  # the document itself, compressed; null once it was taken out
    Column("reader", Integer, nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("until", Moment),
    Column("comment", CleanText, nullable=False),
    Column("removed_at", Moment),
    Column("gone_at", Moment),  # it is not attached any more, and only restricts
    Column("trouble", CleanText, nullable=False, server_default=""),  # why not all that is attached there is known
    Column("revision", BigInteger, nullable=False, index=True),
    UniqueConstraint("kind", "name", "namespace", "image", "subject", "place", "digest"),
)
"""VEX documents. A row stays when its document was taken out, so that read models hear of it."""
