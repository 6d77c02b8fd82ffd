"""Reviews come in here, before Flask, and mostly before WSGI.

Routing, contexts and request objects of a web framework cost several times as much as a warm decision, and it reads a
body whole, however many there are. Every ``POST`` to a path of reviews is read and answered here; all else, such as
probes and wrong methods, is Flask's. The server comes by :meth:`AdmissionShortcut.reply`; where a request has something
unusual, it comes by WSGI, to the same end.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from gunicorn.http.errors import ParseException

from webhook.api.bodies import BodyReader
from webhook.api.connections import Connection, Connections, Step
from webhook.api.prefixes import PREFIX_BYTES
from webhook.api.reviews import MAX_REVIEW_BYTES
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


class Reply(NamedTuple):
    """The answer to a request.

    Attributes:
        status: of HTTP, with its reason.
        body: JSON.
        is_unread: whether a part of the request may still be on its way; it is to be discarded.
    """

    status: str
    body: bytes
    is_unread: bool = False


class AdmissionShortcut:
    """Answers reviews; as WSGI middleware it hands all else on.

    Args:
        app: the Flask application, for everything else.
        answerers: who answers at each path.
        intake: how requests are taken in.

    Attributes:
        answerers: see above.
    """

    def __init__(self, app: WsgiApp, answerers: Mapping[str, Answerer], intake: Intake) -> None:
        self._app, self.answerers, self._intake = app, answerers, intake
        self._seconds = lru_cache(maxsize=64)(lambda query: intake.seconds(_timeout(query)))

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        answerer = self.answerers.get(environ["PATH_INFO"])
        if answerer is None or environ["REQUEST_METHOD"] != "POST":
            return self._app(environ, start_response)
        # There is none where another server calls.
        connection: Connection = getattr(environ.get("gunicorn.socket"), "connection", None) or _unwatched()
        query, stated = environ.get("QUERY_STRING") or "", environ.get("CONTENT_LENGTH") or ""
        reply = self.reply(answerer, query, environ["wsgi.input"], stated, connection)
        size = str(len(reply.body))
        start_response(reply.status, [("Content-Type", "application/json"), ("Content-Length", size)])
        return self._then_discard(reply, environ["wsgi.input"], connection) if reply.is_unread else (reply.body,)

    def reply(self, answerer: Answerer, query: str, source: Any, stated: str, connection: Connection) -> Reply:
        """Read a request and answer it.

        Args:
            answerer: who answers at its path.
            query: of the path.
            source: gives the body; only ``read`` is asked of it.
            stated: the length of the body as its head has it; empty when it comes in chunks.
            connection: it comes on.

        Raises:
            OSError: the peer went away.
        """
        deadline = Deadline(self._intake.monotonic() + self._seconds(query))
        try:
            return self._answer(answerer, source, stated, connection, deadline)
        except InvalidInput as problem:
            log.warning("review refused", extra={"error": problem.message, "code": problem.code})
            return Reply("400 Bad Request", json.dumps(problem.as_dict()).encode(), is_unread=True)
        except ParseException as problem:  # of a chunked body; where the next request begins is not known
            detail = {"code": "bad-request", "message": f"The body cannot be read: {problem}", "remedy": ""}
            return Reply("400 Bad Request", json.dumps(detail).encode())
        finally:
            self._intake.bodies.done(connection)
            if connection.step is not Step.BODY:
                connection.enter(Step.IDLE)

    def discard(self, source: Any, connection: Connection) -> None:
        """Read what is left of a request, and keep it nowhere.

        That is done only after the answer: a client that still sends would meet a closed connection, and its API server
        an error in place of the decision.
        """
        connection.enter(Step.BODY)
        self._intake.bodies.discard(source, connection)
        connection.enter(Step.IDLE)

    def _answer(
        self, answerer: Answerer, source: Any, stated: str, connection: Connection, deadline: Deadline
    ) -> Reply:
        intake = self._intake
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
            return self._answer_unread(answerer, source, stated, connection, deadline)
        answer = answerer.answer(body, deadline)
        intake.connections.answered(connection)
        return Reply("200 OK", answer)

    def _answer_unread(
        self, answerer: Answerer, source: Any, stated: str, connection: Connection, deadline: Deadline
    ) -> Reply:
        """Answer from the beginning of the body, and let the rest come and go."""
        too_long = bool(stated) and int(stated) > MAX_REVIEW_BYTES
        why = (
            f"the review of {stated} bytes is larger than {MAX_REVIEW_BYTES}"
            if too_long
            else f"there was no room to read the review of {stated or 'unknown'} bytes in its time"
        )
        connection.enter(Step.BODY)
        answer = answerer.answer_unread(source.read(PREFIX_BYTES), why, deadline)
        return Reply("200 OK", answer, is_unread=True)

    def _then_discard(self, reply: Reply, source: Any, connection: Connection) -> Iterator[bytes]:
        connection.enter(Step.BODY)
        yield reply.body
        self.discard(source, connection)


def _unwatched() -> Connection:
    return Connection(None, lambda: 0.0)


def _timeout(query: str) -> str | None:
    """The ``timeout`` of a query string; its forms need no decoding."""
    for part in query.split("&"):
        if part.startswith("timeout="):
            return part[8:]
    return None
