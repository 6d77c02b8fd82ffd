"""``POST /fleet/v1/component-report``: what members ask about components, as they would ask OSS Index."""

from __future__ import annotations

from flask import Flask, Response

from webhook.hub.access import PREFIX, answer_with, compressed, in_background, member, read_body, takes_gzip
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
        sent, name, takes = read_body(face, _MOST_BODY), member(), takes_gzip()

        def answer() -> tuple[FleetReply, str, tuple[bytes, str]]:
            body = sent.unpacked()
            reply = face.answers.answer(name, body)
            made = encode_reports(reply.reports)
            return reply, sign_reply(KIND, body, made, face.sign), compressed(made, takes)

        reply, signature, content = in_background(face, answer)
        face.metrics.count("bomgate_fleet_reports_total", "answered", by=len(reply.reports))
        face.metrics.count("bomgate_fleet_reports_total", "queued", by=reply.queued)
        face.metrics.count("bomgate_fleet_reports_total", "refused", by=reply.refused)
        response = answer_with(*content)
        response.headers[SIGNATURE_HEADER] = signature
        response.headers["Bomgate-Queued"] = str(reply.queued)
        response.headers["Bomgate-Refused"] = str(reply.refused)
        return response
