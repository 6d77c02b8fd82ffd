"""Reviews come in here, before Flask.

Routing, contexts and request objects of a web framework cost several times as much as a warm decision, and it reads a
body whole, however many there are. Every ``POST`` to a path of reviews is read and answered here; all else, such as
probes and wrong methods, is Flask's.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from gunicorn.http.errors import ParseException

from webhook.api.bodies import BodyReader
from webhook.api.connections import Connection, Connections, Step
from webhook.api.reviews import MAX_REVIEW_BYTES, PREFIX_BYTES
from webhook.errors import InvalidInput
from webhook.model.deadlines import Deadline

log = logging.getLogger("bomgate.api")
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Answerer(Protocol):
    """What answers the reviews of a path."""

    def answer(self, body: bytes | bytearray, deadline: Deadline) -> bytes:
        """Answer a review.

        Raises:
            InvalidInput: there is no uid that could be answered.
        """

    def answer_unread(self, prefix: bytes, why: str, deadline: Deadline) -> bytes:
        """Answer a review of which only the first bytes were read.

        Raises:
            InvalidInput: they do not tell the uid.
        """


@dataclass(frozen=True, slots=True)
class Intake:
    """How requests are taken in.

    Attributes:
        bodies: reads bodies.
        connections: those that are open.
        monotonic: seconds on a clock that never steps.
        seconds: that a request with this ``timeout`` in its query gets.
    """

    bodies: BodyReader
    connections: Connections
    monotonic: Callable[[], float]
    seconds: Callable[[str | None], float]


class AdmissionShortcut:
    """WSGI middleware that answers reviews itself.

    Args:
        app: the Flask application, for everything else.
        paths: who answers at each path.
        intake: how requests are taken in.
    """

    def __init__(self, app: WsgiApp, paths: Mapping[str, Answerer], intake: Intake) -> None:
        self._app, self._paths, self._intake = app, paths, intake
        self._seconds = lru_cache(maxsize=64)(lambda query: intake.seconds(_timeout(query)))

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        answerer = self._paths.get(environ["PATH_INFO"])
        if answerer is None or environ["REQUEST_METHOD"] != "POST":
            return self._app(environ, start_response)
        # There is none where another server calls.
        connection: Connection = getattr(environ.get("gunicorn.socket"), "connection", None) or _unwatched()
        deadline = Deadline(self._intake.monotonic() + self._seconds(environ.get("QUERY_STRING") or ""))
        try:
            return self._answer(answerer, environ, start_response, connection, deadline)
        except InvalidInput as problem:
            log.warning("review refused", extra={"error": problem.message, "code": problem.code})
            body = _respond(start_response, "400 Bad Request", json.dumps(problem.as_dict()).encode())
            return self._then_discard(body, environ["wsgi.input"], connection)
        except ParseException as problem:  # of a chunked body; where the next request begins is not known
            detail = {"code": "bad-request", "message": f"The body cannot be read: {problem}", "remedy": ""}
            return _respond(start_response, "400 Bad Request", json.dumps(detail).encode())
        finally:
            self._intake.bodies.done(connection)
            if connection.step is not Step.BODY:
                connection.enter(Step.IDLE)

    def _answer(
        self,
        answerer: Answerer,
        environ: dict[str, Any],
        start_response: Callable[..., Any],
        connection: Connection,
        deadline: Deadline,
    ) -> Iterable[bytes]:
        intake, source, stated = self._intake, environ["wsgi.input"], environ.get("CONTENT_LENGTH") or ""
        body: bytes | bytearray | None
        if not stated:
            body = intake.bodies.read_chunked(source, connection, MAX_REVIEW_BYTES, deadline)
        elif not (stated.isascii() and stated.isdigit()):
            raise InvalidInput(f"The Content-Length {stated[:40]!r} is not a number")
        elif int(stated) <= MAX_REVIEW_BYTES:
            body = intake.bodies.read(source, connection, int(stated), deadline)
        else:
            body = None
        if body is None:
            return self._answer_unread(answerer, environ, start_response, connection, deadline)
        answer = answerer.answer(body, deadline)
        intake.connections.answered(connection)
        return _respond(start_response, "200 OK", answer)

    def _answer_unread(
        self,
        answerer: Answerer,
        environ: dict[str, Any],
        start_response: Callable[..., Any],
        connection: Connection,
        deadline: Deadline,
    ) -> Iterable[bytes]:
        """Answer from the beginning of the body, and let the rest come and go.

        The rest is read, and kept nowhere, only after the answer: a client that still sends would meet a closed
        connection, and its API server an error in place of the decision.
        """
        source, stated = environ["wsgi.input"], environ.get("CONTENT_LENGTH") or ""
        too_long = bool(stated) and int(stated) > MAX_REVIEW_BYTES
        why = (
            f"the review of {stated} bytes is larger than {MAX_REVIEW_BYTES}"
            if too_long
            else f"there was no room to read the review of {stated or 'unknown'} bytes in its time"
        )
        connection.enter(Step.BODY)
        answer = answerer.answer_unread(source.read(PREFIX_BYTES), why, deadline)
        return self._then_discard(_respond(start_response, "200 OK", answer), source, connection)

    def _then_discard(self, answer: Iterable[bytes], source: Any, connection: Connection) -> Iterator[bytes]:
        connection.enter(Step.BODY)
        yield from answer
        self._intake.bodies.discard(source, connection)
        connection.enter(Step.IDLE)


def _unwatched() -> Connection:
    return Connection(None, lambda: 0.0)


def _respond(start_response: Callable[..., Any], status: str, body: bytes) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return (body,)


def _timeout(query: str) -> str | None:
    """The ``timeout`` of a query string; its forms need no decoding."""
    for part in query.split("&"):
        if part.startswith("timeout="):
            return part[8:]
    return None
