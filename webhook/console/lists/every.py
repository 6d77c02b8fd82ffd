"""Every list by its name; a further list is a line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webhook.console.face import ConsoleFace
from webhook.console.lists.base import ListView
from webhook.console.lists.clusterdecisions import cluster_decision_list
from webhook.console.lists.clusters import across_clusters, cluster_list
from webhook.console.lists.findings import package_list, vulnerability_list
from webhook.console.lists.journal import assessment_list, audit_list, run_list
from webhook.console.lists.requests import request_list
from webhook.console.lists.running import image_list, workload_list
from webhook.console.lists.telling import notification_list
from webhook.console.lists.types import type_list


def every_list(face: ConsoleFace) -> Mapping[str, ListView[Any]]:
    """The lists in the order of the navigation."""
    workloads: ListView[Any] = workload_list(face)
    members: tuple[ListView[Any], ...] = ()
    if face.clusters is not None:
        workloads, members = across_clusters(face, face.clusters, workloads), (cluster_list(face.clusters),)
    if face.cluster_decider is not None:
        members = (*members, cluster_decision_list(face.cluster_decider))
    made: tuple[ListView[Any], ...] = (
        *members,
        vulnerability_list(face),
        package_list(face),
        image_list(face),
        workloads,
        assessment_list(face),
        request_list(face),
        type_list(face),
        run_list(face),
        notification_list(face),
        audit_list(face),
    )
    return {item.name: item for item in made}
