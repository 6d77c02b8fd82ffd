"""Objects of a cluster by the names that kubectl has for their kinds, without a process for each look."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from tests.e2e.cluster import Cluster

_DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
"""All resources in one answer for ``/api`` and one for ``/apis``."""

_BUSY_SECONDS = 30.0

Object = dict[str, Any]


def at(cluster: Cluster, path: str) -> Object:
    """The object or the list at a path of the API server; empty where it answers with anything else."""
    answer = cluster.get(path)
    return dict(answer.json()) if answer.status_code == 200 else {}


class Reader:
    """Reads what ``kubectl get -o json`` would: the start of kubectl takes longer than all that the API server does.

    Args:
        cluster: is asked as cluster-admin.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._known: dict[str, tuple[str, Object]] = {}

    def object(self, kind: str, name: str, namespace: str) -> Object:
        """One object.

        Args:
            kind: in any way that kubectl takes, such as ``lease``, ``leases``, ``svc``.
            name: of the object.
            namespace: where it is; without meaning for a kind outside namespaces.

        Raises:
            AssertionError: there is no such object, or no such kind; with what the API server said.
        """
        return self._get(f"{self._place(kind, namespace)[0]}/{name}")

    def objects(self, kinds: str, namespace: str) -> list[Object]:
        """The objects of a kind, or of several with commas between them; raises as :meth:`object`."""
        found = []
        for kind in kinds.split(","):
            path, of_each = self._place(kind, namespace)
            found += [{**of_each, **item} for item in self._get(path)["items"]]
        return found

    def _place(self, kind: str, namespace: str) -> tuple[str, Object]:
        if kind not in self._known:  # also that of a custom resource that was not there before
            self._known = dict(reversed([*self._discovered()]))  # the first of a name counts, as for kubectl
        assert kind in self._known, f"the API server has no {kind}"
        path, resource = self._known[kind]
        of_each = {
            "apiVersion": path.removeprefix("/apis/").removeprefix("/api/"),
            "kind": resource["responseKind"]["kind"],
        }
        within = f"/namespaces/{namespace}" if resource["scope"] == "Namespaced" else ""
        return f"{path}{within}/{resource['resource']}", of_each

    def _discovered(self) -> Iterator[tuple[str, tuple[str, Object]]]:
        for root in ("/api", "/apis"):
            for group in self._get(root, _DISCOVERY)["items"]:
                name = group["metadata"].get("name", "")
                for version in group["versions"]:
                    path = "/".join(filter(None, (root, name, version["version"])))
                    for resource in version["resources"]:
                        names = (resource["resource"], resource["singularResource"], *resource.get("shortNames", ()))
                        yield from ((called, (path, resource)) for called in names)

    def _get(self, path: str, accept: str = "application/json") -> Any:
        until = time.monotonic() + _BUSY_SECONDS
        answer = self._cluster.get(path, accept)
        while answer.status_code == 429 and time.monotonic() < until:  # of a kind that was made a moment ago
            time.sleep(0.2)
            answer = self._cluster.get(path, accept)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()
