"""``GET /fleet/v1/sets`` and ``/fleet/v1/sets/DIGEST``: advisories, KEV and EPSS for members."""

from __future__ import annotations

from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest, NotFound

from webhook.hub.access import PREFIX, in_background
from webhook.hub.face import HubFace
from webhook.policy.fleetreplies import SIGNATURE_HEADER, sign_reply
from webhook.policy.fleetsets import encode_offers

KIND = "sets"
_LONGEST_NONCE = 64


def add_sets(app: Flask, face: HubFace) -> None:
    """Add the routes."""

    @app.get(f"{PREFIX}/sets")
    def sets() -> Response:
        """The list, signed together with the random digits of the question, so that no older list takes its place."""
        nonce = request.args.get("nonce", "")
        if not nonce or len(nonce) > _LONGEST_NONCE:
            raise BadRequest("nonce has to be random digits.")
        made = in_background(face, lambda: encode_offers(face.sets.listed()))
        response = Response(made, mimetype="application/json")
        response.headers[SIGNATURE_HEADER] = sign_reply(KIND, nonce.encode(), made, face.sign)
        return response

    @app.get(f"{PREFIX}/sets/<digest>")
    def body(digest: str) -> Response:
        """A body, or the part of it that ``Range`` asks for."""
        found = in_background(face, lambda: face.sets.body(digest))
        if found is None:
            raise NotFound("This hub no longer has this set. Fetch the list.")
        response = Response(found, mimetype="application/octet-stream")
        response.set_etag(digest)
        response.make_conditional(request, accept_ranges=True, complete_length=len(found))
        return response
