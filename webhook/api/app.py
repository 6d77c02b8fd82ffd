"""The webhook's Flask application: ``POST /validate[/deny]`` and ``/mutate``, ``GET /healthz`` and ``/readyz``."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from webhook.api.accounting import account
from webhook.api.reviews import MAX_REVIEW_BYTES, RejectedReview, decode_review, encode_response
from webhook.api.shortcut import AdmissionShortcut, WsgiApp
from webhook.engines.admission.mutating import PodPinner
from webhook.engines.admission.reviewing import AdmissionReviewer
from webhook.errors import InvalidInput
from webhook.model.deadlines import Deadline
from webhook.model.durations import parse_duration
from webhook.model.policies import Mode, Policy
from webhook.model.reviews import AdmissionRequest, AdmissionResponse, Target
from webhook.ports import Clock
from webhook.telemetry import Metrics

log = logging.getLogger("bomgate.api")

DEFAULT_TIMEOUT = 10.0
"""Seconds; what the API server grants when a registration states no timeout."""
_LONGEST_TIMEOUT = 3600.0
DEADLINE_MARGIN = 0.5
"""Seconds kept back for the way to the API server."""
PATHS: Mapping[str, Mode | None] = {"/validate": None, "/validate/deny": Mode.DENY}
"""Where reviews come in. For namespaces with the label ``bomgate.dev/enforce: deny`` the API server asks at a path of
their own, so that the mode is known even when the labels cannot be read."""


@dataclass(frozen=True, slots=True)
class AdmissionFace:
    """What the application needs.

    Attributes:
        reviewer: answers requests.
        policy: for the configured kinds.
        metrics: of this process.
        clock: time.
        unready: why the webhook cannot decide yet; None when it can.
        pinner: answers /mutate; None lets everything through unchanged.
    """

    reviewer: AdmissionReviewer
    policy: Policy
    metrics: Metrics
    clock: Clock
    unready: Callable[[], str | None]
    pinner: PodPinner | None = None


def create_app(face: AdmissionFace) -> Flask:
    """Make the application."""
    app = Flask("webhook.api", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_REVIEW_BYTES

    def validate() -> Response:
        answer = answer_review(face, request.get_data(cache=False), request.args.get("timeout"), PATHS[request.path])
        return Response(answer, mimetype="application/json")

    for path in PATHS:
        app.post(path)(validate)

    @app.post("/mutate")
    def mutate() -> Response:
        return Response(
            answer_mutation(face, request.get_data(cache=False), request.args.get("timeout")),
            mimetype="application/json",
        )

    @app.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @app.get("/readyz")
    def readyz() -> Response:
        reason = face.unready()
        return Response(
            "ok\n" if reason is None else f"{reason}\n", status=200 if reason is None else 503, mimetype="text/plain"
        )

    @app.errorhandler(InvalidInput)
    def bad_input(problem: InvalidInput) -> tuple[dict[str, str], int]:
        log.warning("review refused", extra={"error": problem.message, "code": problem.code})
        return problem.as_dict(), 400

    @app.errorhandler(HTTPException)
    def http_problem(problem: HTTPException) -> tuple[dict[str, str], int]:
        return {
            "code": problem.name.lower().replace(" ", "-"),
            "message": str(problem.description),
            "remedy": "",
        }, problem.code or 500

    flask: WsgiApp = app.wsgi_app
    shortcut = AdmissionShortcut(flask, PATHS, partial(answer_review, face), MAX_REVIEW_BYTES)
    app.wsgi_app = shortcut  # type: ignore[method-assign]  # Flask's documented way to put a middleware in front
    return app


def answer_review(face: AdmissionFace, body: bytes, timeout: str | None, mode: Mode | None) -> bytes:
    """Answer the bytes of an AdmissionReview with the bytes of another.

    Args:
        face: what decides.
        body: as received.
        timeout: the ``timeout`` of the query, such as ``5s``, as the API server sends it.
        mode: of the namespace, where the path tells.

    Raises:
        InvalidInput: there is no uid that could be answered.
    """
    began = time.perf_counter()
    deadline = _deadline(face, timeout)
    try:
        asked = decode_review(body, face.policy.extra_kinds, mode)
    except RejectedReview as problem:
        log.warning("object not understood", extra={"uid": problem.target.uid, "error": problem.message})
        return encode_response(_undecided(face, problem.target, problem.message, deadline))
    answer = _answer(face, asked, deadline)
    account(face.metrics, asked, answer, time.perf_counter() - began)
    return encode_response(answer)


def _answer(face: AdmissionFace, asked: AdmissionRequest, deadline: Deadline) -> AdmissionResponse:
    unready = face.unready()
    if unready is not None:
        return _undecided(face, asked.target, unready, deadline)
    try:
        return face.reviewer.review(asked, deadline)
    except Exception:  # the outermost handler: whatever it is, the API server gets a decision
        error_id = secrets.token_hex(4)
        log.exception("review failed", extra={"error_id": error_id, "uid": asked.uid})
        why = f"internal error {error_id}; the webhook's log has the details under this id"
        return _undecided(face, asked.target, why, deadline)


def _undecided(face: AdmissionFace, target: Target, why: str, deadline: Deadline) -> AdmissionResponse:
    face.metrics.count("bomgate_admission_errors_total")
    return face.reviewer.undecided(target, why, deadline)


def answer_mutation(face: AdmissionFace, body: bytes, timeout: str | None) -> bytes:
    """Answer a request of /mutate: always with yes, and with a patch when there is something to pin.

    Args:
        face: what decides.
        body: as received.
        timeout: the ``timeout`` of the query.

    Raises:
        InvalidInput: there is no uid that could be answered.
    """
    try:
        asked = decode_review(body)
    except RejectedReview as problem:
        log.warning("object not understood", extra={"uid": problem.target.uid, "error": problem.message})
        answer = AdmissionResponse(problem.target.uid, allowed=True, reason="error")
    else:
        answer = AdmissionResponse(asked.uid, allowed=True, reason="unresolved")
        try:
            if face.pinner is not None and face.unready() is None:
                answer = face.pinner.mutate(asked, _deadline(face, timeout))
        except Exception:  # whatever it is, the Pod passes as it is; /validate has the last word
            log.exception("mutation failed", extra={"uid": asked.uid})
            answer = AdmissionResponse(asked.uid, allowed=True, reason="error")
    face.metrics.count("bomgate_mutations_total", answer.reason)
    return encode_response(answer)


def _deadline(face: AdmissionFace, timeout: str | None) -> Deadline:
    return Deadline(face.clock.monotonic() + max(0.1, parse_timeout(timeout) - DEADLINE_MARGIN))


def parse_timeout(text: str | None) -> float:
    """Seconds in a Go duration as the API server sends it (``5s``, ``500ms``, ``1m30s``); else the default."""
    try:
        seconds = parse_duration(text or "")
    except InvalidInput:
        return DEFAULT_TIMEOUT
    return seconds if 0 < seconds <= _LONGEST_TIMEOUT else DEFAULT_TIMEOUT
