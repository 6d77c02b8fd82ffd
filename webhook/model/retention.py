"""Retention: what is deleted when it is no longer needed, and what a pass did."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping

import msgspec

from webhook.model.images import Digest


class PruneKind(enum.StrEnum):
    """What can be deleted, in the order in which a pass does it: what refers to other rows comes first."""

    NOTIFICATIONS = "notifications"
    RUNS = "runs"
    AUDIT = "audit"
    REQUESTS = "requests"
    IMAGES = "images"
    TAGS = "tags"
    SIGHTINGS = "sightings"
    HISTORY = "history"
    COMPONENTS = "components"
    DOCUMENTS = "documents"


class Named(msgspec.Struct, frozen=True):
    """What workloads of the cluster and assessments name; images of it are kept, however long ago they were seen.

    Attributes:
        digests: of images.
        names: tagged names.
    """

    digests: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


class ImageUse(msgspec.Struct, frozen=True):
    """What is known of the use of an image.

    Attributes:
        digest: of the image.
        last_seen: when it was last seen running or at admission, or when its SBOM was last found or handed in.
        is_named: see :class:`Named`.
    """

    digest: Digest
    last_seen: dt.datetime
    is_named: bool


class InventoryAge(msgspec.Struct, frozen=True):
    """How much is known of what runs.

    Attributes:
        taken_at: when the cluster was last audited; None when it never was.
        has_sightings: whether any image was ever seen in a cluster.
    """

    taken_at: dt.datetime | None
    has_sightings: bool


class PruneStep(msgspec.Struct, frozen=True):
    """One transaction of a pass.

    Attributes:
        kind: what was deleted.
        deleted: how many: images, components, documents or rows.
        after: where the next step goes on; None when there is none.
    """

    kind: PruneKind
    deleted: int
    after: str | None = None


class PrunePlan(msgspec.Struct, frozen=True):
    """What a pass would delete.

    Attributes:
        counts: how many of each kind, of those kinds that are not kept for ever.
        bytes: about how much room each kind takes; kinds of which that is not known are left out.
        kept: why images are kept that are not seen any more, a sentence; empty when none are.
    """

    counts: Mapping[PruneKind, int]
    bytes: Mapping[PruneKind, int] = msgspec.field(default_factory=dict)
    kept: str = ""


class PruneRecord(msgspec.Struct, frozen=True):
    """The last pass that came to its end.

    Attributes:
        finished_at: when, UTC.
        deleted: how many, by kind.
        kept: as in :class:`PrunePlan`.
    """

    finished_at: dt.datetime
    deleted: Mapping[str, int]
    kept: str = ""


class TableSize(msgspec.Struct, frozen=True):
    """A table of the database.

    Attributes:
        name: of the table.
        rows: how many; an estimate of the database where it has one.
        bytes: with its indexes; None when the database does not tell.
        oldest: the time of its oldest row; None for tables without such a time, and for empty ones.
    """

    name: str
    rows: int
    bytes: int | None
    oldest: dt.datetime | None = None
