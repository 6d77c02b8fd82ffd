"""``POST /fleet/v1/inventory``: what members tell of what runs there."""

from __future__ import annotations

import msgspec
from flask import Flask, Response
from werkzeug.exceptions import Conflict

from webhook.hub.access import PREFIX, answer_with, compressed, in_background, member, read_body, takes_gzip
from webhook.hub.face import HubFace


def add_inventory(app: Flask, face: HubFace) -> None:
    """Add the route."""

    @app.post(f"{PREFIX}/inventory")
    def inventory() -> Response:
        """Take a report; 409 where it does not lead on from the last one, so that the member begins again."""
        sent, name = read_body(face), member()
        receipt = in_background(face, lambda: face.inventories.take(name, sent.unpacked()))
        if receipt is None:
            raise Conflict("This does not follow the last report. Start a new session.")
        face.metrics.count("bomgate_fleet_inventories_total")
        face.metrics.count("bomgate_fleet_left_out_total", by=receipt.left_out)
        return answer_with(*compressed(msgspec.json.encode(receipt), takes_gzip()))
