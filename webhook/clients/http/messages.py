"""Messages: a request, and the complete answer to it."""

from __future__ import annotations

import base64
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from webhook import __version__
from webhook.clients.http.destination import Destination


@dataclass(frozen=True, slots=True)
class Request:
    """A request.

    Attributes:
        destination: on whose behalf it is made; its rules hold for redirects, too.
        method: GET, HEAD, POST and so on.
        url: whole address.
        limit: bytes of the largest body that is read, after decompression.
        headers: beside ``User-Agent``, ``Accept-Encoding`` and ``Authorization``.
        authorization: value of that header, for the host of ``url`` alone; empty sends none.
        body: what is sent; it may be secret.
        compressed: whether the answer may be compressed.
        what: what it asks for, for people; empty where the server says enough.
        begin: takes the body of an answer with status 200 in place of the answer: called when such a body begins, also
            when the request is sent once more, it gives what each piece is handed to. None keeps bodies in memory.
    """

    destination: Destination
    method: str
    url: str
    limit: int
    headers: Mapping[str, str] = field(default_factory=dict)
    authorization: str = field(default="", repr=False)
    body: bytes | None = field(default=None, repr=False)
    compressed: bool = False
    what: str = ""
    begin: Callable[[], Callable[[bytes], object]] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer.

    Attributes:
        status: such as 200.
        headers: without regard to case.
        body: decompressed where the request allows compression, else as it came.
        url: where it came from, after redirects.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


def basic(username: str, password: str) -> str:
    """The ``Authorization`` header of a user (RFC 7617, in UTF-8)."""
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode('ascii')}"


def user_agent() -> str:
    """What every request says of its sender, such as ``bomgate/1.0.0 (Python 3.11; Linux)``."""
    major, minor, _ = platform.python_version_tuple()
    return f"bomgate/{__version__} (Python {major}.{minor}; {platform.system() or 'unknown'})"
