"""One HTTP request to a registry or to what it refers to: bounded in time and size, and careful with redirects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import requests
import urllib3

from webhook.clients.bounded import time_for_answers
from webhook.clients.headers import content_length, joined
from webhook.clients.registry.addresses import check_literal
from webhook.clients.registry.connections import Connections
from webhook.clients.registry.hosts import Hosts
from webhook.clients.registry.locations import Registry
from webhook.clients.registry.options import RegistryOptions
from webhook.clients.registry.troubles import connection_trouble, origin, out_of_time
from webhook.clients.transport import Credentials
from webhook.errors import Final
from webhook.model.deadlines import Deadline
from webhook.ports import Clock

_CHUNK = 256 * 1024
_REDIRECTS = frozenset([301, 302, 303, 307, 308])


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request.

    Attributes:
        registry: on whose behalf it is made; its rules hold for redirects and token realms too.
        method: GET, HEAD or POST.
        url: whole address.
        limit: bytes of the largest body that is read.
        accept: media types.
        authorization: value of the header, for the host of ``url`` alone; empty sends none.
        form: fields of a POST.
    """

    registry: Registry
    method: str
    url: str
    limit: int
    accept: str = "*/*"
    authorization: str = ""
    form: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer.

    Attributes:
        status: such as 200.
        headers: without regard to case.
        body: as it came.
        url: where it came from, after redirects.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Exchange:
    """Sends requests, each once; safe to use from several threads.

    Args:
        options: limits.
        clock: time.
    """

    def __init__(self, options: RegistryOptions, clock: Clock) -> None:
        self._options, self._clock = options, clock
        self._connections = Connections(options.connections_per_host)
        self.hosts = Hosts(options, clock)

    def send(self, request: Outgoing, deadline: Deadline) -> Reply:
        """Send a request and follow its redirects; any other status is an answer.

        Raises:
            Retryable: no connection, no answer in time, or one that was cut off.
            Final: a forbidden address, a certificate that is not trusted, a body that is too large, bad redirects.
            DeadlineExceeded: the time ran out.
        """
        for _ in range(self._options.redirects + 1):
            reply = self._once(request, deadline)
            location = reply.headers.get("Location")
            if reply.status not in _REDIRECTS or not location:
                return reply
            request = _redirected(request, joined(request.url, location))
        raise Final(f"{origin(request.url)} redirects more than {self._options.redirects} times.")

    def close(self) -> None:
        """Close all connections."""
        self._connections.close()

    def _once(self, request: Outgoing, deadline: Deadline) -> Reply:
        host = urlsplit(request.url).netloc
        check_literal(urlsplit(request.url).hostname or "", request.registry.allow_private)
        with self.hosts.request(host, deadline):
            session = self._connections.session(request.registry.allow_private, request.registry.ca_file)
            left = self._left(request.url, deadline)
            try:
                with (
                    time_for_answers(lambda: deadline.remaining(self._clock.monotonic())),
                    session.request(
                        request.method,
                        request.url,
                        headers={"Accept": request.accept},
                        data=request.form,
                        auth=Credentials(request.authorization),
                        timeout=(min(self._options.connect_seconds, left), min(self._options.read_seconds, left)),
                        allow_redirects=False,
                        stream=True,
                    ) as response,
                ):
                    body = self._body(response, request, deadline)
                    return Reply(response.status_code, response.headers, body, request.url)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as problem:
                self._left(request.url, deadline)
                raise connection_trouble(problem, request.url, self._options.read_seconds) from problem

    def _body(self, response: requests.Response, request: Outgoing, deadline: Deadline) -> bytes:
        stated = content_length(response.headers)
        if request.method == "HEAD":
            response.raw.drain_conn()  # nothing comes, and the connection goes back to its pool
            return b""
        if response.status_code in _REDIRECTS and not (stated is not None and stated <= _CHUNK):
            return b""  # not worth reading; the connection is closed
        if stated is not None and stated > request.limit:
            raise _too_large(request)
        content = bytearray()
        # read1 gives what has arrived, so that a body that only drips meets the deadline too.
        while chunk := response.raw.read1(_CHUNK, decode_content=False):
            content += chunk
            if len(content) > request.limit:
                raise _too_large(request)
            self._left(request.url, deadline)
        return bytes(content)

    def _left(self, url: str, deadline: Deadline) -> float:
        left = deadline.remaining(self._clock.monotonic())
        if left <= 0:
            raise out_of_time(url)
        return left


def _redirected(request: Outgoing, target: str) -> Outgoing:
    if not target:
        raise Final(f"{origin(request.url)} redirects to something that is no plain web address.")
    if request.method == "POST":
        raise Final(f"{origin(request.url)} redirects a request that carries a secret.")
    if urlsplit(target).scheme == "http" and not request.registry.plain_http:
        raise Final(
            f"{origin(request.url)} redirects to {origin(target)}, which is not encrypted.",
            remedy="Correct the registry, or set plainHttp for it under registries.",
        )
    same = origin(target) == origin(request.url)
    return replace(request, url=target, authorization=request.authorization if same else "")


def _too_large(request: Outgoing) -> Final:
    return Final(
        f"{origin(request.url)} answered with more than the {request.limit} bytes that were expected.",
        remedy="The registry, or what is between it and you, does not keep to what its manifests say.",
    )
