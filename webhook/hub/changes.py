"""``GET /fleet/v1/changes`` and ``/fleet/v1/snapshot``: what the hub tells its members."""

from __future__ import annotations

from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest, Gone

from webhook.engines.fleet.publishing import Published
from webhook.hub.access import PREFIX, in_background, note_member, refuse_removed
from webhook.hub.face import HubFace
from webhook.model.changes import Position

CONTENT_TYPE = "application/vnd.bomgate.fleet"
LONGEST_WAIT = 25.0
"""Seconds that a request waits for news; less than proxies on the way wait for an answer."""
_MOST_REVISION = 2**62


def add_changes(app: Flask, face: HubFace) -> None:
    """Add the routes."""

    @app.get(f"{PREFIX}/changes")
    def changes() -> Response:
        """Changes after a position; waits for them. 204: none in time; 410: take the snapshot."""
        since = _position()
        note_member(face, since)
        face.waiters.wait(lambda: face.publisher.has_news(since) or not _is_member(face), _seconds())
        refuse_removed(face)
        if face.publisher.position == since or face.waiters.stopped:
            return Response(status=204)
        made = face.publisher.ready(since) or in_background(face, lambda: face.publisher.changes(since))
        if made is None:
            raise Gone("This hub knows no such position, or not any more. Take the snapshot.")
        return _answer(made)

    @app.get(f"{PREFIX}/snapshot")
    def snapshot() -> Response:
        """Everything."""
        return _answer(in_background(face, face.publisher.snapshot))


def _is_member(face: HubFace) -> bool:
    return face.members.find(request.headers.get("Authorization", "").partition(" ")[2].strip()) is not None


def _answer(made: Published) -> Response:
    response = Response(made.body, mimetype=CONTENT_TYPE)
    response.set_etag(made.etag)
    response.make_conditional(request)
    return response


def _position() -> Position:
    """The position that the query names.

    Raises:
        BadRequest: it names none.
    """
    after, store, mark = (request.args.get(name, "") for name in ("after", "store", "mark"))
    if (
        not (after.isascii() and after.isdigit() and int(after[:20]) < _MOST_REVISION)
        or max(len(store), len(mark)) > 64
    ):
        raise BadRequest("after has to be a revision; store and mark belong to it.")
    return Position(store, int(after), mark)


def _seconds() -> float:
    text = request.args.get("wait", "")
    return min(float(text), LONGEST_WAIT) if text.isascii() and text.isdigit() else LONGEST_WAIT
