"""One HTTP request, bounded in time and size, with its redirects.

Proxies (``HTTPS_PROXY``, ``NO_PROXY``) and certificate bundles (``REQUESTS_CA_BUNDLE``) come from the environment, as
``requests`` reads it and as operators expect it. Credentials come only from the caller: ``.netrc`` is not read, and
names in addresses are not sent. Cookies are neither kept nor sent.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from urllib.parse import urlsplit

import requests
import urllib3
from cachetools import LRUCache

from webhook.clients.http.addresses import check_literal
from webhook.clients.http.connections import Connections, Way
from webhook.clients.http.destination import Destination, Limits, Reach
from webhook.clients.http.headers import content_length, joined
from webhook.clients.http.messages import Answer, Request, user_agent
from webhook.clients.http.problems import no_answer, origin, out_of_time, too_large
from webhook.clients.http.responses import time_for_answers
from webhook.clients.http.retries import Hosts
from webhook.errors import Final
from webhook.model.deadlines import Deadline
from webhook.ports import Clock

_CHUNK = 256 * 1024
_REDIRECTS = frozenset([301, 302, 303, 307, 308])
_WAYS = 64
_USER_AGENT = user_agent()


class Exchange:
    """Sends requests, each once; safe to use from several threads.

    Args:
        limits: of time, redirects and connections.
        clock: time.

    Attributes:
        hosts: those that are left alone for a while.
    """

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits, self._clock = limits, clock
        self._connections = Connections(limits.connections_per_host)
        self._environment = requests.Session()  # for nothing else: it reads the settings of the environment
        self._ways = LRUCache[tuple[str, Destination], Way](_WAYS)
        self._lock = threading.Lock()
        self.hosts = Hosts(limits, clock)

    def send(self, request: Request, deadline: Deadline) -> Answer:
        """Send a request and follow its redirects; any other status is an answer.

        Raises:
            NoAnswer: no connection, no answer in time, or one that was cut off.
            HostPaused: the host is left alone; nothing was sent.
            Final: a forbidden address, a certificate that is not trusted, a body that is too large, bad redirects.
            DeadlineExceeded: the time ran out.
        """
        for _ in range(self._limits.redirects + 1):
            with self._response(request, deadline) as response:
                body = self._body(response, request, deadline)
                answer = Answer(response.status, response.headers, body, request.url)
            location = answer.headers.get("Location")
            if answer.status not in _REDIRECTS or not location or not self._limits.redirects:
                return answer
            request = _redirected(request, joined(request.url, location), answer.status)
        raise Final(
            f"{origin(request.url)} redirects more than {self._limits.redirects} times.", remedy="Check the address."
        )

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            self._ways.clear()
        self._connections.close()

    def stream(self, request: Request, deadline: Deadline, refused: Callable[[Answer], Exception]) -> Iterator[bytes]:
        """Send a request and give the body as it comes, until the server ends it.

        Args:
            request: what is asked; its limit counts for a refusal.
            deadline: when the body has to have ended.
            refused: the error for any status but 2xx.

        Raises:
            SourceError: as ``send`` does.
        """
        with self._response(request, deadline, self._left(request, deadline)) as response:
            if not 200 <= response.status <= 299:
                body = self._body(response, request, deadline)
                raise refused(Answer(response.status, response.headers, body, request.url))
            while chunk := response.read1(_CHUNK, decode_content=request.compressed):
                yield chunk

    @contextmanager
    def _response(
        self, request: Request, deadline: Deadline, read_seconds: float | None = None
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        began = False
        with self.hosts.request(urlsplit(request.url).netloc, deadline):
            left = self._left(request, deadline)
            seconds = self._limits.read_seconds if read_seconds is None else read_seconds
            timeout = urllib3.Timeout(connect=min(self._limits.connect_seconds, left), read=min(seconds, left))
            try:
                prepared, headers = _prepared(request)
                way = self._way(request, prepared)
                with time_for_answers(lambda: deadline.remaining(self._clock.monotonic())):
                    response = way.pool.urlopen(
                        request.method,
                        way.target(prepared),
                        request.body,
                        headers,
                        retries=False,
                        redirect=False,
                        assert_same_host=False,
                        timeout=timeout,
                        preload_content=False,
                        decode_content=False,
                    )
                began = True
                try:
                    yield response
                finally:  # what was not read to its end is not used again
                    response.close()
                    response.release_conn()
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as problem:
                # An answer that could not be made sense of hangs on the frames, and on it a connection.
                traceback.clear_frames(problem.__traceback__)
                self._left(request, deadline)
                raise no_answer(problem, request, seconds, began=began) from None

    def _way(self, request: Request, prepared: requests.PreparedRequest) -> Way:
        """The way to a server, with proxies and certificates as destination and environment have them."""
        key, destination = (origin(request.url), request.destination), request.destination
        adapter = self._connections.adapter(destination)
        with self._lock:
            way = self._ways.get(key)
        if way is None or way.adapter is not adapter:  # the file of certificate authorities has changed
            if destination.reach is not Reach.ANY:
                check_literal(urlsplit(request.url).hostname or "", destination.reach is Reach.PRIVATE)
            # Given with the request, because a certificate bundle of the environment overrules a session's.
            verify = destination.verify and (str(destination.ca_file) if destination.ca_only else None)
            merged = self._environment.merge_environment_settings(request.url, {}, True, verify, None)
            proxies = dict.fromkeys(("http", "https"), destination.proxy) if destination.proxy else merged["proxies"]
            way = adapter.way(prepared, proxies, merged["verify"], destination.client_certificate)
            with self._lock:
                self._ways[key] = way
        return way

    def _body(self, response: urllib3.BaseHTTPResponse, request: Request, deadline: Deadline) -> bytes:
        stated, status = content_length(response.headers), response.status
        if request.method == "HEAD":
            response.drain_conn()  # nothing comes, and the connection goes back to its pool
            return b""
        if status in _REDIRECTS and not (stated is not None and stated <= _CHUNK):
            return b""  # not worth reading; the connection is closed
        # What is asked for may be small, and what a server says of a problem larger.
        limit = request.limit if status < 300 else max(request.limit, _CHUNK)
        if stated is not None and stated > limit:
            raise too_large(request, limit)
        content = bytearray()
        take, size = request.begin() if request.begin is not None and status == 200 else content.extend, 0
        # read1 gives what has arrived, so that a body that only drips meets the deadline too.
        while chunk := response.read1(_CHUNK, decode_content=request.compressed):
            size += len(chunk)
            if size > limit:
                raise too_large(request, limit)
            take(chunk)
            self._left(request, deadline)
        return bytes(content)

    def _left(self, request: Request, deadline: Deadline) -> float:
        left = deadline.remaining(self._clock.monotonic())
        if left <= 0:
            raise out_of_time(request)
        return left


def _prepared(request: Request) -> tuple[requests.PreparedRequest, Mapping[str, str]]:
    """The address, spelt as it is sent, in a request without body; and the headers."""
    # Without compression unless asked for: a digest is over the bytes as they are.
    encoding = "gzip" if request.compressed else "identity"
    headers = {"User-Agent": _USER_AGENT, "Accept": "*/*", "Accept-Encoding": encoding, **request.headers}
    if request.authorization:
        headers["Authorization"] = request.authorization
    # Whoever sends bodies sends one after the other to the same address.
    prepare = _bodiless if request.body is None else _known_bodiless
    return prepare(request.method, request.url, tuple(headers.items()))


def _bodiless(
    method: str, url: str, headers: tuple[tuple[str, str], ...]
) -> tuple[requests.PreparedRequest, Mapping[str, str]]:
    # With an authorization that does nothing, requests takes no names and passwords out of the address.
    prepared = requests.Request(method, url, headers=dict(headers), auth=lambda made: made).prepare()
    return prepared, dict(headers)


_known_bodiless = lru_cache(maxsize=8)(_bodiless)


def _endpoint(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _redirected(request: Request, target: str, status: int) -> Request:
    """The request that follows a redirect; an authorization stays on its host.

    Raises:
        Final: it is not followed.
    """
    asked = origin(request.url)
    if not target:
        raise Final(f"{asked} redirects to something that is not a plain web address.", remedy="Check the address.")
    if urlsplit(target).scheme == "http" and not request.destination.plain_http:
        raise Final(
            f"{asked} redirects to {origin(target)}, which is not encrypted.", remedy=request.destination.remedies.tls
        )
    elsewhere = _endpoint(target) != _endpoint(request.url)
    if request.method not in ("GET", "HEAD"):
        if status not in (307, 308):
            raise Final(f"{asked} redirects a {request.method} request ({status}).", remedy="Check the address.")
        if elsewhere:
            raise Final(
                f"{asked} redirects to {origin(target)}; a {request.method} request is not sent to another host.",
                remedy=f"If {origin(target)} is right, set it as the address; otherwise look for a proxy in between.",
            )
    return replace(request, url=target, authorization="" if elsewhere else request.authorization)
