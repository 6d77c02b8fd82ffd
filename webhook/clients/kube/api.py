"""The API server as looking for SBOMs needs it: one object at a time, by name, or one page of nodes.

Everything is asked by path, and only the fields that are needed are read.
"""

from __future__ import annotations

import re

from webhook.clients.kube.calls import METADATA_LIST, KubeCalls
from webhook.clients.kube.connecting import Server
from webhook.clients.kube.options import KubeOptions
from webhook.clients.kube.troubles import Wanted
from webhook.model.deadlines import Deadline
from webhook.ports import Clock

_MAX_OBJECT = 4 * 1024 * 1024
"""Bytes of the largest Secret or ServiceAccount that is read; etcd keeps no larger ones by default."""
_PAGE = 500
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\Z")


def is_name(text: str) -> bool:
    """Whether this can be the name of an object; anything else would be part of another address."""
    return bool(_NAME.match(text))


class KubeApi:
    """Reads objects from the API server; safe to use from several threads.

    Args:
        server: where it is, see :mod:`webhook.clients.kube.connecting`.
        options: limits.
        clock: time.

    Attributes:
        calls: for everything that has no method here.
    """

    def __init__(self, server: Server, options: KubeOptions, clock: Clock) -> None:
        self._options = options
        self.calls = KubeCalls(server, options, clock)

    def secret(self, namespace: str, name: str, deadline: Deadline) -> bytes | None:
        """The JSON of a Secret; None when there is no such Secret.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        return self._read("/api/v1", "secrets", Wanted("secrets", name, namespace), _MAX_OBJECT, deadline)

    def service_account(self, namespace: str, name: str, deadline: Deadline) -> bytes | None:
        """The JSON of a ServiceAccount; None when there is no such ServiceAccount.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        wanted = Wanted("serviceaccounts", name, namespace)
        return self._read("/api/v1", "serviceaccounts", wanted, _MAX_OBJECT, deadline)

    def custom(self, kind: tuple[str, str, str], name: str, namespace: str, deadline: Deadline) -> bytes | None:
        """The JSON of a custom resource; None when there is none, or the cluster does not know the kind.

        Args:
            kind: API group, version and plural name.
            name: of the object.
            namespace: empty for a kind that belongs to the whole cluster.
            deadline: by when it must be read.

        Raises:
            Final: it is too large.
            SourceError: the API server did not answer, or refused to.
        """
        group, version, plural = kind
        wanted = Wanted(f"{plural}.{group}", name, namespace)
        return self._read(f"/apis/{group}/{version}", plural, wanted, self._options.max_report_bytes, deadline)

    def list_nodes(self, token: str, deadline: Deadline, *, whole: bool = False) -> bytes | None:
        """The JSON of one page of the list of Nodes; None when the server knows no Nodes.

        Args:
            token: ``metadata.continue`` of the page before; empty for the first page.
            deadline: by when it must be read.
            whole: with spec and status, which are several times as large as the metadata.

        Raises:
            Final: it is too large.
            SourceError: the API server did not answer, or refused to.

        Source: Kubernetes, "API concepts": retrieving large result sets in chunks, metadata-only fetches.
        """
        query = {**({"continue": token} if token else {}), "limit": str(_PAGE)}
        headers = None if whole else {"Accept": METADATA_LIST}
        return self.calls.send("GET", "/api/v1/nodes", Wanted("nodes", ""), deadline, query=query, headers=headers)

    def close(self) -> None:
        """Close all connections."""
        self.calls.close()

    def _read(self, root: str, plural: str, wanted: Wanted, limit: int, deadline: Deadline) -> bytes | None:
        # The names come from workloads: one that is no name would be part of another address.
        if not all(is_name(name) for name in (wanted.name, wanted.namespace or "cluster")):
            return None
        within = f"{root}/namespaces/{wanted.namespace}" if wanted.namespace else root
        return self.calls.get(f"{within}/{plural}/{wanted.name}", wanted, deadline, limit=limit)
