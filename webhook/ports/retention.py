"""What deletes old rows of the store, in small steps; implemented by ``store.retention``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from webhook.model.retention import InventoryAge, Named, PruneKind, PruneRecord, PruneStep, TableSize

if TYPE_CHECKING:
    from webhook.model.leases import Lease


class RetentionStore(Protocol):
    """Rows that may be deleted. Every method may raise StoreError; of a step all is done then, or nothing."""

    def hold(self, holder: str) -> Lease:
        """Take the lease of retention, or renew it when ``holder`` has it; the lease as it is then, whoever has it."""

    def release(self, lease: Lease) -> None:
        """Give the lease back; harmless when it is lost."""

    def inventory(self) -> InventoryAge:
        """How much is known of what runs."""

    def named(self) -> Named:
        """What workloads of the cluster and assessments name now."""

    def prune(
        self, kind: PruneKind, before: dt.datetime | None, after: str, most: int, named: Named, lease: Lease
    ) -> PruneStep:
        """Delete some of what is old, unless the lease has ended (LeaseLost); one transaction.

        Args:
            kind: of what.
            before: what was last used before is old.
            after: where the step before said to go on; empty for the first.
            most: how many at once.
            named: what is kept in any case.
            lease: of this pass.
        """

    def count(self, kind: PruneKind, before: dt.datetime | None, named: Named) -> int:
        """How many of a kind are old."""

    def finish(self, record: PruneRecord, lease: Lease) -> None:
        """Remember a pass that came to its end, unless its lease has ended (LeaseLost)."""

    def last(self) -> PruneRecord | None:
        """The last pass that came to its end."""

    def sizes(self) -> Sequence[TableSize]:
        """Tables with rows, the largest first."""
