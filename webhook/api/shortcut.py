"""A shortcut past Flask for the one request that matters.

Routing, contexts and request objects of a web framework cost several times as much as a warm decision. A plain
``POST /validate`` (or ``/validate/deny``) with a stated length, which is what the API server sends, is answered here;
everything else, and whatever is odd about such a request, goes the ordinary way through Flask, whose routes do the
same.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from webhook.errors import InvalidInput
from webhook.model.policies import Mode

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_JSON = ("Content-Type", "application/json")


class AdmissionShortcut:
    """WSGI middleware that answers the API server's reviews itself.

    Args:
        app: the Flask application, for everything else.
        paths: those that are answered here, and the mode that each tells.
        answer: bytes of a review, the ``timeout`` of the query and the mode → bytes of the answer.
        max_bytes: a longer body is left to Flask, which refuses it.
    """

    def __init__(
        self,
        app: WsgiApp,
        paths: Mapping[str, Mode | None],
        answer: Callable[[bytes, str | None, Mode | None], bytes],
        max_bytes: int,
    ) -> None:
        self._app, self._paths, self._answer, self._max_bytes = app, paths, answer, max_bytes

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        length = environ.get("CONTENT_LENGTH") or ""
        if not (
            environ["PATH_INFO"] in self._paths
            and environ["REQUEST_METHOD"] == "POST"
            and length.isascii()
            and length.isdigit()
            and int(length) <= self._max_bytes
        ):
            return self._app(environ, start_response)
        body = environ["wsgi.input"].read(int(length))
        try:
            mode = self._paths[environ["PATH_INFO"]]
            answer = self._answer(body, _timeout(environ.get("QUERY_STRING") or ""), mode)
        except InvalidInput:
            environ["wsgi.input"] = io.BytesIO(body)
            return self._app(environ, start_response)
        start_response("200 OK", [_JSON, ("Content-Length", str(len(answer)))])
        return (answer,)


def _timeout(query: str) -> str | None:
    """The ``timeout`` of a query string; its forms need no decoding."""
    for part in query.split("&"):
        if part.startswith("timeout="):
            return part[8:]
    return None
