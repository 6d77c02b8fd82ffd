"""A pass of retention: every kind in turn, a small transaction at a time, by one process at a time.

A pass that is killed at any moment has deleted whole steps; the next one begins at the first kind again, and finds what
is left. No step is on the way of an admission, and read models follow each.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from webhook.engines.retention.options import RetentionOptions
from webhook.errors import StoreError
from webhook.model.leases import Lease
from webhook.model.retention import Named, PruneKind, PrunePlan, PruneRecord, PruneStep, TableSize
from webhook.policy.retention import why_kept
from webhook.ports import Clock, DocumentStore, Outbox, RetentionStore

_RENEW_SECONDS = 30.0
_LOOKED_AT = 2_000
_SEEN = (PruneKind.IMAGES, PruneKind.TAGS, PruneKind.DOCUMENTS)
"""What goes when an image is not seen any more, so only while it is known what runs."""
_TABLES = {
    PruneKind.NOTIFICATIONS: ("announcements", "deliveries"),
    PruneKind.RUNS: ("runs",),
    PruneKind.AUDIT: ("audit_log",),
    PruneKind.REQUESTS: ("requests",),
    PruneKind.IMAGES: ("sboms", "sbom_places", "sbom_looks"),
    PruneKind.TAGS: ("tags",),
    PruneKind.SIGHTINGS: ("sightings",),
    PruneKind.HISTORY: ("sbom_history",),
    PruneKind.COMPONENTS: ("components", "findings", "matches", "spellings", "forms"),
    PruneKind.DOCUMENTS: ("documents",),
}
"""Where the rows of a kind are; the first table has one for each."""


class PruneBusy(StoreError):
    """Another process deletes what is old at this moment (exit code 3)."""

    code = "prune-busy"
    default_remedy = "Wait until it has finished; it does the same."


@dataclass(frozen=True, slots=True)
class PrunerParts:
    """What a pass works with.

    Attributes:
        store: what deletes.
        documents: documents that no SBOM names are removed here.
        outbox: what people were told is forgotten here.
        clock: time.
        holder: who this is; a name that no other process has.
        told_days: for how long what people were told is remembered.
    """

    store: RetentionStore
    documents: DocumentStore
    outbox: Outbox
    clock: Clock
    holder: str
    told_days: float


class Pruner:
    """Deletes what is no longer kept.

    Args:
        parts: what it works with.
        options: for how long what is kept.
    """

    def __init__(self, parts: PrunerParts, options: RetentionOptions) -> None:
        self._parts, self._options = parts, options

    def plan(self) -> PrunePlan:
        """What a pass would delete now; deletes nothing.

        Components count once a pass has noted that no SBOM names them; those of images that would be deleted do not
        count yet.

        Raises:
            StoreError: the database does not answer.
        """
        parts, now = self._parts, self._parts.clock.now()
        named, kept = parts.store.named(), self._why_kept()
        counts: dict[PruneKind, int] = {}
        for kind in PruneKind:
            before = self._before(kind, now)
            if before is None:
                continue
            if kind is PruneKind.NOTIFICATIONS:
                counts[kind] = parts.outbox.count_old(before)
            else:
                counts[kind] = parts.store.count(kind, before, named)
        return PrunePlan(counts, _room(counts, parts.store.sizes()), kept)

    def steps(self) -> Iterator[PruneStep]:
        """A pass, step by step; what was done before an error stays done.

        Raises:
            PruneBusy: another process is at it.
            LeaseLost: another process took over.
            StoreError: the database does not answer.
        """
        parts = self._parts
        lease = self._hold()
        try:
            kept, deleted = self._why_kept(), Counter[PruneKind]()
            named, renewed = parts.store.named(), parts.clock.monotonic()
            for kind in PruneKind:
                if kept and kind in _SEEN:
                    continue
                for step in self._steps_of(kind, named, lease):
                    deleted[kind] += step.deleted
                    yield step
                    if parts.clock.monotonic() - renewed > _RENEW_SECONDS:
                        lease, renewed = self._hold(lease), parts.clock.monotonic()
            counts = {kind.value: number for kind, number in deleted.items()}
            parts.store.finish(PruneRecord(parts.clock.now(), counts, kept), lease)
        finally:
            parts.store.release(lease)

    def _why_kept(self) -> str:
        if not (self._options.images_days or self._options.documents_days):
            return ""  # for ever, as the settings say
        return why_kept(self._parts.store.inventory(), self._parts.clock.now())

    def _hold(self, former: Lease | None = None) -> Lease:
        lease = self._parts.store.hold(self._parts.holder)
        if former is not None and lease.fence != former.fence:
            raise former.lost()
        if lease.holder != self._parts.holder:
            raise PruneBusy(f"{lease.holder} is already pruning.")
        return lease

    def _steps_of(self, kind: PruneKind, named: Named, lease: Lease) -> Iterator[PruneStep]:
        parts, after = self._parts, ""
        before, most = self._before(kind, parts.clock.now()), self._options.step_rows
        if kind is PruneKind.NOTIFICATIONS:
            while before is not None and (told := parts.outbox.prune(before)):
                yield PruneStep(kind, told, "more")
            return
        while True:
            step = parts.store.prune(kind, before, after, most, named, lease)
            yield step
            if step.after is None:
                break
            after = step.after
        # What the SBOMs were read from that have gone meanwhile.
        after = ""
        while kind is PruneKind.DOCUMENTS:
            purged, after = parts.documents.purge(_LOOKED_AT, after)
            yield PruneStep(kind, purged, after or None)
            if not after:
                break

    def _before(self, kind: PruneKind, now: dt.datetime) -> dt.datetime | None:
        if kind is PruneKind.NOTIFICATIONS:
            return now - dt.timedelta(days=self._parts.told_days)
        return self._options.before(kind, now)


def _room(counts: Mapping[PruneKind, int], sizes: Sequence[TableSize]) -> dict[PruneKind, int]:
    """About how many bytes rows take: as many as others of their tables."""
    by_name = {size.name: size for size in sizes}
    room = {}
    for kind, number in counts.items():
        tables = [by_name[name] for name in _TABLES[kind] if name in by_name]
        first = by_name.get(_TABLES[kind][0])
        if first is not None and first.rows and all(table.bytes is not None for table in tables):
            room[kind] = sum(table.bytes or 0 for table in tables) * min(number, first.rows) // first.rows
    return room
