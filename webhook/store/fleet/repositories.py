"""The parts of the store that belong to the fleet, made when they are first asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webhook.store.database import Database
    from webhook.store.fleet.clusters import ClusterRepository
    from webhook.store.fleet.contents import ImageContentRepository
    from webhook.store.fleet.decisions import ClusterDecisionRepository
    from webhook.store.fleet.following import FollowingRepository
    from webhook.store.fleet.hubfeed import HubFeedRepository
    from webhook.store.fleet.members import MemberRepository
    from webhook.store.fleet.pending import PendingRepository
    from webhook.store.fleet.reports import FleetReportRepository
    from webhook.store.fleet.sets import HubSetRepository
    from webhook.store.refusals import RefusalRepository


class FleetRepositories(ABC):
    """What the database has of a fleet, at a hub and at a member."""

    @property
    @abstractmethod
    def _database(self) -> Database:
        """Where it is."""

    @cached_property
    def refusals(self) -> RefusalRepository:
        """How many requests were denied."""
        from webhook.store.refusals import RefusalRepository

        return RefusalRepository(self._database)

    @cached_property
    def fleet_decisions(self) -> ClusterDecisionRepository:
        """What the hub decides for single members."""
        from webhook.store.fleet.decisions import ClusterDecisionRepository

        return ClusterDecisionRepository(self._database)

    @cached_property
    def fleet_sets(self) -> HubSetRepository:
        """Advisories, KEV and EPSS, as members of the fleet get them."""
        from webhook.store.fleet.sets import HubSetRepository

        return HubSetRepository(self._database)

    @cached_property
    def fleet_reports(self) -> FleetReportRepository:
        """What members of the fleet asked for, and what they are told."""
        from webhook.store.fleet.reports import FleetReportRepository

        return FleetReportRepository(self._database)

    @cached_property
    def clusters(self) -> ClusterRepository:
        """What runs in the clusters of members."""
        from webhook.store.fleet.clusters import ClusterRepository

        return ClusterRepository(self._database)

    @cached_property
    def image_contents(self) -> ImageContentRepository:
        """Which components the images have, for the hub."""
        from webhook.store.fleet.contents import ImageContentRepository

        return ImageContentRepository(self._database)

    @cached_property
    def fleet_pending(self) -> PendingRepository:
        """What a member is to ask its hub for again."""
        from webhook.store.fleet.pending import PendingRepository

        return PendingRepository(self._database)

    @cached_property
    def fleet_members(self) -> MemberRepository:
        """The members of a hub."""
        from webhook.store.fleet.members import MemberRepository

        return MemberRepository(self._database)

    @cached_property
    def following(self) -> FollowingRepository:
        """What a member has of its hub."""
        from webhook.store.fleet.following import FollowingRepository

        return FollowingRepository(self._database)

    @cached_property
    def hub_feed(self) -> HubFeedRepository:
        """What a hub tells its members."""
        from webhook.store.fleet.hubfeed import HubFeedRepository

        return HubFeedRepository(self._database)
