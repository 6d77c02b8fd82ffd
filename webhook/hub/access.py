"""Access: members and their tokens, the bodies that they send, and work that would hold the others up."""

from __future__ import annotations

import datetime as dt
import gzip
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, Response, g, request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, ServiceUnavailable, TooManyRequests, Unauthorized

from webhook.api.connections import Connection
from webhook.engines.fleet.members import hash_token
from webhook.errors import InvalidInput
from webhook.hub.face import HubFace
from webhook.model.changes import Position
from webhook.model.deadlines import Deadline
from webhook.model.fleet import Addressee, MemberSeen

PREFIX = "/fleet/v1"
TIME_HEADER = "Bomgate-Time"
"""With which a member says what time it is there, in RFC 3339."""
VERSION_HEADER = "Bomgate-Version"
MOST_BODY = 32 * 1024 * 1024
"""Bytes of a request's body, as it comes and unpacked."""
MOST_AT_ONCE = 16
"""Requests of one member that are open; a member has about ten where its controller and a download run."""
_LONGEST_WORK = 60.0
_LONGEST_WAIT = 30.0
"""Seconds that a body waits for room."""
_Result = TypeVar("_Result")


def guard(app: Flask, face: HubFace) -> None:
    """Let only members ask at the routes below ``/fleet/v1``; ``member()`` gives the name of the caller.

    A member that keeps many requests open gets no more, so that it takes neither connections nor memory from others.
    """
    open_requests: Counter[str] = Counter()

    @app.before_request
    def authenticate() -> None:
        if not request.path.startswith("/fleet/"):
            return
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        token_hash = hash_token(token.strip())
        name = face.members.find(token_hash) if kind.lower() == "bearer" and token else None
        if name is None:
            face.metrics.count("bomgate_fleet_refused_total")
            raise Unauthorized("No member of this hub has this token.")
        if open_requests[name] >= MOST_AT_ONCE:
            raise TooManyRequests(f"This member has {MOST_AT_ONCE} requests open already.", retry_after=5)
        g.caller = Addressee(name, token_hash)
        open_requests[name] += 1
        connection = _connection()
        if connection is not None:
            face.connections.answered(connection)

    @app.teardown_request
    def end(_: BaseException | None) -> None:
        connection = _connection()
        if connection is not None:
            face.bodies.done(connection)
        if "caller" in g:
            name = member()
            open_requests[name] -= 1
            if not open_requests[name]:
                del open_requests[name]


def member() -> str:
    """The name of the member that calls."""
    return addressee().name


def addressee() -> Addressee:
    """The member that calls, as a document names it."""
    caller: Addressee = g.caller
    return caller


def refuse_removed(face: HubFace, caller: Addressee) -> None:
    """Refuse a member whose token was taken back while it waited.

    Raises:
        Unauthorized: it was.
    """
    if face.members.find(caller.token_hash) != caller.name:
        raise Unauthorized("No member of this hub has this token.")


def note_member(face: HubFace, applied: Position) -> None:
    """Take note of the member, what it has applied, and what time it is there."""
    now = face.clock.now()
    try:
        there = dt.datetime.fromisoformat(request.headers.get(TIME_HEADER, ""))
        skew = (there - now).total_seconds() if there.tzinfo is not None else 0.0
    except ValueError:
        skew = 0.0
    face.members.saw(MemberSeen(member(), now, applied, skew, request.headers.get(VERSION_HEADER, "")))


def in_background(face: HubFace, work: Callable[[], _Result]) -> _Result:
    """Do work on a native thread, and wait for it in a greenlet, so that the others go on.

    Raises:
        ServiceUnavailable: it did not come to its end in time.
    """
    task = face.background.start(work, host="", tenant=member())
    if not face.background.wait(task, _LONGEST_WORK):
        raise ServiceUnavailable("The hub is too busy.", retry_after=10)
    result: _Result = task.result()
    return result


@dataclass(frozen=True, slots=True)
class SentBody:
    """The body of a request, as it came.

    Attributes:
        raw: bytes, within the bound.
        is_packed: whether they are gzip.
        most: bytes that it may have when it is unpacked.
    """

    raw: bytes | bytearray
    is_packed: bool
    most: int

    def unpacked(self) -> bytes:
        """What was sent; for the background, because it takes its time.

        Raises:
            RequestEntityTooLarge: it is larger than it may be.
            BadRequest: it cannot be unpacked.
        """
        if not self.is_packed:
            return bytes(self.raw)
        unpacker = zlib.decompressobj(wbits=31)
        try:
            plain = unpacker.decompress(self.raw, self.most + 1)
        except zlib.error as problem:
            raise BadRequest("The body is not gzip.") from problem
        if len(plain) > self.most:
            raise RequestEntityTooLarge
        if not unpacker.eof:
            raise BadRequest("The body was cut off.")
        return plain


def read_body(face: HubFace, most: int = MOST_BODY) -> SentBody:
    """Read the body of the request, within the time and the room that the server grants bodies.

    Args:
        face: has the room.
        most: bytes, as it comes and unpacked.

    Raises:
        RequestEntityTooLarge: it is larger.
        ServiceUnavailable: there is no room for it.
        ConnectionResetError: the member went away.
    """
    is_packed = request.headers.get("Content-Encoding", "identity").lower() == "gzip"
    connection, length = _connection(), request.content_length
    if length is not None and length > most:
        raise RequestEntityTooLarge
    if connection is None:  # another server than the hub's calls, and bounds bodies itself
        request.max_content_length = most
        return SentBody(request.get_data(cache=False), is_packed, most)
    source, deadline = request.environ["wsgi.input"], Deadline(face.clock.monotonic() + _LONGEST_WAIT)
    raw: bytes | bytearray | None
    if length is None:
        try:
            raw = face.bodies.read_chunked(source, connection, most, deadline)
        except InvalidInput as problem:
            raise RequestEntityTooLarge from problem
    else:
        raw = face.bodies.read(source, connection, length, deadline)
    if raw is None:
        raise ServiceUnavailable("The hub has no room for this body now.", retry_after=10)
    return SentBody(raw, is_packed, most)


def takes_gzip() -> bool:
    """Whether the member takes compressed answers."""
    return "gzip" in request.headers.get("Accept-Encoding", "")


def compressed(body: bytes, takes: bool) -> tuple[bytes, str]:
    """An answer's body and its encoding; for the background, where it may be large.

    Args:
        body: of the answer.
        takes: whether the member takes compressed answers.
    """
    if takes and len(body) > 256:
        return gzip.compress(body, mtime=0), "gzip"
    return body, "identity"


def answer_with(body: bytes, encoding: str, content_type: str = "application/json") -> Response:
    """An answer of :func:`compressed`."""
    response = Response(body, mimetype=content_type)
    if encoding != "identity":
        response.headers["Content-Encoding"] = encoding
    return response


def _connection() -> Connection | None:
    """The connection that the request came on; there is none where another server calls."""
    sock: Any = request.environ.get("gunicorn.socket")
    found: Connection | None = getattr(sock, "connection", None)
    return found
