"""Transport: HTTP for every client, with one idea of time-outs, size, redirects, identity and credentials.

Proxies (``HTTPS_PROXY``, ``NO_PROXY``) and certificate bundles (``REQUESTS_CA_BUNDLE``) come from the environment, as
``requests`` reads it and as operators expect it; ``ca_file`` wins over the latter. Credentials come only from the
caller: every request carries an authorization object of its own, so that ``requests`` never looks into ``.netrc``.
Cookies are neither kept nor sent. A session belongs to one thread, because ``requests`` promises no more than that.
"""

from __future__ import annotations

import base64
import http.cookiejar
import platform
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.auth import AuthBase

from webhook import __version__
from webhook.clients.bounded import BoundedAdapter, time_for_answers
from webhook.clients.failures import explained, origin_of
from webhook.clients.headers import joined
from webhook.errors import Final, Retryable
from webhook.ports import Clock

_CHUNK = 64 * 1024
_REDIRECTS = frozenset([301, 302, 303, 307, 308])
_MAX_REDIRECTS = 3


@dataclass(frozen=True, slots=True)
class TransportOptions:
    """Limits of one HTTP request.

    Attributes:
        connect_seconds: longest wait for a connection.
        read_seconds: longest wait for the next bytes.
        total_seconds: longest time from the first byte sent to the last byte read; it ends bodies that only drip.
        max_body_bytes: largest body that is read, after decompression.
        ca_file: certificate authorities (PEM) that are trusted instead of the usual ones.
    """

    connect_seconds: float = 10.0
    read_seconds: float = 60.0
    total_seconds: float = 300.0
    max_body_bytes: int = 32 * 1024 * 1024
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete HTTP response.

    Attributes:
        status: such as 200.
        headers: without regard to case.
        body: decompressed.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Credentials(AuthBase):
    """An ``Authorization`` header that shows itself to nobody but the server.

    Args:
        header: the whole value of the header; empty sends none.
        secrets: what else must not be shown, such as the password inside the header.
    """

    def __init__(self, header: str = "", *secrets: str) -> None:
        self._header = header
        self._secrets = [one for one in (header.partition(" ")[2], *secrets) if one]

    def __bool__(self) -> bool:
        return True  # requests takes a false one for "none given" and then asks .netrc

    def __repr__(self) -> str:
        return f"Credentials({'hidden' if self._header else 'none'})"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request; ``requests`` calls this."""
        if self._header:
            request.headers["Authorization"] = self._header
        return request

    @property
    def present(self) -> bool:
        """Whether there is something that another host must not see."""
        return bool(self._header)

    def redact(self, text: str) -> str:
        """The text without the secrets, for what a server said."""
        for secret in self._secrets:
            text = text.replace(secret, "[hidden]")
        return text


def bearer(token: str) -> Credentials:
    """Credentials of a token (RFC 6750)."""
    return Credentials(f"Bearer {token}")


def basic(username: str, password: str) -> Credentials:
    """Credentials of a user (RFC 7617, in UTF-8)."""
    pair = base64.b64encode(f"{username}:{password}".encode()).decode("ascii")
    return Credentials(f"Basic {pair}", password)


def user_agent() -> str:
    """What every request says of its sender, such as ``bomgate/1.0.0 (Python 3.11; Linux)``."""
    major, minor, _ = platform.python_version_tuple()
    return f"bomgate/{__version__} (Python {major}.{minor}; {platform.system() or 'unknown'})"


class Transport:
    """Sends requests and reads whole answers; safe to use from several threads.

    Args:
        options: limits.
        clock: measures ``total_seconds``.
    """

    def __init__(self, options: TransportOptions, clock: Clock) -> None:
        self._options, self._clock = options, clock
        self._thread = threading.local()
        self._sessions: weakref.WeakSet[requests.Session] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._environments: dict[str, Mapping[str, Any]] = {}

    def send(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        credentials: Credentials | None = None,
    ) -> Answer:
        """Send one request; any status is an answer.

        A redirect is followed on the same host, and to another host only when no credentials are involved.

        Raises:
            Retryable: no connection, no answer in time, or an answer that was cut off.
            Final: the answer is too large, the certificate is not trusted, or it redirects credentials elsewhere.
        """
        credentials = credentials or Credentials()
        until = self._clock.monotonic() + self._options.total_seconds
        for _ in range(_MAX_REDIRECTS + 1):
            try:
                answer = self._once(method, url, (body, headers, credentials), until)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as problem:
                if self._clock.monotonic() >= until:
                    raise self._too_slow(url) from None
                raise explained(problem, origin_of(url)) from None
            location = answer.headers.get("Location")
            if answer.status not in _REDIRECTS or not location:
                return answer
            url = _redirected(method, url, location, answer.status, credentials)
        raise Final(f"{origin_of(url)} redirects in a circle.", remedy="Check the address in the settings.")

    def close(self) -> None:
        """Give all connections back."""
        with self._lock:
            for session in self._sessions:
                session.close()

    def _once(
        self,
        method: str,
        url: str,
        content: tuple[bytes | None, Mapping[str, str] | None, Credentials],
        until: float,
    ) -> Answer:
        body, headers, credentials = content
        session = self._session()
        request = session.prepare_request(requests.Request(method, url, headers=headers, data=body, auth=credentials))
        timeout = (self._options.connect_seconds, self._options.read_seconds)
        # The adapter, not the session: the session would read the body of a redirect, however large, to look ahead.
        adapter = session.get_adapter(url)
        with (
            time_for_answers(lambda: until - self._clock.monotonic()),
            adapter.send(request, stream=True, timeout=timeout, **self._environment(session, url)) as response,
        ):
            return Answer(response.status_code, response.headers, self._body(response, until))

    def _environment(self, session: requests.Session, url: str) -> Mapping[str, Any]:
        """Proxies and certificates for an address, as the environment has them; read once for each origin."""
        origin = origin_of(url)
        if origin not in self._environments:
            # Given with the request, because a certificate bundle of the environment overrules the session's.
            ca_file = str(self._options.ca_file) if self._options.ca_file else None
            settings = session.merge_environment_settings(url, {}, stream=None, verify=ca_file, cert=None)
            self._environments[origin] = {"proxies": settings["proxies"], "verify": settings["verify"]}
        return self._environments[origin]

    def _body(self, response: requests.Response, until: float) -> bytes:
        limit, content = self._options.max_body_bytes, bytearray()
        # read1 gives what has arrived, so that a dripping body meets the limit on time too.
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            content += chunk
            if len(content) > limit:
                raise Final(
                    f"{origin_of(response.url)} answered with more than {limit} bytes.",
                    remedy="Ask for less at once (a smaller batch size), or raise the limit on the size of an answer.",
                )
            if self._clock.monotonic() > until:
                raise self._too_slow(response.url)
        return bytes(content)

    def _too_slow(self, url: str) -> Retryable:
        return Retryable(f"{origin_of(url)} did not finish its answer within {self._options.total_seconds:g} s.")

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._thread, "session", None)
        if session is None:
            session = self._thread.session = new_session()
            for scheme in ("http://", "https://"):
                session.mount(scheme, BoundedAdapter())
            with self._lock:
                self._sessions.add(session)
        return session


def new_session() -> requests.Session:
    """A session with bomgate's name, without cookies and without ``.netrc``; it retries nothing by itself."""
    session = requests.Session()
    session.headers.update({"User-Agent": user_agent(), "Accept-Encoding": "gzip"})
    session.auth = Credentials()
    # Without the two dialects of cookies not even a Set-Cookie header is parsed.
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(netscape=False, rfc2965=False, allowed_domains=[]))
    return session


def _endpoint(url: str) -> tuple[str, str | None, int | None]:
    """What a redirect must not change while there are credentials: scheme, host and port."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _redirected(method: str, url: str, location: str, status: int, credentials: Credentials) -> str:
    target = joined(url, location)
    if not target:
        raise Final(f"{origin_of(url)} redirects to something that is not HTTP.", remedy="Check the address.")
    if credentials.present and _endpoint(target) != _endpoint(url):
        raise Final(
            f"{origin_of(url)} redirects to {origin_of(target)}; credentials are not sent to another host.",
            remedy=f"If {origin_of(target)} is right, set it as the address; otherwise look for a proxy in between.",
        )
    if method not in ("GET", "HEAD") and status not in (307, 308):
        raise Final(f"{origin_of(url)} redirects a {method} request ({status}).", remedy="Check the address.")
    return target
