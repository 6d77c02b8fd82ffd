"""Guards: checks of every request, headers of every answer, and where a browser goes on after signing in.

A page elsewhere must not read the console (DNS rebinding: the Host is checked), act in it (Origin, Sec-Fetch-Site, form
token), show it in a frame, or bring anything in (Content-Security-Policy: nothing but our own style sheet and images).
"""

from __future__ import annotations

import gzip
import hmac
import json
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from flask import Request, Response
from flask.json.provider import DefaultJSONProvider
from werkzeug.routing import IntegerConverter, Map

from webhook.console.sessions import Session
from webhook.errors import InvalidInput
from webhook.policy.plaintext import plain

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}

_WORTH_BYTES = 1500
SAFE = ("GET", "HEAD", "OPTIONS")
FORM_TOKEN = "form_token"  # noqa: S105  # a name
HEADER_TOKEN = "X-Form-Token"  # noqa: S105  # a name


class RowNumber(IntegerConverter):
    """Numbers of rows in addresses; one that no row can have leads to no page."""

    def __init__(self, addresses: Map) -> None:
        super().__init__(addresses, max=2**31 - 2)


class StrictJson(DefaultJSONProvider):
    """Reads the JSON of requests; what two readers could read differently is refused."""

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """Decode a body.

        Raises:
            InvalidInput: a key is repeated, or it is nested too deeply.
            ValueError: it is no JSON.
        """
        try:
            return json.loads(s, object_pairs_hook=_without_repeats)
        except RecursionError as problem:
            raise InvalidInput("The body is nested too deeply.") from problem


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in pairs:
        if key in members:
            raise InvalidInput(f"The body has {plain(key, 60)!r} twice in one object.", remedy="Write it once.")
        members[key] = value
    return members


def allowed_hosts(host: str, port: int, url: str) -> frozenset[str]:
    """The values of the Host header by which this console is meant."""
    names = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
    names.add(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
    if url:
        names.add(urlsplit(url).netloc.lower())
    return frozenset(names)


def has_nul(request: Request) -> bool:
    """Whether a request holds the character NUL, which no name has and PostgreSQL refuses in a text."""
    texts = (request.path, *request.values.values(), *request.values.keys())
    return any("\0" in text for text in texts) or (request.is_json and rb"\u0000" in request.get_data())


def is_for_us(request: Request, hosts: frozenset[str]) -> bool:
    """Whether the browser believes to talk to this console, and not to a name that was bent to its address."""
    return request.headers.get("Host", "").lower() in hosts


def is_from_us(request: Request, hosts: frozenset[str]) -> bool:
    """Whether a write was begun by a page of this console; what says nothing of that is refused."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site not in (None, "same-origin") or (origin is None and site is None):
        return False
    return origin is None or urlsplit(origin).netloc.lower() in hosts


def has_token(request: Request, session: Session) -> bool:
    """Whether a write carries the token of its session."""
    given = request.headers.get(HEADER_TOKEN) or request.form.get(FORM_TOKEN, "")
    return hmac.compare_digest(given.encode("utf-8", "replace"), session.form_token.encode())


def compressed(request: Request, response: Response) -> Response:
    """An answer as small as the browser takes it.

    The token in a page cannot be guessed from its size: a page elsewhere cannot ask with the cookie, which is strict.
    """
    is_text = (response.mimetype or "").startswith(("text/", "application/json"))
    takes = "gzip" in request.headers.get("Accept-Encoding", "")
    is_fixed = response.is_streamed or response.direct_passthrough or "Content-Encoding" in response.headers
    if not (is_text and takes) or is_fixed:
        return response
    body = response.get_data()
    if len(body) >= _WORTH_BYTES:
        response.set_data(gzip.compress(body, 5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        response.headers.add("Vary", "Accept-Encoding")
    return response


def harden(response: Response) -> Response:
    """Give an answer its headers."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


HOME = "/"
REQUEST_FORM = "/requests/new"
_MOST = 2000
_IN_QUERIES = "/?:@!$&'()*+,;=%"


def own_address(given: Request) -> str:
    """The address of a request on this console; what a browser would read as another host is quoted."""
    query = given.query_string.decode("latin-1")
    return quote(given.path) + (f"?{quote(query, safe=_IN_QUERIES)}" if query else "")


def safe_address(text: str) -> str:
    """An address on this console to go on to; the overview for anything that a browser might read as another host.

    A path of one slash, of visible ASCII characters without backslash, and not the sign-in itself.
    """
    is_path = text.startswith("/") and not text.startswith("//") and "\\" not in text
    is_plain = len(text) <= _MOST and text.isascii() and text.isprintable() and " " not in text
    return text if is_path and is_plain and not text.startswith(("/sign-", "/api/")) else HOME


def form_address(given: Request, most: int) -> str:
    """Where to go on after signing in, for a form that was sent without a session: the page that it was on.

    The form of a request is filled in again with what was written, as far as an address holds it.

    Args:
        given: the request, which one of our own pages began.
        most: bytes that are read of a sender whom nobody knows.
    """
    if given.path == REQUEST_FORM and 0 < (given.content_length or 0) <= most:
        written = {name: value for name, value in given.form.items() if name != FORM_TOKEN and value}
        filled = safe_address(f"{given.path}?{urlencode(written)}")
        return REQUEST_FORM if filled == HOME else filled
    page = urlsplit(given.headers.get("Referer", ""))
    return safe_address(f"{page.path}?{page.query}" if page.query else page.path) if page.netloc == given.host else HOME
