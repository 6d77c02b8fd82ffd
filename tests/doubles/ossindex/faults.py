"""What can go wrong with one request; a list of these is played in order, one for each request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    """One request's fate.

    Attributes:
        kind: ``none`` (answer as usual), ``status``, ``slow``, ``drip``, ``cut``, ``truncated`` or ``body``.
        status: for ``status`` and ``body``.
        headers: added to the answer.
        body: for ``status`` and ``body``; None lets ``status`` make the usual error object.
        seconds: how long ``slow`` waits before it answers, and ``drip`` between two bytes.
    """

    kind: str = "none"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    seconds: float = 0.0


NONE = Fault()
"""No fault: to let a request pass between two faults."""
CUT = Fault("cut")
"""The connection ends in the middle of the body."""
TRUNCATED = Fault("truncated")
"""The body is complete for HTTP and ends in the middle of the JSON."""
EMPTY = Fault("body", body=b"")


def status(code: int, *, retry_after: str | None = None, body: bytes | None = None) -> Fault:
    """An error status, such as 429 or 503."""
    return Fault("status", code, {} if retry_after is None else {"Retry-After": retry_after}, body)


def html(code: int = 200) -> Fault:
    """A web page where JSON should be."""
    page = b"<!doctype html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"
    return Fault("body", code, {"Content-Type": "text/html"}, page)


def raw(body: bytes, code: int = 200) -> Fault:
    """Exactly this body."""
    return Fault("body", code, {"Content-Type": "application/json"}, body)


def oversize(size: int) -> Fault:
    """Valid JSON of ``size`` bytes."""
    return raw(b'["' + b"x" * (size - 4) + b'"]')


def slow(seconds: float) -> Fault:
    """The usual answer, late."""
    return Fault("slow", seconds=seconds)


def drip(seconds: float) -> Fault:
    """The usual answer, one byte at a time."""
    return Fault("drip", seconds=seconds)


def redirect(location: str, code: int = 307) -> Fault:
    """Elsewhere."""
    return Fault("body", code, {"Location": location}, b"")
