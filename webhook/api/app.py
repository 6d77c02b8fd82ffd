"""The webhook's Flask application: ``POST /validate[/deny]`` and ``/mutate``, ``GET /healthz`` and ``/readyz``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from webhook.api.answerers import AdmissionFace, Mutation, Validation
from webhook.api.bodies import BodyBudget, BodyReader
from webhook.api.connections import Connections, TimeLimits
from webhook.api.decoding import ReviewDecoder
from webhook.api.options import ServeOptions
from webhook.api.shortcut import AdmissionShortcut, Intake, WsgiApp
from webhook.errors import InvalidInput
from webhook.model.durations import parse_duration
from webhook.model.policies import Mode

DEFAULT_TIMEOUT = 10.0
"""Seconds; what the API server grants when a registration states no timeout."""
LONGEST_TIMEOUT = 30.0
"""Seconds; the most that a registration can grant."""
_LONGEST_READ = 3600.0
DEADLINE_MARGIN = 0.5
"""Seconds kept back for the way to the API server."""
PATHS: Mapping[str, Mode | None] = {"/validate": None, "/validate/deny": Mode.DENY}
"""Where reviews come in. For namespaces with the label ``bomgate.dev/enforce: deny`` the API server asks at a path of
their own, so that the mode is known even when the labels cannot be read."""


@dataclass(frozen=True, slots=True)
class AdmissionApp:
    """The application and what it works with.

    Attributes:
        flask: answers requests, by way of WSGI.
        connections: those that are open, for the server to keep within bounds.
        decoder: reads large reviews; to be closed at the end. None where there are no reviews.
        shortcut: answers reviews without WSGI; None where there is no such way.
    """

    flask: Flask
    connections: Connections
    decoder: ReviewDecoder | None = None
    shortcut: AdmissionShortcut | None = None


def create_app(face: AdmissionFace, options: ServeOptions | None = None) -> AdmissionApp:
    """Make the application.

    Args:
        face: what decides.
        options: bounds of connections and bodies; the defaults when left out.
    """
    options = options or ServeOptions()
    app = Flask("webhook.api", static_folder=None)
    clock, metrics = face.clock, face.metrics

    @app.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @app.get("/readyz")
    def readyz() -> Response:
        reason = face.unready() or face.starting()
        return Response(
            "ok\n" if reason is None else f"{reason}\n", status=200 if reason is None else 503, mimetype="text/plain"
        )

    @app.errorhandler(HTTPException)
    def http_problem(problem: HTTPException) -> tuple[dict[str, str], int]:
        return {
            "code": problem.name.lower().replace(" ", "-"),
            "message": str(problem.description),
            "remedy": "",
        }, problem.code or 500

    def only_post() -> Response:
        raise MethodNotAllowed(valid_methods=["POST"])

    for path in (*PATHS, "/mutate"):
        app.add_url_rule(path, path, only_post, methods=["GET", "PUT", "PATCH", "DELETE"])

    limits = TimeLimits(
        options.handshake_seconds, options.head_seconds, options.body_seconds, options.keepalive_seconds
    )
    connections = Connections(
        options.connections, limits, clock.monotonic, lambda why: metrics.count("bomgate_connections_closed_total", why)
    )
    decoder = ReviewDecoder(face.policy.extra_kinds, clock.monotonic)
    budget = BodyBudget(options.body_budget_mib * 1024 * 1024, clock.monotonic)
    intake = Intake(BodyReader(budget), connections, clock.monotonic, _seconds)
    answerers = {path: Validation(face, decoder, mode) for path, mode in PATHS.items()}
    flask: WsgiApp = app.wsgi_app
    shortcut = AdmissionShortcut(flask, {**answerers, "/mutate": Mutation(face, decoder)}, intake)
    app.wsgi_app = shortcut  # type: ignore[method-assign]  # Flask's documented way to put a middleware in front
    return AdmissionApp(app, connections, decoder, shortcut)


def _seconds(timeout: str | None) -> float:
    return max(0.1, min(parse_timeout(timeout), LONGEST_TIMEOUT) - DEADLINE_MARGIN)


def parse_timeout(text: str | None) -> float:
    """Seconds in a Go duration as the API server sends it (``5s``, ``500ms``, ``1m30s``); else the default."""
    try:
        seconds = parse_duration(text or "")
    except InvalidInput:
        return DEFAULT_TIMEOUT
    return seconds if 0 < seconds <= _LONGEST_READ else DEFAULT_TIMEOUT
