"""The tables. Migrations make them; a test compares the two.

Two numbers tie the tables together. ``revision`` has one row; each transaction that changes what a decision depends on
raises it and writes the new value on every row it touches, so that a read model can ask for what is newer than it has.
``components.id`` counts from 0, so that a read model can use arrays in place of dictionaries; it has holes only where
components were deleted, and no id is ever given twice.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    UniqueConstraint,
    false,
    text,
)

from webhook.store.columns import CleanText, Moment, Score

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

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

unnamed_components = Table(
    "unnamed_components",
    metadata,
    Column("component_id", Integer, ForeignKey("components.id"), primary_key=True, autoincrement=False),
    Column("since", Moment, nullable=False),
    Index("ix_unnamed_components_since", "since", "component_id"),
)
"""Components that no SBOM names, and since when that has been known."""

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
    Column("ecosystem", CleanText, nullable=False, index=True),
    Column("state", SmallInteger, nullable=False),
    Column("answered_at", BigInteger, nullable=False),  # seconds since 1970; for programs that know no ecosystems
)
"""What advisories say of the components that they cover, beside ``components``, where the answers of asked sources are.
"""

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
    sqlite_with_rowid=False,
)
"""What tags stood for when objects were admitted; rows go when they have not been noted for a long time."""

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

searches = Table(
    "searches",
    metadata,
    Column("key", CleanText, primary_key=True),
    Column("holder", CleanText, nullable=False),
    Column("until", Moment, nullable=False),
    Column("status", CleanText),  # empty while the search is under way
    Column("detail", CleanText, nullable=False),
)

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
    Index("ix_requests_phase", "phase", "id"),
    Index("ix_requests_namespace", "namespace", "phase", "id"),
    Index("ix_requests_origin", "origin"),
)
"""Requests for exceptions; the columns beside ``content`` are what they are looked up by."""
cursors = Table(
    "cursors",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("position", BigInteger, nullable=False),
)
"""How far what is told from the store has been told, by what tells it."""
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

fleet_members = Table(
    "fleet_members",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("token_hash", CleanText, nullable=False, unique=True),  # SHA-256, in hex digits
    Column("added_at", Moment, nullable=False),
    Column("removed_at", Moment),
    Column("seen_at", Moment),
    Column("applied_store", CleanText, nullable=False, server_default=""),
    Column("applied_revision", BigInteger, nullable=False, server_default="0"),
    Column("applied_mark", CleanText, nullable=False, server_default=""),
    Column("skew_ms", BigInteger, nullable=False, server_default="0"),
    Column("version", CleanText, nullable=False, server_default=""),
    sqlite_with_rowid=False,
)
"""The members of a hub. A row stays when its token was taken back."""

fleet_hub = Table(
    "fleet_hub",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("types", CleanText, nullable=False),  # a JSON list of model.assessments.StoredType
    Column("types_at", Moment, nullable=False),
    Column("revision", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="single"),
)
"""One row at a hub: its types, those of its settings file too, and the revision at which they last changed."""

fleet_reports = Table(
    "fleet_reports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("coordinates", CleanText, nullable=False, unique=True),
    Column("state", SmallInteger, nullable=False),  # as in components
    Column("answered_at", BigInteger, nullable=False),  # seconds since 1970, 0: never
    Column("asked_at", BigInteger, nullable=False),  # seconds since 1970, 0: never; answered or not
    Column("wanted_at", BigInteger, nullable=False, index=True),  # when a member asked last, to the day
    Column("is_running", Boolean, nullable=False),  # in some cluster
    Column("vulnerabilities", CleanText, nullable=False),  # a JSON list, see store.fleet.reports
    Column("changed", BigInteger, index=True),  # the revision at which it was last answered differently
    Index("ix_fleet_reports_asked_at", "asked_at", "id"),
)
"""What OSS Index says of coordinates that members ask for: a cache of answers, apart from the hub's own components."""

fleet_wanted = Table(
    "fleet_wanted",
    metadata,
    Column("report_id", Integer, ForeignKey("fleet_reports.id"), primary_key=True, autoincrement=False),
    Column("member", CleanText, primary_key=True),
    sqlite_with_rowid=False,
)
"""Which members wait for coordinates; rows go once these were asked for."""

fleet_additions = Table(
    "fleet_additions",
    metadata,
    Column("member", CleanText, primary_key=True),
    Column("day", Integer, nullable=False),  # counted from 1 January of year 1
    Column("added", Integer, nullable=False),
)
"""How many coordinates that nobody had asked for before each member has brought on its last day."""

fleet_pending = Table(
    "fleet_pending",
    metadata,
    Column("coordinates", CleanText, primary_key=True),
    Column("noted", BigInteger, nullable=False),  # the revision of the hub that told of them last
    sqlite_with_rowid=False,
)
"""At a member: coordinates of which the hub has another answer now, and that were not asked for again yet."""

fleet_clusters = Table(
    "fleet_clusters",
    metadata,
    Column("cluster", CleanText, primary_key=True),  # the name of the member
    Column("session", CleanText, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("reported_at", Moment, nullable=False),  # by the hub's clock
    Column("taken_at", Moment),  # by the member's
    Column("left_out", Integer, nullable=False),
    Column("refusals", CleanText, nullable=False),  # a JSON object: reason → how many requests were denied
)
"""What members last reported of what runs there."""

fleet_workloads = Table(
    "fleet_workloads",
    metadata,
    Column("cluster", CleanText, primary_key=True),
    Column("uid", CleanText, primary_key=True),
    Column("namespace", CleanText, nullable=False),
    Column("kind", CleanText, nullable=False),
    Column("name", CleanText, nullable=False),
    Column("pods", Integer, nullable=False),
    Column("mode", CleanText, nullable=False),  # of its namespace; empty where the webhook is not asked
    Column("action", CleanText, nullable=False),  # what its Pods would get there
    Column("reason", CleanText, nullable=False),
    Column("images", CleanText, nullable=False),  # a JSON list
    Index("ix_fleet_workloads_namespace", "namespace", "kind", "name", "cluster", "uid"),
    Index("ix_fleet_workloads_cluster", "cluster", "namespace", "kind", "name", "uid"),
    Index("ix_fleet_workloads_action", "cluster", "action"),
    sqlite_with_rowid=False,
)
"""What runs in the clusters of members, as they say. No decision depends on it, so it has no revision."""

fleet_uses = Table(
    "fleet_uses",
    metadata,
    Column("digest", CleanText, primary_key=True),
    Column("cluster", CleanText, primary_key=True),
    Column("uid", CleanText, primary_key=True),
    Index("ix_fleet_uses_cluster", "cluster", "uid"),
    sqlite_with_rowid=False,
)
"""Which workloads of members have an image."""

fleet_images = Table(
    "fleet_images",
    metadata,
    Column("cluster", CleanText, primary_key=True),
    Column("digest", CleanText, primary_key=True),
    Column("content", CleanText, nullable=False),
    Index("ix_fleet_images_content", "content", "cluster", "digest"),
    sqlite_with_rowid=False,
)
"""Which content the images have that run in the clusters of members."""

fleet_contents = Table(
    "fleet_contents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("content", CleanText, nullable=False, unique=True),
)
"""Contents of images whose components the hub knows, by the SHA-256 of their purls."""

fleet_holdings = Table(
    "fleet_holdings",
    metadata,
    Column("component_id", Integer, ForeignKey("components.id"), primary_key=True, autoincrement=False),
    Column("content_id", Integer, ForeignKey("fleet_contents.id"), primary_key=True, autoincrement=False, index=True),
    sqlite_with_rowid=False,
)
"""Which contents have a component. They say where it is, and judge nothing."""
fleet_state = Table(
    "fleet_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("store", CleanText, nullable=False),  # of the hub
    Column("revision", BigInteger, nullable=False),
    Column("mark", CleanText, nullable=False),
    Column("hub_at", Moment),
    Column("types", CleanText, nullable=False),  # as in fleet_hub
    Column("types_at", Moment),
    Column("applied_at", Moment),
    Column("seen_at", Moment),
    Column("skew_ms", BigInteger, nullable=False),
    Column("held", CleanText, nullable=False),  # a JSON list of model.fleet.HeldRecord
    Column("held_count", Integer, nullable=False),
    Column("types_held", Boolean, nullable=False),
    Column("accepts", Boolean, nullable=False),
    CheckConstraint("id = 1", name="single"),
)
"""One row at a member: how far it has followed its hub."""
