"""Calls to the API server: any path, within a deadline and a number of bytes; what the rest of this package is made of.

Source: Kubernetes, "API concepts": verbs, retrieving large result sets in chunks, metadata-only fetches, watches.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import msgspec
import urllib3
from kubernetes import client
from kubernetes.client import ApiException

from webhook.clients.kube.options import KubeOptions
from webhook.clients.kube.troubles import Wanted, connection_trouble, out_of_time, refusal, too_large
from webhook.errors import UnusableAnswer
from webhook.model.deadlines import Deadline
from webhook.model.nesting import decode_deep
from webhook.ports import Clock

_CHUNK = 256 * 1024
_PAGE = 500
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Asks for the metadata of a list's objects alone."""
MERGE_PATCH = "application/merge-patch+json"
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class _ListMetadata(msgspec.Struct, rename="camel"):
    token: str = msgspec.field(default="", name="continue")
    resource_version: str = ""


class _List(msgspec.Struct):
    metadata: _ListMetadata = msgspec.field(default_factory=_ListMetadata)
    items: list[msgspec.Raw] | None = None


_LIST = msgspec.json.Decoder(_List)


class KubeCalls:
    """Asks the API server; safe to use from several threads.

    Args:
        api_client: the official client, see :mod:`webhook.clients.kube.connecting`.
        options: limits.
        clock: time.
    """

    def __init__(self, api_client: client.ApiClient, options: KubeOptions, clock: Clock) -> None:
        self._client, self._options, self._clock = api_client, options, clock

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
        serialized = self._client.param_serialize(
            method,
            path,
            query_params=list((query or {}).items()),
            header_params={**sent, **(headers or {})},
            body=body,
            auth_settings=["BearerToken"],
        )

        def call(_request_timeout: tuple[float, float]) -> urllib3.BaseHTTPResponse:
            return self._open(serialized, _request_timeout)

        return self._ask(wanted, call, limit or self._options.max_report_bytes, deadline)

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
        serialized = self._client.param_serialize(
            "GET",
            path,
            query_params=[*query.items(), ("allowWatchBookmarks", "true")],
            header_params={"Accept": accept or "application/json"},
            auth_settings=["BearerToken"],
        )
        wanted = replace(wanted, does="watch")
        try:
            response = self._open(serialized, (self._options.connect_seconds, seconds + self._options.read_seconds))
            yield from _lines(response)
        except ApiException as problem:
            raise _refused(problem, wanted) from problem
        except (urllib3.exceptions.HTTPError, OSError) as problem:
            raise connection_trouble(problem, wanted) from problem

    def _ask(self, wanted: Wanted, call: Callable[..., Any], limit: int, deadline: Deadline) -> bytes | None:
        left = self._left(wanted, deadline)
        timeout = (min(self._options.connect_seconds, left), min(self._options.read_seconds, left))
        try:
            response = call(_request_timeout=timeout)
            assert isinstance(response, urllib3.BaseHTTPResponse)
            return self._body(response, wanted, limit, deadline)
        except ApiException as problem:
            if problem.status == 404:
                return None
            raise _refused(problem, wanted) from problem
        except (urllib3.exceptions.HTTPError, OSError) as problem:
            self._left(wanted, deadline)
            raise connection_trouble(problem, wanted) from problem

    def close(self) -> None:
        """Close all connections."""
        close: Callable[[], None] = self._client.close  # the client library has no types for it
        close()

    def _open(self, serialized: tuple[Any, ...], timeout: tuple[float, float]) -> urllib3.BaseHTTPResponse:
        method, url, headers, body, form = serialized
        made = self._client.call_api(method, url, headers, body, form, _request_timeout=timeout)
        response = made.response
        assert isinstance(response, urllib3.BaseHTTPResponse)
        if not 200 <= response.status <= 299:
            text = response.data.decode(errors="replace")
            raise ApiException(http_resp=made, body=text)
        return response

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


def decoded(decoder: msgspec.json.Decoder[Any], content: bytes | msgspec.Raw, wanted: Wanted) -> Any:
    """Decode an answer of the API server.

    Raises:
        UnusableAnswer: it is not of the shape that the Kubernetes API gives it.
    """
    try:
        return decode_deep(decoder, content)
    except (msgspec.MsgspecError, UnicodeError) as problem:
        raise UnusableAnswer(
            f"What the API server says of {wanted} cannot be read.", remedy="Check kube.kubeconfig."
        ) from problem


def to_json(value: Any) -> Any:
    """A value as plain JSON types; what :meth:`KubeCalls.send` takes as body."""
    return json.loads(msgspec.json.encode(value))


def _refused(problem: ApiException, wanted: Wanted) -> Exception:
    headers = {} if problem.headers is None else problem.headers
    return refusal(problem.status or 0, problem.body or "", headers, wanted)


def _lines(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    rest = b""
    try:
        while chunk := response.read1(_CHUNK, decode_content=True):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (line for line in lines if line.strip())
    finally:
        response.close()
