"""The list of what was decided at a hub for single members."""

from __future__ import annotations

from webhook.console.lists.base import MAYBE_TEXT, MOMENT, NUMBER, Column, Filter, ListView, Values, moment
from webhook.console.lists.findings import vulnerability_path
from webhook.engines.triage.clusterdeciding import ClusterDecider, ClusterDecisionRow
from webhook.model.triage import Key, Page
from webhook.policy.scopes import described

_COLUMNS: tuple[Column[ClusterDecisionRow], ...] = (
    Column("cluster", "Cluster", lambda row: row.cluster, "key", lambda row: f"/workloads?cluster={row.cluster}"),
    Column(
        "vulnerability",
        "Vulnerability",
        lambda row: row.record.vulnerability,
        "key",
        lambda row: vulnerability_path(row.record.vulnerability),
    ),
    Column("type", "Type", lambda row: row.record.type, "type", schema=MAYBE_TEXT),
    Column("standing", "Counts", lambda row: row.standing.value, "standing"),
    Column("scope", "For", lambda row: described(row.record.scope), "code"),
    Column("author", "Author", lambda row: row.record.author),
    Column("comment", "Comment", lambda row: row.record.comment, "prose"),
    Column("assessed_at", "When", lambda row: moment(row.record.assessed_at), "moment", schema=MOMENT),
    Column("until", "Until", lambda row: moment(row.record.until), "end", schema=MOMENT),
    Column(
        "batch",
        "Batch",
        lambda row: row.record.batch,
        "code",
        lambda row: f"/clusters/{row.cluster}/batches/{row.record.batch}" if row.record.batch else None,
    ),
    Column("recorded_by", "", lambda row: row.record.recorded_by),
    Column("sequence", "", lambda row: row.record.sequence, schema=NUMBER),
)


def cluster_decision_list(decider: ClusterDecider) -> ListView[ClusterDecisionRow]:
    """Records for single members, newest first, each with whether it counts."""

    def fetch(values: Values, after: Key | None, most: int) -> Page[ClusterDecisionRow]:
        return decider.history(values.get("cluster"), values.get("vulnerability"), after, most)

    names = Filter("cluster", "Cluster", "choice", lambda: [(name, name) for name in decider.clusters.names()])
    return ListView(
        "cluster-decisions",
        "Cluster decisions",
        "What was decided here for one member alone, by whom, and whether it counts there now.",
        (names, Filter("vulnerability", "Vulnerability", placeholder="CVE-2021-44228", help="As it was recorded.")),
        _COLUMNS,
        fetch,
        lambda _: (int,),
        "Nothing was decided for one cluster alone. Choose a cluster when you assess a vulnerability.",
        "clusters",
    )
