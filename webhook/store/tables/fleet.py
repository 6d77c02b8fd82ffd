"""Members of a hub, what they run, what they ask for, and what a member follows."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, SmallInteger, Table

from webhook.store.columns import CleanText, Moment
from webhook.store.tables.base import metadata

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

fleet_decisions = Table(
    "fleet_decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cluster", CleanText, nullable=False),
    Column("revision", BigInteger, nullable=False, index=True),
    Column("record", CleanText, nullable=False),  # JSON of model.assessments.Assessment
    Index("ix_fleet_decisions_cluster", "cluster", "id"),
)
"""What the hub decides for one member alone. Append-only, as assessments are; nothing here counts at the hub."""

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
    Column("waiting_requests", BigInteger),  # for exceptions; null: the member does not tell
    Column("oldest_request", Moment),  # since when the oldest of them waits, by the member's clock
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
