"""``GET /fleet/v1/changes`` and ``/fleet/v1/snapshot``: what the hub tells its members."""

from __future__ import annotations

from functools import partial

from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest, Gone

from webhook.engines.fleet.publishing import Published
from webhook.hub.access import PREFIX, addressee, in_background, note_member, refuse_removed
from webhook.hub.face import HubFace
from webhook.model.changes import Position
from webhook.model.fleet import Addressee

CONTENT_TYPE = "application/vnd.bomgate.fleet"
LONGEST_WAIT = 25.0
"""Seconds that a request waits for news; less than proxies on the way wait for an answer."""
_MOST_DIGITS = 18
"""Of a revision; such a number fits into the database."""


def add_changes(app: Flask, face: HubFace) -> None:
    """Add the routes."""

    @app.get(f"{PREFIX}/changes")
    def changes() -> Response:
        """Changes after a position; waits for them. 204: none in time; 410: take the snapshot."""
        since, who = _position(), addressee()
        note_member(face, since)
        # All who wait look again at each change, and are answered one after the other: what they do then costs little.
        is_removed = partial(_is_removed, face, who)
        face.waiters.wait(lambda: face.publisher.has_news(since) or is_removed(), _seconds())
        refuse_removed(face, who)
        if face.publisher.position == since or face.waiters.stopped:
            return Response(status=204)
        made = face.publisher.ready(since, who) or in_background(face, lambda: face.publisher.changes(since, who))
        if made is None:
            raise Gone("This hub does not know this position, or no longer does. Fetch the snapshot.")
        return _answer(made)

    @app.get(f"{PREFIX}/snapshot")
    def snapshot() -> Response:
        """Everything."""
        who = addressee()
        return _answer(in_background(face, lambda: face.publisher.snapshot(who)))


def _is_removed(face: HubFace, who: Addressee) -> bool:
    return face.members.find(who.token_hash) is None


def _answer(made: Published) -> Response:
    response = Response(made.body, mimetype=CONTENT_TYPE)
    response.set_etag(made.etag)
    if "If-None-Match" in request.headers:
        response.make_conditional(request)
    return response


def _position() -> Position:
    """The position that the query names.

    Raises:
        BadRequest: it names none.
    """
    given = request.args
    after, store, mark = (given.get(name, "") for name in ("after", "store", "mark"))
    is_revision = after.isascii() and after.isdigit() and len(after) <= _MOST_DIGITS
    if not is_revision or not all(
        text.isascii() and text.isalnum() and len(text) <= 64 for text in (store, mark) if text
    ):
        raise BadRequest("after has to be a revision; store and mark belong to it.")
    return Position(store, int(after), mark)


def _seconds() -> float:
    text = request.args.get("wait", "")
    return min(float(text), LONGEST_WAIT) if text.isascii() and text.isdigit() else LONGEST_WAIT
