"""Clusters of a fleet: how far each member follows, what runs there, and who has a package anywhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from webhook.model.actions import Action
from webhook.model.changes import START, Position
from webhook.model.fleet import Member
from webhook.model.fleetinventory import ClusterLine, ClusterWorkloadLine
from webhook.model.triage import Key, Page
from webhook.ports import Clock, ClusterStore, MemberStore

_PORTION, _MOST_PORTIONS = 500, 10
_MOST_CLUSTERS = 1_000


@dataclass(frozen=True, slots=True)
class ClusterRow:
    """A member as people see it.

    Attributes:
        member: as the hub knows it.
        line: what it reported; None when it never did.
        behind: revisions of the hub that it has not applied; None when it follows another history, or none.
        is_old: whether it has not been heard of for a while, so that what is shown may be no longer so.
    """

    member: Member
    line: ClusterLine | None
    behind: int | None
    is_old: bool


@dataclass(frozen=True)
class ClusterLists:
    """Gives lists of clusters, and of what runs in them.

    Attributes:
        members: who has a token.
        clusters: what they reported.
        position: of the hub's store now.
        clock: time.
        old_after: without a report for that long, what is known of a member is old.
    """

    members: MemberStore
    clusters: ClusterStore
    position: Callable[[], Position]
    clock: Clock
    old_after: dt.timedelta

    def page(self, after: Key | None, most: int) -> Page[ClusterRow]:
        """Members in order of their names.

        Raises:
            StoreError: the store did not answer.
        """
        behind = "" if after is None else str(after[0])
        members = [member for member in self.members.list() if member.name > behind]
        shown = members[:most]
        lines = {line.name: line for line in self.clusters.clusters(behind, _MOST_CLUSTERS)} if shown else {}
        now, position = self.clock.now(), self.position()
        rows = tuple(self._row(member, lines.get(member.name), position, now) for member in shown)
        return Page(rows, (shown[-1].name,) if len(members) > most else None)

    def _row(self, member: Member, line: ClusterLine | None, position: Position, now: dt.datetime) -> ClusterRow:
        is_same = member.applied != START and member.applied.store == position.store
        behind = max(0, position.revision - member.applied.revision) if is_same else None
        times = (member.seen_at, None if line is None else line.reported_at)
        heard = max((at for at in times if at is not None), default=None)
        return ClusterRow(member, line, behind, heard is None or now - heard > self.old_after)

    def names(self) -> Sequence[str]:
        """The members' names.

        Raises:
            StoreError: the store did not answer.
        """
        return [member.name for member in self.members.list()]

    def workloads(
        self,
        cluster: str | None,
        namespace: str | None,
        action: Action | None,
        matches: Callable[[ClusterWorkloadLine], bool],
        after: Key | None,
        most: int,
    ) -> tuple[list[ClusterWorkloadLine], Key | None]:
        """Workloads of members in order of namespace, kind, name and cluster.

        Args:
            cluster: of this member alone.
            namespace: in it alone.
            action: that would get this alone.
            matches: what is left out, beside that.
            after: the key before the first.
            most: how many.

        Returns:
            Those that match, and the key up to which was looked; None when there is nothing behind it.

        Raises:
            StoreError: the store did not answer.
        """
        found: list[ClusterWorkloadLine] = []
        for _ in range(_MOST_PORTIONS):
            lines = self.clusters.workloads(
                cluster=cluster, namespace=namespace, action=action, after=after, most=_PORTION
            )
            for line in lines:
                if matches(line):
                    found.append(line)
                    if len(found) == most:
                        return found, line.key
            if len(lines) < _PORTION:
                return found, None
            after = lines[-1].key
        return found, after

    def holders(self, components: Sequence[int]) -> Mapping[str, int]:
        """How many running images with one of some components each cluster has.

        Raises:
            StoreError: the store did not answer.
        """
        return self.clusters.holders(components)

    def users(self, components: Sequence[int], most: int, cluster: str | None = None) -> Sequence[ClusterWorkloadLine]:
        """Workloads of members, or of one member, that have one of some components.

        Raises:
            StoreError: the store did not answer.
        """
        return self.clusters.users(components, None, most, cluster)
