"""Clusters of a fleet: what members report of what runs there, and which components their images have.

Nothing here is an SBOM of the hub's own, and nothing that decides reads it: it says where something is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, delete, func, literal, select, tuple_

from webhook.model.actions import Action
from webhook.model.fleetinventory import (
    CheckedReport,
    ClusterImage,
    ClusterLine,
    ClusterReceipt,
    ClusterWorkload,
    ClusterWorkloadLine,
    WaitingRequests,
)
from webhook.model.triage import Key
from webhook.store.database import Database
from webhook.store.fleet.clusterrows import (
    add_content,
    forget_contents,
    former_contents,
    note_report,
    replace_images,
    replace_workloads,
    wanted_contents,
)
from webhook.store.interruptions import persistent, tried_twice
from webhook.store.queries import among, raw_rows
from webhook.store.tables.fleet import (
    fleet_clusters,
    fleet_contents,
    fleet_holdings,
    fleet_images,
    fleet_uses,
    fleet_workloads,
)

_W = fleet_workloads.c
_WORKLOAD = (_W.uid, _W.namespace, _W.kind, _W.name, _W.pods, _W.mode, _W.action, _W.reason, _W.images)
_IMAGES = msgspec.json.Decoder(tuple[ClusterImage, ...])
_COUNTS = msgspec.json.Decoder(dict[str, int])
_TABLES_OF_CLUSTER = (fleet_workloads, fleet_uses, fleet_images)


class ClusterRepository:
    """The clusters of members; implements ``ClusterStore``.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @persistent
    def take(self, member: str, checked: CheckedReport, *, now: dt.datetime, ceiling: int) -> ClusterReceipt | None:
        """Keep a report; None where it does not lead on from what is here, so that the member has to begin again.

        The same report again changes nothing. The first of a session takes the place of all that was there.

        Args:
            member: who reports.
            checked: what of the report may be kept.
            now: the time.
            ceiling: how many components that the hub does not know a member may bring in a day.

        Raises:
            StoreError: nothing was kept.
        """
        report = checked.report
        with self._database.change(lazily=True) as change:
            change.unchanged = True
            state = select(fleet_clusters.c.session, fleet_clusters.c.sequence)
            last = change.connection.execute(state.where(fleet_clusters.c.cluster == member)).one_or_none()
            reached = last.sequence if last is not None and last.session == report.session else 0
            if reached == report.sequence:
                return ClusterReceipt(report.sequence, wanted_contents(change.connection, member), checked.left_out)
            if report.sequence != 1 and not (reached and report.sequence == reached + 1):
                change.discarded = True
                return None
            touched = [*report.gone_images, *(image.digest for image in report.images)]
            former = former_contents(change.connection, member, None if report.sequence == 1 else touched)
            if report.sequence == 1:
                for table in _TABLES_OF_CLUSTER:
                    change.connection.execute(delete(table).where(table.c.cluster == member))
            replace_workloads(change.connection, member, report.workloads, report.gone)
            replace_images(change.connection, member, report.images, report.gone_images)
            for content in checked.contents:
                add_content(change, member, content, now, ceiling)
            forget_contents(change.connection, former)
            note_report(change.connection, member, checked, now)
            return ClusterReceipt(report.sequence, wanted_contents(change.connection, member), checked.left_out)

    @persistent
    def remove(self, member: str) -> None:
        """Forget a cluster, and what only its images contain.

        Raises:
            StoreError: it is still there.
        """
        with self._database.write() as connection:
            former = former_contents(connection, member, None)
            for table in (*_TABLES_OF_CLUSTER, fleet_clusters):
                connection.execute(delete(table).where(table.c.cluster == member))
            forget_contents(connection, former)

    @tried_twice
    def clusters(self, after: str, most: int) -> list[ClusterLine]:
        """Members that have reported, by name, from behind a name on.

        Raises:
            StoreError: the database does not answer.
        """
        query = select(fleet_clusters).where(fleet_clusters.c.cluster > after).order_by("cluster").limit(most)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
            names = [row.cluster for row in rows]
            counted = select(_W.cluster, _W.action, func.count()).where(among(connection, _W.cluster, names))
            by_action: dict[str, dict[Action, int]] = {name: {} for name in names}
            for cluster, action, count in connection.execute(counted.group_by(_W.cluster, _W.action)):
                by_action[cluster][Action[action.upper()]] = int(count)
            images = _image_counts(connection, names)
        return [
            ClusterLine(
                row.cluster,
                row.reported_at,
                row.taken_at,
                by_action[row.cluster],
                *images.get(row.cluster, (0, 0)),
                row.left_out,
                _COUNTS.decode(row.refusals),
                _waiting(row.waiting_requests, row.oldest_request),
            )
            for row in rows
        ]

    @tried_twice
    def waiting_requests(self) -> int:
        """How many requests for exceptions wait at all members, as they last told.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return int(connection.execute(select(func.sum(fleet_clusters.c.waiting_requests))).scalar_one() or 0)

    @tried_twice
    def workloads(
        self, *, cluster: str | None, namespace: str | None, action: Action | None, after: Key | None, most: int
    ) -> list[ClusterWorkloadLine]:
        """Workloads of members in order of namespace, kind, name and cluster; of one cluster by the same without it.

        Raises:
            StoreError: the database does not answer.
        """
        order = (_W.namespace, _W.kind, _W.name, _W.cluster, _W.uid)
        if cluster is not None:
            order = (_W.cluster, _W.namespace, _W.kind, _W.name, _W.uid)
        query = select(_W.cluster, *_WORKLOAD).order_by(*order).limit(most)
        if cluster is not None:
            query = query.where(_W.cluster == literal(cluster))
        if namespace is not None:
            query = query.where(_W.namespace == literal(namespace))
        if action is not None:
            query = query.where(_W.action == literal(action.word))
        if after is not None:
            at_namespace, kind, name, at_cluster, uid = after
            key = (at_namespace, kind, name, at_cluster, uid)
            if cluster is not None:
                key = (at_cluster, at_namespace, kind, name, uid)
            query = query.where(tuple_(*order) > tuple_(*map(literal, key)))
        with self._database.read() as connection:
            return _lines(connection, query)

    @tried_twice
    def users(
        self, components: Sequence[int], after: Key | None, most: int, cluster: str | None = None
    ) -> list[ClusterWorkloadLine]:
        """Workloads of members, or of one, that have one of some components, in order of namespace, kind and name.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            query = (
                select(_W.cluster, *_WORKLOAD)
                .join_from(fleet_holdings, fleet_contents)
                .join(fleet_images, fleet_images.c.content == fleet_contents.c.content)
                .join(
                    fleet_uses,
                    (fleet_uses.c.digest == fleet_images.c.digest) & (fleet_uses.c.cluster == fleet_images.c.cluster),
                )
                .join(fleet_workloads, (_W.cluster == fleet_uses.c.cluster) & (_W.uid == fleet_uses.c.uid))
                .where(among(connection, fleet_holdings.c.component_id, components))
                .distinct()
                .order_by(_W.namespace, _W.kind, _W.name, _W.cluster, _W.uid)
                .limit(most)
            )
            if cluster is not None:
                query = query.where(_W.cluster == literal(cluster))
            if after is not None:
                order = (_W.namespace, _W.kind, _W.name, _W.cluster, _W.uid)
                query = query.where(tuple_(*order) > tuple_(*map(literal, after)))
            return _lines(connection, query)

    @tried_twice
    def holders(self, components: Sequence[int]) -> dict[str, int]:
        """How many images with one of some components run in each cluster.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            query = (
                select(fleet_images.c.cluster, func.count(fleet_images.c.digest.distinct()))
                .join_from(fleet_holdings, fleet_contents)
                .join(fleet_images, fleet_images.c.content == fleet_contents.c.content)
                .where(among(connection, fleet_holdings.c.component_id, components))
                .group_by(fleet_images.c.cluster)
                .order_by(fleet_images.c.cluster)
            )
            return {cluster: int(count) for cluster, count in connection.execute(query)}


def _waiting(count: int | None, oldest: dt.datetime | None) -> WaitingRequests | None:
    return None if count is None else WaitingRequests(count, oldest)


def _lines(connection: Connection, query: Select[Any]) -> list[ClusterWorkloadLine]:
    return [
        ClusterWorkloadLine(
            cluster,
            ClusterWorkload(uid, namespace, kind, name, pods, mode, action, reason, _IMAGES.decode(images)),
        )
        for portion in raw_rows(connection, query)
        for cluster, uid, namespace, kind, name, pods, mode, action, reason, images in portion
    ]


def _image_counts(connection: Connection, names: Sequence[str]) -> dict[str, tuple[int, int]]:
    """How many images each cluster has, and of how many of them the components are not known."""
    known = fleet_contents.c.content
    query = select(fleet_images.c.cluster, func.count(), func.count(known))
    query = query.join_from(fleet_images, fleet_contents, fleet_images.c.content == known, isouter=True)
    query = query.where(among(connection, fleet_images.c.cluster, names)).group_by(fleet_images.c.cluster)
    return {name: (int(images), int(images - there)) for name, images, there in connection.execute(query)}
