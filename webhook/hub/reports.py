"""``POST /fleet/v1/component-report``: what members ask about components, as they would ask OSS Index."""

from __future__ import annotations

from flask import Flask, Response

from webhook.hub.access import PREFIX, in_background, member, packed, read_body
from webhook.hub.face import HubFace
from webhook.model.fleetreports import FleetReply
from webhook.policy.fleetreplies import SIGNATURE_HEADER, encode_reports, sign_reply

KIND = "component-report"
_MOST_BODY = 1024 * 1024


def add_reports(app: Flask, face: HubFace) -> None:
    """Add the route."""

    @app.post(f"{PREFIX}/{KIND}")
    def component_report() -> Response:
        """Reports of what the hub knows; what it does not know is left out, and asked for soon."""
        body, name = read_body(_MOST_BODY), member()

        def answer() -> tuple[FleetReply, bytes]:
            reply = face.answers.answer(name, body)
            return reply, encode_reports(reply.reports)

        reply, made = in_background(face, answer)
        face.metrics.count("bomgate_fleet_reports_total", "answered", by=len(reply.reports))
        face.metrics.count("bomgate_fleet_reports_total", "queued", by=reply.queued)
        face.metrics.count("bomgate_fleet_reports_total", "refused", by=reply.refused)
        response = packed(made)
        response.headers[SIGNATURE_HEADER] = sign_reply(KIND, body, made, face.sign)
        response.headers["Bomgate-Queued"] = str(reply.queued)
        response.headers["Bomgate-Refused"] = str(reply.refused)
        return response
