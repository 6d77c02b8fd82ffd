"""SBOMs, their documents, and the images that they describe."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, UniqueConstraint

from webhook.store.columns import CleanText, Moment
from webhook.store.tables.base import metadata

sboms = Table(
    "sboms",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("digest", CleanText, nullable=False),
    Column("document_digest", CleanText, nullable=False, index=True),
    Column("format", CleanText, nullable=False),
    Column("version", CleanText, nullable=False),
    Column("tool", CleanText, nullable=False),
    Column("place", CleanText, nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("component_ids", LargeBinary, nullable=False),  # see columns.pack
    Column("skipped", CleanText, nullable=False),  # a JSON object: reason → count
    Column("skipped_components", CleanText, nullable=False),  # a JSON list, some of them
    Column("coverage", CleanText),  # a JSON object, see model.platforms; empty where nobody took note
    Column("reader", Integer, nullable=False, server_default="1"),  # version of what read the document
    Column("revision", BigInteger, nullable=False, index=True),
    Column("not_in_image", Integer, nullable=False, server_default="0"),  # entries that are excluded or external
    UniqueConstraint("digest", "document_digest"),
)

sbom_places = Table(
    "sbom_places",
    metadata,
    Column("digest", CleanText, primary_key=True),
    Column("document_digest", CleanText, primary_key=True),
    Column("place", CleanText, primary_key=True),
    Column("origin", CleanText, primary_key=True),  # see model.looks
    Column("coverage", CleanText),  # as in sboms
    Column("seen_at", Moment, nullable=False),
    Column("revision", BigInteger, nullable=False),  # of the last finding, for their order
    sqlite_with_rowid=False,
)
"""Where each document of an image is now; ``sboms`` has the most trusted of these places."""

sbom_looks = Table(
    "sbom_looks",
    metadata,
    Column("digest", CleanText, primary_key=True),
    Column("origin", CleanText, primary_key=True),
    Column("looked_at", Moment, nullable=False),
    Column("trouble", CleanText, nullable=False),  # empty when every place answered
    Column("revision", BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)
"""When the places were last asked for an image, in which name, and what kept them from answering."""

sbom_history = Table(
    "sbom_history",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", CleanText, nullable=False, index=True),
    Column("document_digest", CleanText, nullable=False),
    Column("place", CleanText, nullable=False),
    Column("origin", CleanText, nullable=False),
    Column("at", Moment, nullable=False),
    Column("author", CleanText, nullable=False),
    Column("why", CleanText, nullable=False),
    Column("revision", BigInteger, index=True),  # empty while the document counts by another place
)
"""Documents that stopped counting in a place; read models learn from here what to drop."""

documents = Table(
    "documents",
    metadata,
    Column("digest", CleanText, primary_key=True),
    Column("payload", LargeBinary),  # compressed by zlib; empty for a document that is too large to be kept
    Column("size", Integer, nullable=False),  # bytes, not compressed
    Column("stored_at", Moment, nullable=False, index=True),
)
"""What SBOMs were read from, so that a later reader can read it again; no read model has it."""

readings = Table(
    "readings",
    metadata,
    Column("digest", CleanText, primary_key=True),
    Column("document_digest", CleanText, primary_key=True),
    Column("component_ids", LargeBinary, nullable=False),  # see columns.pack
    Column("skipped", CleanText, nullable=False),  # as in sboms
    Column("skipped_components", CleanText, nullable=False),  # as in sboms
    Column("reader", Integer, nullable=False),
    Column("not_in_image", Integer, nullable=False, server_default="0"),  # as in sboms
    sqlite_with_rowid=False,
)
"""SBOMs as a newer reader reads them, until each of their components has an answer; then the SBOM's own row changes."""

tags = Table(
    "tags",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("digest", CleanText, nullable=False, index=True),
    Column("revision", BigInteger, nullable=False, index=True),
)

searches = Table(
    "searches",
    metadata,
    Column("key", CleanText, primary_key=True),
    Column("holder", CleanText, nullable=False),
    Column("until", Moment, nullable=False, index=True),
    Column("status", CleanText),  # empty while the search is under way
    Column("detail", CleanText, nullable=False),
)
