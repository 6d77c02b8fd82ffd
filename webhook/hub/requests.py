"""``POST /fleet/v1/requests``: requests for exceptions of members, and what people of the hub have answered."""

from __future__ import annotations

import msgspec
from flask import Flask, Response

from webhook.hub.access import PREFIX, answer_with, compressed, in_background, member, read_body, takes_gzip
from webhook.hub.face import HubFace


def add_requests(app: Flask, face: HubFace) -> None:
    """Add the route."""

    @app.post(f"{PREFIX}/requests")
    def requests() -> Response:
        """Take what waits at a member, and say what was answered."""
        sent, name = read_body(face), member()
        receipt = in_background(face, lambda: face.requests.take(name, sent.unpacked()))
        face.metrics.count("bomgate_fleet_left_out_total", by=receipt.left_out)
        return answer_with(*compressed(msgspec.json.encode(receipt), takes_gzip()))
