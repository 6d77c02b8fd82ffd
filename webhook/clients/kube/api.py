"""The API server: one object at a time, by name, or one page of nodes, within a deadline and a number of bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import urllib3
from kubernetes import client
from kubernetes.client import ApiException

from webhook.clients.kube.options import KubeOptions
from webhook.clients.kube.troubles import Wanted, connection_trouble, out_of_time, refusal, too_large
from webhook.model.deadlines import Deadline
from webhook.ports import Clock

_CHUNK = 256 * 1024
_MAX_OBJECT = 4 * 1024 * 1024
"""Bytes of the largest Secret or ServiceAccount that is read; etcd keeps no larger ones by default."""
_PAGE = 500
_METADATA_ALONE = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\Z")


class KubeApi:
    """Reads objects from the API server; safe to use from several threads.

    Args:
        api_client: the official client, see :mod:`webhook.clients.kube.connecting`.
        options: limits.
        clock: time.
    """

    def __init__(self, api_client: client.ApiClient, options: KubeOptions, clock: Clock) -> None:
        self._client, self._options, self._clock = api_client, options, clock
        self._core, self._custom = client.CoreV1Api(api_client), client.CustomObjectsApi(api_client)

    def secret(self, namespace: str, name: str, deadline: Deadline) -> bytes | None:
        """The JSON of a Secret; None when there is no such Secret.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        wanted = Wanted("secrets", name, namespace)
        return self._read(wanted, self._core.read_namespaced_secret, (name, namespace), _MAX_OBJECT, deadline)

    def service_account(self, namespace: str, name: str, deadline: Deadline) -> bytes | None:
        """The JSON of a ServiceAccount; None when there is no such ServiceAccount.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        wanted = Wanted("serviceaccounts", name, namespace)
        return self._read(wanted, self._core.read_namespaced_service_account, (name, namespace), _MAX_OBJECT, deadline)

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
        wanted, limit = Wanted(f"{plural}.{group}", name, namespace), self._options.max_report_bytes
        if namespace:
            where = (group, version, namespace, plural, name)
            return self._read(wanted, self._custom.get_namespaced_custom_object, where, limit, deadline)
        return self._read(wanted, self._custom.get_cluster_custom_object, (*kind, name), limit, deadline)

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
        headers = None if whole else {"Accept": _METADATA_ALONE}
        get = partial(self._core.list_node, limit=_PAGE, _continue=token or None, _headers=headers)
        return self._ask(Wanted("nodes", ""), get, self._options.max_report_bytes, deadline)

    def close(self) -> None:
        """Close all connections."""
        close: Callable[[], None] = self._client.close  # the client library has no types for it
        close()

    def _read(
        self, wanted: Wanted, get: Callable[..., object], arguments: tuple[str, ...], limit: int, deadline: Deadline
    ) -> bytes | None:
        # The names come from workloads: one that is no name would be part of another address.
        if not all(_NAME.match(name) for name in (wanted.name, wanted.namespace or "cluster")):
            return None
        return self._ask(wanted, partial(get, *arguments), limit, deadline)

    def _ask(self, wanted: Wanted, get: Callable[..., object], limit: int, deadline: Deadline) -> bytes | None:
        left = self._left(wanted, deadline)
        timeout = (min(self._options.connect_seconds, left), min(self._options.read_seconds, left))
        try:
            response = get(_preload_content=False, _request_timeout=timeout)
            assert isinstance(response, urllib3.BaseHTTPResponse)
            return self._body(response, wanted, limit, deadline)
        except ApiException as problem:
            if problem.status == 404:
                return None
            headers = {} if problem.headers is None else problem.headers
            raise refusal(problem.status or 0, problem.body or "", headers, wanted) from problem
        except (urllib3.exceptions.HTTPError, OSError) as problem:
            self._left(wanted, deadline)
            raise connection_trouble(problem, wanted) from problem

    def _body(self, response: urllib3.BaseHTTPResponse, wanted: Wanted, limit: int, deadline: Deadline) -> bytes:
        content = bytearray()
        try:
            # read1 gives what has arrived, so that a body that only drips meets the deadline too.
            while chunk := response.read1(_CHUNK, decode_content=True):
                content += chunk
                if len(content) > limit:
                    raise too_large(wanted, limit)
                self._left(wanted, deadline)
        except BaseException:
            response.close()
            raise
        response.release_conn()
        return bytes(content)

    def _left(self, wanted: Wanted, deadline: Deadline) -> float:
        left = deadline.remaining(self._clock.monotonic())
        if left <= 0:
            raise out_of_time(wanted)
        return left
