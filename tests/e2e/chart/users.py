"""People who use the cluster: everything here is asked as one of them, and decided by the API server."""

from __future__ import annotations

import itertools
from typing import Any

import kubernetes.client

from tests.e2e.cluster import Cluster

_numbers = itertools.count(1)


def client_of(cluster: Cluster, user: str) -> kubernetes.client.ApiClient:
    """A client whose requests are those of a user, with that user's rights."""
    client = kubernetes.client.ApiClient(cluster.client.configuration)
    client.set_default_header("Impersonate-User", user)
    return client


def grant(cluster: Cluster, user: str, role: str, namespace: str = "") -> None:
    """Give a user a ClusterRole, in one namespace or everywhere."""
    rights = kubernetes.client.RbacAuthorizationV1Api(cluster.client)
    binding: dict[str, Any] = {
        "metadata": {"name": f"{user}-{next(_numbers)}"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    }
    if namespace:
        rights.create_namespaced_role_binding(namespace, binding)
    else:
        rights.create_cluster_role_binding(binding)


def create_role(cluster: Cluster, name: str, group: str, resources: list[str], verbs: list[str]) -> str:
    """Make a ClusterRole with one rule; its name."""
    rule = {"apiGroups": [group], "resources": resources, "verbs": verbs}
    rights = kubernetes.client.RbacAuthorizationV1Api(cluster.client)
    rights.create_cluster_role({"metadata": {"name": name}, "rules": [rule]})
    return name
