"""Gathering: what members tell the hub of what runs there, within bounds."""

from __future__ import annotations

from dataclasses import dataclass

from webhook.model.fleetinventory import ClusterReceipt
from webhook.policy.fleetinventory import read_report
from webhook.ports import Clock, ClusterStore


@dataclass(frozen=True)
class FleetInventories:
    """Takes reports of members.

    Attributes:
        clusters: where they are kept.
        clock: time.
        ceiling: how many components that the hub does not know a member may bring in a day.
    """

    clusters: ClusterStore
    clock: Clock
    ceiling: int

    def take(self, member: str, body: bytes) -> ClusterReceipt | None:
        """Keep a report; None where it does not lead on from the last one.

        Args:
            member: who reports.
            body: JSON of a ``ClusterReport``.

        Raises:
            InvalidInput: it is no report, or too large; nothing was kept.
            StoreError: nothing was kept.
        """
        return self.clusters.take(member, read_report(body), now=self.clock.now(), ceiling=self.ceiling)
