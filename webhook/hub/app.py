"""The hub's Flask application."""

from __future__ import annotations

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from webhook.api.app import AdmissionApp
from webhook.errors import BomgateError, InvalidInput
from webhook.hub.access import guard
from webhook.hub.changes import add_changes
from webhook.hub.face import HubFace
from webhook.hub.inventory import add_inventory
from webhook.hub.reports import add_reports
from webhook.hub.requests import add_requests
from webhook.hub.sets import add_sets


def create_hub(face: HubFace) -> AdmissionApp:
    """Make the application.

    Args:
        face: what answers.
    """
    app = Flask("webhook.hub", static_folder=None)

    @app.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @app.get("/readyz")
    def readyz() -> Response:
        reason = face.unready()
        return Response(
            "ok\n" if reason is None else f"{reason}\n", 200 if reason is None else 503, mimetype="text/plain"
        )

    @app.errorhandler(HTTPException)
    def http_problem(problem: HTTPException) -> tuple[dict[str, str], int]:
        code = problem.name.lower().replace(" ", "-")
        return {"code": code, "message": str(problem.description), "remedy": ""}, problem.code or 500

    @app.errorhandler(BomgateError)
    def known_problem(problem: BomgateError) -> tuple[dict[str, str], int]:
        return problem.as_dict(), 400 if isinstance(problem, InvalidInput) else 503

    guard(app, face)
    add_changes(app, face)
    add_reports(app, face)
    add_inventory(app, face)
    add_requests(app, face)
    add_sets(app, face)
    return AdmissionApp(app, face.connections)
