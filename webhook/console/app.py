"""The console's Flask application: guards, sign-in, errors, pages and API together."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Flask, Request, Response, g, render_template, request
from werkzeug.exceptions import HTTPException

from webhook.console.answers import json_answer
from webhook.console.api import add_api
from webhook.console.clusterdeciding import add_cluster_decisions
from webhook.console.face import ConsoleFace
from webhook.console.guards import (
    SAFE,
    RowNumber,
    StrictJson,
    allowed_hosts,
    compressed,
    form_address,
    harden,
    has_nul,
    has_token,
    is_for_us,
    is_from_us,
    own_address,
    safe_address,
)
from webhook.console.lists.base import ListView
from webhook.console.lists.every import every_list
from webhook.console.pages import add_pages
from webhook.console.problems import NotAllowed, NotSignedIn, problem_of
from webhook.console.requesting import add_requests
from webhook.console.running import add_running
from webhook.console.sessions import Session
from webhook.console.showing import add_filters
from webhook.console.signing import OPEN as SIGNING_IN
from webhook.console.signing import SignIn, add_sign_in, bearer
from webhook.console.typeediting import add_type_editing
from webhook.errors import InvalidInput
from webhook.telemetry.metrics import exposition

log = logging.getLogger("bomgate.console")
OPEN = (*SIGNING_IN, "/healthz", "/metrics", "/static/style.css", "/static/icon.svg", "/favicon.ico")
"""Paths for which nobody has to have signed in."""
_MOST_BODY = 4 * 1024 * 1024
_MOST_OPEN_BODY = 64 * 1024
"""Of a request by which somebody signs in; anybody can send one."""


def create_console(face: ConsoleFace, sign_in: SignIn) -> Flask:
    """Make the application.

    Args:
        face: what it shows.
        sign_in: who may look.
    """
    app = _made()
    hosts = allowed_hosts(sign_in.host, sign_in.port, sign_in.url)
    lists = every_list(face)
    app.before_request(partial(_guard, sign_in, hosts))
    app.after_request(partial(_finish, face))
    app.register_error_handler(Exception, partial(_failed, face))
    app.context_processor(partial(_common, face, sign_in, lists))
    add_filters(app, face)
    add_sign_in(app, sign_in)
    add_pages(app, face, lists, sign_in.gate)
    if face.cluster_decider is not None:
        add_cluster_decisions(app, face, sign_in.gate)
    add_api(app, face, lists, sign_in.gate)
    add_requests(app, face, sign_in.gate)
    add_running(app, face, lists["runs"], sign_in.gate)
    add_type_editing(app, face, lists["types"], sign_in.gate)
    if sign_in.is_watched:
        _add_probes(app, face)
    return app


def _made() -> Flask:
    app = Flask("webhook.console", static_folder="static", template_folder="templates")
    app.config["MAX_CONTENT_LENGTH"] = _MOST_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = _MOST_BODY
    app.config["MAX_FORM_PARTS"] = 20_000
    app.json = StrictJson(app)
    app.url_map.converters["int"] = RowNumber
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.get("/favicon.ico")  # asked for by browsers that show JSON, CSV or an error of another program
    def icon() -> Response:
        return app.send_static_file("icon.svg")

    return app


def _guard(sign_in: SignIn, hosts: frozenset[str]) -> Response | None:
    """Refuse a request that is not for this console, or whose sender may not send it.

    Raises:
        NotAllowed: another host is meant, or a page elsewhere began the request.
        NotSignedIn: nobody has signed in.
    """
    g.began = time.perf_counter()
    if not is_for_us(request, hosts):
        raise NotAllowed(
            "This console does not serve that host name.", remedy="Use the address that it was started with."
        )
    g.session = bearer(sign_in, request)
    if g.session is not None:
        _check(request)
        return None
    g.session = sign_in.sessions.find(request.cookies.get(sign_in.cookie, ""))
    if request.method not in SAFE and not is_from_us(request, hosts):
        raise NotAllowed("The request did not come from a page of this console.", remedy="Open the page itself.")
    if request.path in OPEN:
        request.max_content_length = _MOST_OPEN_BODY
        return None
    if g.session is None:
        if _comes_from_elsewhere(request):
            return Response(render_template("passing.html", target=own_address(request), name="bomgate"))
        raise NotSignedIn("You are not signed in.")
    if request.method not in SAFE and not has_token(request, g.session):
        raise NotAllowed("The form has no valid token.", remedy="Load the page again, and send the form from there.")
    _check(request)
    return None


def _finish(face: ConsoleFace, response: Response) -> Response:
    if (began := g.get("began")) is not None:
        kind = "api" if request.path.startswith("/api/") else "page"
        face.metrics.observe("bomgate_console_request_duration_seconds", time.perf_counter() - began, kind)
        face.metrics.count("bomgate_console_requests_total", kind, f"{response.status_code // 100}xx")
    return harden(compressed(request, response))


def _common(face: ConsoleFace, sign_in: SignIn, lists: Mapping[str, ListView[Any]]) -> dict[str, object]:
    """What every template may use."""
    session: Session | None = g.get("session")
    return {
        "who": None if session is None else session.who,
        "form_token": "" if session is None else session.form_token,
        "navigation": [(f"/{listed.name}", listed.title) for listed in lists.values()],
        "stale_since": face.stale_since(),
        "version": face.version,
        "here": request.path,
        "ways": sign_in.ways,
    }


def _add_probes(app: Flask, face: ConsoleFace) -> None:
    @app.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @app.get("/metrics")
    def metrics() -> Response:
        body, kind = exposition(face.metrics.registry)
        return Response(body, content_type=kind)


def _check(given: Request) -> None:
    if has_nul(given):
        raise InvalidInput("The request holds the character NUL.", remedy="Take it out; no name has it.")


def _comes_from_elsewhere(given: Request) -> bool:
    """Whether a link on another site led here: a strict cookie comes only with a request from a page of ours."""
    return given.method == "GET" and given.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")


def _failed(face: ConsoleFace, problem: Exception) -> tuple[Response, int]:
    is_api = request.path.startswith("/api/")
    if isinstance(problem, HTTPException) and problem.code is not None and problem.code < 400:
        return problem.get_response(), problem.code  # type: ignore[return-value]  # a redirect of Flask's own
    error_id = ""
    status, code, message, remedy = problem_of(problem)
    if status == 500:
        error_id = secrets.token_hex(4)
        log.exception("request failed", extra={"error_id": error_id, "path": request.path[:200]}, exc_info=problem)
        face.metrics.count("bomgate_unexpected_errors_total", "console")
        message = f"Something unexpected went wrong; the log has the details under {error_id}."
    if is_api:
        response = json_answer({"code": code, "message": message, "remedy": remedy})
        return response, status
    return Response(_problem_page(problem, message, remedy, status)), status


def _problem_page(problem: Exception, message: str, remedy: str, status: int) -> str:
    if not isinstance(problem, NotSignedIn):
        return render_template("error.html", message=message, remedy=remedy, status=status)
    back = safe_address(own_address(request)) if request.method == "GET" else form_address(request, _MOST_OPEN_BODY)
    return render_template("sign_in.html", message=message, remedy=remedy, sent=False, back=back)
