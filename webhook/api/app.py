"""The webhook's Flask application: ``POST /validate[/deny]`` and ``/mutate``, ``GET /healthz`` and ``/readyz``."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from webhook.api.accounting import account
from webhook.api.bodies import BodyBudget, BodyReader
from webhook.api.connections import Connections, TimeLimits
from webhook.api.decoding import ReviewDecoder, UndecodedReview
from webhook.api.options import ServeOptions
from webhook.api.reviews import PREFIX_BYTES, RejectedReview, encode_response, read_target
from webhook.api.shortcut import AdmissionShortcut, Intake, WsgiApp
from webhook.engines.admission.mutating import PodPinner
from webhook.engines.admission.reviewing import AdmissionReviewer
from webhook.errors import InvalidInput
from webhook.model.deadlines import Deadline
from webhook.model.durations import parse_duration
from webhook.model.policies import Mode, Policy
from webhook.model.reviews import AdmissionRequest, AdmissionResponse, Target
from webhook.ports import Clock
from webhook.telemetry.metrics import Metrics

log = logging.getLogger("bomgate.api")

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
class AdmissionFace:
    """What the application needs.

    Attributes:
        reviewer: answers requests.
        policy: for the configured kinds.
        metrics: of this process.
        clock: time.
        unready: why the webhook cannot decide yet; None when it can.
        pinner: answers /mutate; None lets everything through unchanged.
        starting: why the whole server is not ready yet; None when it is.
        wait_ready: waits at most so many seconds until ``unready`` gives no reason any more.
    """

    reviewer: AdmissionReviewer
    policy: Policy
    metrics: Metrics
    clock: Clock
    unready: Callable[[], str | None]
    pinner: PodPinner | None = None
    starting: Callable[[], str | None] = lambda: None
    wait_ready: Callable[[float], object] = lambda _: None


@dataclass(frozen=True, slots=True)
class AdmissionApp:
    """The application and what it works with.

    Attributes:
        flask: answers requests.
        connections: those that are open, for the server to keep within bounds.
        decoder: reads reviews; to be closed at the end.
    """

    flask: Flask
    connections: Connections
    decoder: ReviewDecoder


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
    intake = Intake(BodyReader(budget), connections, lambda timeout: _deadline(face, timeout))
    answerers = {path: Validation(face, decoder, mode) for path, mode in PATHS.items()}
    flask: WsgiApp = app.wsgi_app
    shortcut = AdmissionShortcut(flask, {**answerers, "/mutate": Mutation(face, decoder)}, intake)
    app.wsgi_app = shortcut  # type: ignore[method-assign]  # Flask's documented way to put a middleware in front
    return AdmissionApp(app, connections, decoder)


@dataclass(frozen=True, slots=True)
class Validation:
    """Answers the reviews of a path of /validate.

    Attributes:
        face: what decides.
        decoder: reads reviews.
        mode: of the namespace, where the path tells.
    """

    face: AdmissionFace
    decoder: ReviewDecoder
    mode: Mode | None

    def answer(self, body: bytes | bytearray, deadline: Deadline) -> bytes:
        """Answer a review.

        Raises:
            InvalidInput: there is no uid that could be answered.
        """
        began = time.perf_counter()
        try:
            asked = self.decoder.decode(body, self.mode, deadline)
        except RejectedReview as problem:
            log.warning("object not understood", extra={"uid": problem.target.uid, "error": problem.message})
            return encode_response(_undecided(self.face, problem.target, problem.message, deadline))
        except UndecodedReview as problem:
            return self.answer_unread(bytes(body[:PREFIX_BYTES]), problem.message, deadline)
        answer = _answer(self.face, asked, deadline)
        account(self.face.metrics, asked, answer, time.perf_counter() - began)
        return encode_response(answer)

    def answer_unread(self, prefix: bytes, why: str, deadline: Deadline) -> bytes:
        """Answer a review of which only the first bytes were read, as what could not be decided.

        Raises:
            InvalidInput: they do not tell the uid.
        """
        target = _unread_target(self.face, prefix, self.mode, why)
        return encode_response(_undecided(self.face, target, why, deadline))


@dataclass(frozen=True, slots=True)
class Mutation:
    """Answers the reviews of /mutate: always with yes, and with a patch when there is something to pin.

    Attributes:
        face: what decides.
        decoder: reads reviews.
    """

    face: AdmissionFace
    decoder: ReviewDecoder

    def answer(self, body: bytes | bytearray, deadline: Deadline) -> bytes:
        """Answer a review.

        Raises:
            InvalidInput: there is no uid that could be answered.
        """
        face = self.face
        try:
            asked = self.decoder.decode(body, None, deadline)
        except RejectedReview as problem:
            log.warning("object not understood", extra={"uid": problem.target.uid, "error": problem.message})
            return self._unchanged(problem.target.uid)
        except UndecodedReview as problem:
            return self.answer_unread(bytes(body[:PREFIX_BYTES]), problem.message, deadline)
        answer = AdmissionResponse(asked.uid, allowed=True, reason="unresolved")
        try:
            if face.pinner is not None and face.unready() is None:
                answer = face.pinner.mutate(asked, deadline)
        except Exception:  # whatever it is, the Pod passes as it is; /validate has the last word
            log.exception("mutation failed", extra={"uid": asked.uid})
            return self._unchanged(asked.uid)
        face.metrics.count("bomgate_mutations_total", answer.reason)
        return encode_response(answer)

    def answer_unread(self, prefix: bytes, why: str, deadline: Deadline) -> bytes:
        """Let what could not be read pass unchanged; /validate has the last word.

        Raises:
            InvalidInput: the first bytes do not tell the uid.
        """
        return self._unchanged(_unread_target(self.face, prefix, None, why).uid)

    def _unchanged(self, uid: str) -> bytes:
        self.face.metrics.count("bomgate_mutations_total", "error")
        return encode_response(AdmissionResponse(uid, allowed=True, reason="error"))


def _answer(face: AdmissionFace, asked: AdmissionRequest, deadline: Deadline) -> AdmissionResponse:
    if face.unready() is not None:
        face.wait_ready(deadline.remaining(face.clock.monotonic()))
    unready = face.unready()
    if unready is not None:
        return _undecided(face, asked.target, unready, deadline)
    try:
        answer = face.reviewer.review(asked, deadline)
    except Exception:  # the outermost handler: whatever it is, the API server gets a decision
        error_id = secrets.token_hex(4)
        log.exception("review failed", extra={"error_id": error_id, "uid": asked.uid})
        why = f"internal error {error_id}; the webhook's log has the details under this id"
        return _undecided(face, asked.target, why, deadline)
    if asked.odd:
        log.warning("object not understood", extra={"uid": asked.uid, "error": asked.odd})
        if answer.reason == "error":
            face.metrics.count("bomgate_admission_errors_total")
    return answer


def _undecided(face: AdmissionFace, target: Target, why: str, deadline: Deadline) -> AdmissionResponse:
    face.metrics.count("bomgate_admission_errors_total")
    return face.reviewer.undecided(target, why, deadline)


def _unread_target(face: AdmissionFace, prefix: bytes, mode: Mode | None, why: str) -> Target:
    target = read_target(prefix, mode)
    if target is None:
        raise InvalidInput(f"The AdmissionReview tells no uid in its first bytes, and {why}")
    face.metrics.count("bomgate_reviews_unread_total")
    extra = {"uid": target.uid, "object": f"{target.kind} in {target.namespace}", "error": why}
    log.error("review not read; answered by policy.onError and policy.missingSbom", extra=extra)
    return target


def _deadline(face: AdmissionFace, timeout: str | None) -> Deadline:
    seconds = min(parse_timeout(timeout), LONGEST_TIMEOUT) - DEADLINE_MARGIN
    return Deadline(face.clock.monotonic() + max(0.1, seconds))


@lru_cache(maxsize=64)
def parse_timeout(text: str | None) -> float:
    """Seconds in a Go duration as the API server sends it (``5s``, ``500ms``, ``1m30s``); else the default."""
    try:
        seconds = parse_duration(text or "")
    except InvalidInput:
        return DEFAULT_TIMEOUT
    return seconds if 0 < seconds <= _LONGEST_READ else DEFAULT_TIMEOUT
