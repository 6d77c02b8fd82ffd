"""Access: members and their tokens, the bodies that they send, and work that would hold the others up."""

from __future__ import annotations

import datetime as dt
import gzip
import zlib
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, g, request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, ServiceUnavailable, Unauthorized

from webhook.api.connections import Connection, Step
from webhook.hub.face import HubFace
from webhook.model.changes import Position
from webhook.model.fleet import MemberSeen

PREFIX = "/fleet/v1"
TIME_HEADER = "Bomgate-Time"
"""With which a member says what time it is there, in RFC 3339."""
VERSION_HEADER = "Bomgate-Version"
MOST_BODY = 32 * 1024 * 1024
"""Bytes of a request's body, as it comes and unpacked."""
_LONGEST_WORK = 60.0
_Result = TypeVar("_Result")


def guard(app: Flask, face: HubFace) -> None:
    """Let only members ask at the routes below ``/fleet/v1``; ``member()`` gives the name of the caller."""

    @app.before_request
    def authenticate() -> None:
        if not request.path.startswith("/fleet/"):
            return
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        name = face.members.find(token.strip()) if kind.lower() == "bearer" and token else None
        if name is None:
            face.metrics.count("bomgate_fleet_refused_total")
            raise Unauthorized("No member of this hub has this token.")
        g.member, g.token = name, token.strip()
        connection = _connection()
        if connection is not None:
            face.connections.answered(connection)


def member() -> str:
    """The name of the member that calls."""
    return str(g.member)


def refuse_removed(face: HubFace) -> None:
    """Refuse a member whose token was taken back while it waited.

    Raises:
        Unauthorized: it was.
    """
    if face.members.find(g.token) != g.member:
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


def read_body(most: int = MOST_BODY) -> bytes:
    """The body of the request, unpacked where it is gzip; within the time that the server grants bodies.

    Args:
        most: bytes, as it comes and unpacked.

    Raises:
        RequestEntityTooLarge: it is larger.
        BadRequest: it cannot be unpacked.
    """
    request.max_content_length = most
    connection = _connection()
    if connection is not None:
        connection.enter(Step.BODY)
    try:
        body = request.get_data(cache=False)
    finally:
        if connection is not None:
            connection.enter(Step.ANSWER)
    if request.headers.get("Content-Encoding", "identity").lower() != "gzip":
        return body
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(body, most + 1)
    except zlib.error as problem:
        raise BadRequest("The body is no gzip.") from problem
    if len(plain) > most:
        raise RequestEntityTooLarge
    if not unpacker.eof:
        raise BadRequest("The body was cut off.")
    return plain


def packed(body: bytes, content_type: str = "application/json") -> Response:
    """An answer, compressed where the member takes that."""
    response = Response(body, mimetype=content_type)
    if "gzip" in request.headers.get("Accept-Encoding", "") and len(body) > 256:
        response.set_data(gzip.compress(body, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


def _connection() -> Connection | None:
    """The connection that the request came on; there is none where another server calls."""
    sock: Any = request.environ.get("gunicorn.socket")
    found: Connection | None = getattr(sock, "connection", None)
    return found
