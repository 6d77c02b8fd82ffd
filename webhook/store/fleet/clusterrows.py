"""Rows of clusters: how a report of a member is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, delete, insert, select

from webhook.model.fleetinventory import CheckedContent, CheckedReport, ClusterWorkload, ImageContent
from webhook.store.bulk import insert_rows
from webhook.store.componentids import give_ids, known_ids
from webhook.store.database import Change, upserting
from webhook.store.fleet.questions import take_room
from webhook.store.queries import among
from webhook.store.tables.fleet import (
    fleet_clusters,
    fleet_contents,
    fleet_holdings,
    fleet_images,
    fleet_uses,
    fleet_workloads,
)
from webhook.store.values import to_json

_MOST_WANTED = 50
"""Contents that are asked for at once."""


def replace_workloads(
    connection: Connection, member: str, workloads: Sequence[ClusterWorkload], gone: Collection[str]
) -> None:
    """Write workloads of a member in place of their former rows, and delete those that are gone."""
    workloads = list({workload.uid: workload for workload in workloads}.values())
    for table in (fleet_workloads, fleet_uses):
        old = among(connection, table.c.uid, [*gone, *(workload.uid for workload in workloads)])
        connection.execute(delete(table).where(table.c.cluster == member, old))
    if workloads:
        rows = [{**_columns(workload), "cluster": member} for workload in workloads]
        insert_rows(connection, fleet_workloads, rows)
    uses = {(image.digest, workload.uid) for workload in workloads for image in workload.images if image.digest}
    if uses:
        insert_rows(
            connection, fleet_uses, [{"digest": digest, "cluster": member, "uid": uid} for digest, uid in sorted(uses)]
        )


def _columns(one: ClusterWorkload) -> dict[str, object]:
    columns = {name: getattr(one, name) for name in ("uid", "namespace", "kind", "name", "pods", "mode", "action")}
    return {**columns, "reason": one.reason, "images": to_json(one.images)}


def replace_images(connection: Connection, member: str, images: Sequence[ImageContent], gone: Collection[str]) -> None:
    """The same for images, by digest."""
    by_digest = {image.digest: image.content for image in images}
    old = among(connection, fleet_images.c.digest, [*gone, *by_digest])
    connection.execute(delete(fleet_images).where(fleet_images.c.cluster == member, old))
    if by_digest:
        rows = [{"cluster": member, "digest": digest, "content": of} for digest, of in sorted(by_digest.items())]
        insert_rows(connection, fleet_images, rows)


def add_content(change: Change, member: str, content: CheckedContent, now: dt.datetime, ceiling: int) -> None:
    """Keep which components a content has, if one of the member's images has it and its day has room for new ones."""
    connection = change.connection
    named = select(fleet_images.c.digest).where(fleet_images.c.content == content.content)
    there = select(fleet_contents.c.id).where(fleet_contents.c.content == content.content)
    if connection.execute(there).first() or not connection.execute(named.limit(1)).first():
        return
    known = known_ids(connection, content.components)
    new = len(content.components) - len(known)
    if new:
        if take_room(connection, member, new, now, ceiling, whole=True) < new:
            return
        change.unchanged = False
        known = give_ids(change, content.components)
    made = connection.execute(insert(fleet_contents).values(content=content.content)).inserted_primary_key
    assert made is not None
    if known:
        rows = [{"component_id": number, "content_id": made[0]} for number in sorted(known.values())]
        insert_rows(connection, fleet_holdings, rows)


def former_contents(connection: Connection, member: str, digests: Sequence[str] | None) -> set[str]:
    """The contents that some images of a member have had so far.

    Args:
        connection: inside a transaction.
        member: its name.
        digests: of the images; None for all.
    """
    query = select(fleet_images.c.content).distinct().where(fleet_images.c.cluster == member)
    if digests is not None:
        query = query.where(among(connection, fleet_images.c.digest, digests))
    return set(connection.execute(query).scalars())


def forget_contents(connection: Connection, former: Collection[str]) -> None:
    """Delete those of some contents that no image has any more."""
    if not former:
        return
    used = select(fleet_images.c.digest).where(fleet_images.c.content == fleet_contents.c.content).exists()
    some = among(connection, fleet_contents.c.content, sorted(former))
    unused = list(connection.execute(select(fleet_contents.c.id).where(some, ~used)).scalars())
    if unused:
        connection.execute(delete(fleet_holdings).where(among(connection, fleet_holdings.c.content_id, unused)))
        connection.execute(delete(fleet_contents).where(among(connection, fleet_contents.c.id, unused)))


def wanted_contents(connection: Connection, member: str) -> tuple[str, ...]:
    """Contents of a member's images that the hub does not know."""
    known = select(fleet_contents.c.id).where(fleet_contents.c.content == fleet_images.c.content).exists()
    query = select(fleet_images.c.content).distinct().where(fleet_images.c.cluster == member, ~known)
    return tuple(connection.execute(query.limit(_MOST_WANTED)).scalars())


def note_report(connection: Connection, member: str, checked: CheckedReport, now: dt.datetime) -> None:
    """Take note of the last report of a member."""
    requests = checked.report.requests
    values = {
        "session": checked.report.session,
        "sequence": checked.report.sequence,
        "reported_at": now,
        "taken_at": checked.report.taken_at,
        "left_out": checked.left_out,
        "refusals": to_json(checked.report.refusals),
        "waiting_requests": None if requests is None else requests.count,
        "oldest_request": None if requests is None else requests.oldest,
    }
    noting = upserting(connection.dialect, fleet_clusters).values(cluster=member, **values)
    connection.execute(noting.on_conflict_do_update(index_elements=["cluster"], set_=values))
