"""The lists of a hub: its members, and what runs in its own cluster and in theirs."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any

from webhook.console.face import ConsoleFace
from webhook.console.lists.base import MAYBE_TEXT, MOMENT, NUMBER, Column, Filter, ListView, Values, moment
from webhook.console.lists.running import name_matcher
from webhook.engines.triage.clusters import ClusterLists, ClusterRow
from webhook.model.actions import Action
from webhook.model.fleetinventory import ClusterImage, ClusterWorkloadLine
from webhook.model.images import Digest
from webhook.model.triage import Key, Page

HERE = "here"
"""How the filter calls the hub's own cluster; a member of that name is found all the same, without the filter."""
_LAST = "\U0010ffff"
"""Behind every uid."""
_MAYBE_NUMBER = {"type": ["integer", "null"]}


@dataclass(frozen=True, slots=True)
class WorkloadRow:
    """A workload of this cluster or of a member's.

    Attributes:
        cluster: the name of the member; empty for this cluster.
        key: of the list.
        record: its columns.
    """

    cluster: str
    key: Key
    record: dict[str, Any]


def cluster_list(clusters: ClusterLists) -> ListView[ClusterRow]:
    """The members of a hub."""

    def count(row: ClusterRow, action: Action) -> int:
        return 0 if row.line is None else row.line.workloads.get(action, 0)

    def fetch(_: Values, after: Key | None, most: int) -> Page[ClusterRow]:
        return clusters.page(after, most)

    return ListView(
        "clusters",
        "Clusters",
        "The members of this hub: how far each follows, and what runs there as its own audit judges it.",
        (),
        (
            Column("name", "Cluster", lambda row: row.member.name, "key", _workloads_of),
            Column("current", "Current", lambda row: not row.is_old, "yes", schema={"type": "boolean"}),
            Column("seen", "Seen", lambda row: moment(row.member.seen_at), "instant", schema=MOMENT),
            Column("behind", "Behind", lambda row: row.behind, schema=_MAYBE_NUMBER),
            Column("skew", "Clock, s", lambda row: round(row.member.skew_seconds, 1), schema={"type": "number"}),
            Column("reported", "Reported", _reported, "moment", schema=MOMENT),
            Column("deny", "Denied", lambda row: count(row, Action.DENY), "count", schema=NUMBER),
            Column("warn", "Warned of", lambda row: count(row, Action.WARN), "count", schema=NUMBER),
            Column("allow", "Allowed", lambda row: count(row, Action.ALLOW), "count", schema=NUMBER),
            Column("images", "Images", lambda row: row.line.images if row.line else 0, "count", schema=NUMBER),
            Column("unknown", "Unread", _unknown, "count", schema=NUMBER),
            Column("left_out", "", lambda row: row.line.left_out if row.line else 0, schema=NUMBER),
            Column("refused", "Refused", lambda row: sum(_refusals(row).values()), "count", schema=NUMBER),
            Column("refusals", "", _refusals, schema={"type": "object", "additionalProperties": NUMBER}),
            Column("requests", "Requests", _waiting, schema=_MAYBE_NUMBER),
            Column("oldest_request", "", _oldest_request, schema=MOMENT),
            Column("version", "Version", lambda row: row.member.version or None, schema=MAYBE_TEXT),
        ),
        fetch,
        lambda _: (str,),
        "This hub has no member yet. `bomgate fleet add NAME` adds one, and prints its token.",
        "clusters",
    )


def _workloads_of(row: ClusterRow) -> str:
    return f"/workloads?cluster={row.member.name}"


def _reported(row: ClusterRow) -> str | None:
    return None if row.line is None else moment(row.line.reported_at)


def _unknown(row: ClusterRow) -> int:
    return 0 if row.line is None else row.line.without_content


def _refusals(row: ClusterRow) -> dict[str, int]:
    return {} if row.line is None else row.line.refusals


def _waiting(row: ClusterRow) -> int | None:
    requests = None if row.line is None else row.line.requests
    return None if requests is None else requests.count


def _oldest_request(row: ClusterRow) -> str | None:
    requests = None if row.line is None else row.line.requests
    return None if requests is None else moment(requests.oldest)


def across_clusters(face: ConsoleFace, clusters: ClusterLists, own: ListView[Any]) -> ListView[WorkloadRow]:
    """The list of workloads with those of members.

    Args:
        face: what the console works with.
        clusters: of the members.
        own: the list of this cluster's.
    """
    first, *others = (
        Column(column.name, column.label, _value(column.name), column.kind, schema=column.schema)
        for column in own.columns
    )
    names = Filter(
        "cluster",
        "Cluster",
        "choice",
        lambda: [(HERE, "this one"), *((name, name) for name in clusters.names() if name != HERE)],
        help="A member, or `here` for the hub's own.",
    )
    filters = [
        Filter(rule.name, rule.label, placeholder="shop") if rule.name == "namespace" else rule for rule in own.filters
    ]

    def fetch(values: Values, after: Key | None, most: int) -> Page[WorkloadRow]:
        chosen, rows = values.get("cluster"), list[WorkloadRow]()
        end: Key | None = None
        if chosen in (None, HERE):
            page = own.fetch(values, _own_key(after), most + 1)
            rows += [_own(item, own) for item in page.items]
        if chosen != HERE and face.boards.now().limits is None:
            lines, end = clusters.workloads(
                chosen, values.get("namespace"), _action(values), _matcher(values), after, most + 1
            )
            known = face.boards.now().by_digest
            rows = [row for row in rows if end is None or row.key <= end]
            rows += [_theirs(line, known) for line in lines]
        rows.sort(key=lambda row: row.key)
        return Page(tuple(rows[:most]), rows[most - 1].key if len(rows) > most else end)

    return ListView(
        own.name,
        own.title,
        "What runs in this cluster and in those of members; each is judged by its own cluster.",
        (names, *filters),
        (first, _CLUSTER, *others),
        fetch,
        lambda _: (str, str, str, str, str),
        own.empty,
        own.resource,
    )


_CLUSTER: Column[WorkloadRow] = Column("cluster", "Cluster", lambda row: row.cluster or None, schema=MAYBE_TEXT)


def _value(name: str) -> Callable[[WorkloadRow], Any]:
    return lambda row: row.record[name]


def _own(item: Any, own: ListView[Any]) -> WorkloadRow:
    of = item.workload
    return WorkloadRow("", (of.namespace, of.kind, of.name, "", of.uid), own.record(item))


def _own_key(after: Key | None) -> Key | None:
    """Where the list of this cluster goes on behind a key: its workloads stand before those of members."""
    if after is None:
        return None
    namespace, kind, name, cluster, uid = after
    return (namespace, kind, name, _LAST if cluster else uid)


def _theirs(line: ClusterWorkloadLine, known: Container[Digest]) -> WorkloadRow:
    """A row of a member's; an image has a page where this hub has an SBOM of it, and its digest else in its name."""
    one = line.workload
    images: list[dict[str, Any]] = [
        {
            "reference": _named(image),
            "digest": image.digest if image.digest in known else None,
            "action": image.action,
            "containers": [],
            "findings": 0,
            "reasons": [],
        }
        for image in one.images
    ]
    record = {
        "title": f"{one.kind} {one.namespace}/{one.name}" if one.namespace else f"{one.kind} {one.name}",
        "action": one.action,
        "mode": one.mode or None,
        "verdict": max((Action[image.action.upper()] for image in one.images), default=Action.ALLOW).word,
        "images": images,
        "pods": one.pods,
        "namespace": one.namespace,
        "kind": one.kind,
        "name": one.name,
    }
    return WorkloadRow(line.cluster, line.key, record)


def _named(image: ClusterImage) -> str:
    is_named = not image.digest or "@" in image.reference
    return image.reference if is_named else f"{image.reference}@{image.digest}"


def _action(values: Values) -> Action | None:
    word = values.get("verdict")
    return None if word is None else Action[word.upper()]


def _matcher(values: Values) -> Callable[[ClusterWorkloadLine], bool]:
    matches, image = name_matcher(values.get("name")), values.get("image")

    def holds(line: ClusterWorkloadLine) -> bool:
        one = line.workload
        if image is not None and all(each.digest != image for each in one.images):
            return False
        return matches(one.name) or matches(f"{one.kind} {one.namespace}/{one.name}")

    return holds
