"""The API server: any path, within a deadline and a number of bytes; what the rest of this package is made of.

Everything is asked by path, and only the fields that are needed are read.

Source: Kubernetes, "API concepts": verbs, retrieving large result sets in chunks, metadata-only fetches, watches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from webhook.clients.http.destination import Limits
from webhook.clients.http.exchange import Exchange
from webhook.clients.http.messages import Request
from webhook.clients.kube.connection import Server
from webhook.clients.kube.options import KubeOptions
from webhook.clients.kube.problems import Wanted, refusal
from webhook.errors import UnusableAnswer
from webhook.model.deadlines import Deadline
from webhook.model.metadata import ListMeta
from webhook.model.nesting import decode_deep
from webhook.ports import Clock

_PAGE = 500
_MAX_OBJECT = 4 * 1024 * 1024
"""Bytes of the largest Secret or ServiceAccount that is read; etcd keeps no larger ones by default."""
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\Z")
_LATE_SECONDS = 30.0
"""For how long after its time a watch may still be ended by the server."""
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Asks for the metadata of a list's objects alone."""
MERGE_PATCH = "application/merge-patch+json"
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class _List(msgspec.Struct):
    metadata: ListMeta = msgspec.field(default_factory=ListMeta)
    items: list[msgspec.Raw] | None = None


_LIST = msgspec.json.Decoder(_List)


def is_name(text: str) -> bool:
    """Whether this can be the name of an object; anything else would be part of another address."""
    return bool(_NAME.match(text))


class KubeApi:
    """Asks the API server; safe to use from several threads.

    Args:
        server: where it is, see :mod:`webhook.clients.kube.connection`.
        options: limits.
        clock: time.
    """

    def __init__(self, server: Server, options: KubeOptions, clock: Clock) -> None:
        self._server, self._options, self._clock = server, options, clock
        self._exchange = Exchange(Limits(options.connect_seconds, options.read_seconds, redirects=0), clock)

    def get(self, path: str, wanted: Wanted, deadline: Deadline, *, limit: int | None = None) -> bytes | None:
        """The JSON of one object; None when there is no such object, or the server does not know the kind.

        Args:
            path: such as ``/api/v1/namespaces/shop/pods/web-0``; names in it must be checked by the caller.
            wanted: what that is, for error messages.
            deadline: by when it must be read.
            limit: bytes of the largest answer that is read; ``kube.maxReportBytes`` when left out.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        return self.send("GET", path, wanted, deadline, limit=limit)

    def send(
        self,
        method: str,
        path: str,
        wanted: Wanted,
        deadline: Deadline,
        *,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        limit: int | None = None,
    ) -> bytes | None:
        """Send one request; the body of the answer, None for a 404.

        Args:
            method: HTTP method.
            path: of the resource.
            wanted: what that is, for error messages; its verb follows from the method.
            deadline: by when the answer must be read.
            body: object to send as JSON.
            query: parameters, such as ``fieldManager``.
            headers: further headers; ``Content-Type`` for patches.
            limit: bytes of the largest answer that is read.

        Raises:
            Conflict: somebody else changed the object meanwhile, or has made one of that name.
            SourceError: the API server did not answer, or refused to.
        """
        if method in _VERBS:
            wanted = replace(wanted, does=_VERBS[method])
        sent = {"Accept": "application/json", **({"Content-Type": "application/json"} if body is not None else {})}
        request = self._request(method, path, wanted, query or {}, {**sent, **(headers or {})})
        content = None if body is None else msgspec.json.encode(body)
        request = replace(request, body=content, limit=limit or self._options.max_report_bytes)
        answer = self._exchange.send(request, deadline)
        if answer.status == 404:
            return None
        if not 200 <= answer.status <= 299:
            raise refusal(answer, wanted, self._clock.now())
        return answer.body

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
        return self.send("GET", "/api/v1/nodes", Wanted("nodes", ""), deadline, query=query, headers=headers)

    def pages(
        self, path: str, wanted: Wanted, deadline: Deadline, *, query: Mapping[str, str] | None = None, accept: str = ""
    ) -> Iterator[tuple[list[msgspec.Raw], str]]:
        """A list in pages of 500, or as ``limit`` in the query says: (the JSON of each object, the resourceVersion).

        Nothing comes when the server does not know the kind.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        token = ""
        while True:
            parameters = {"limit": str(_PAGE), **(query or {}), **({"continue": token} if token else {})}
            content = self.send(
                "GET", path, wanted, deadline, query=parameters, headers={"Accept": accept} if accept else None
            )
            if content is None:
                return
            page = decoded(_LIST, content, wanted)
            yield page.items or [], page.metadata.resource_version
            token = page.metadata.token
            if not token:
                return

    def watch(
        self, path: str, wanted: Wanted, resource_version: str, seconds: float, *, accept: str = ""
    ) -> Iterator[bytes]:
        """The events of a watch, each the JSON of a WatchEvent, until the server ends it or ``seconds`` are over.

        Args:
            path: of the collection.
            wanted: what that is, for error messages.
            resource_version: of the list after which the watch begins.
            seconds: after which the server is asked to end it.
            accept: another ``Accept`` header.

        Raises:
            Expired: the server does not keep that version any more; list again.
            SourceError: the API server did not answer, or refused to.
        """
        query = {"watch": "true", "resourceVersion": resource_version, "timeoutSeconds": str(int(seconds))}
        query["allowWatchBookmarks"] = "true"
        wanted = replace(wanted, does="watch")
        request = self._request("GET", path, wanted, query, {"Accept": accept or "application/json"})
        deadline = Deadline(self._clock.monotonic() + seconds + _LATE_SECONDS)
        rest = b""
        for chunk in self._exchange.stream(request, deadline, lambda said: refusal(said, wanted, self._clock.now())):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (line for line in lines if line.strip())

    def close(self) -> None:
        """Close all connections."""
        self._exchange.close()

    def _read(self, root: str, plural: str, wanted: Wanted, limit: int, deadline: Deadline) -> bytes | None:
        # The names come from workloads: one that is no name would be part of another address.
        if not all(is_name(name) for name in (wanted.name, wanted.namespace or "cluster")):
            return None
        within = f"{root}/namespaces/{wanted.namespace}" if wanted.namespace else root
        return self.get(f"{within}/{plural}/{wanted.name}", wanted, deadline, limit=limit)

    def _request(
        self, method: str, path: str, wanted: Wanted, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> Request:
        url = f"{self._server.url}{path}{'?' if query else ''}{urlencode(query, quote_via=quote)}"
        limit, authorization = self._options.max_report_bytes, self._server.authorization()
        return Request(self._server.destination, method, url, limit, headers, authorization, what=str(wanted))


def decoded(decoder: msgspec.json.Decoder[Any], content: bytes | msgspec.Raw, wanted: Wanted) -> Any:
    """Decode an answer of the API server.

    Raises:
        UnusableAnswer: it is not of the shape that the Kubernetes API gives it.
    """
    try:
        return decode_deep(decoder, content)
    except (msgspec.MsgspecError, UnicodeError) as problem:
        raise UnusableAnswer(
            f"The API server's answer about {wanted} cannot be read.", remedy="Check kube.kubeconfig."
        ) from problem
