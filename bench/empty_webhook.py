"""Webhooks that judge nothing, on the product's own server: they parse the review and echo the uid.

``python -m bench.empty_webhook flask|bare PORT CERT KEY METRICS_FOLDER``: with Flask, as most webhooks in Python are
written, or as a bare WSGI function, which is the limit of this design.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
from flask import Flask, Response, request

from webhook.api.app import AdmissionApp
from webhook.api.connections import Connections, TimeLimits
from webhook.api.decoding import ReviewDecoder
from webhook.api.options import ServeOptions
from webhook.api.server import AdmissionServer, WorkerParts
from webhook.api.starting import StartBoard
from webhook.api.tls import CertificateFiles


def flask_app() -> Flask:
    """The application with Flask."""
    app = Flask("empty")

    @app.post("/validate")
    def validate() -> Response:
        return Response(_answer(request.get_data(cache=False)), mimetype="application/json")

    @app.get("/readyz")
    def readyz() -> Response:
        return Response("ok\n")

    return app


def bare_app() -> Flask:
    """The application without Flask: only its holder is one."""
    app = Flask("bare")

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "GET":
            start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
            return (b"ok\n",)
        body = _answer(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return (body,)

    app.wsgi_app = answer  # as Flask's middlewares are put in
    return app


def _answer(body: bytes) -> bytes:
    review = msgspec.json.decode(body)
    answer = {"uid": review["request"]["uid"], "allowed": True}
    return msgspec.json.encode({"apiVersion": review["apiVersion"], "kind": "AdmissionReview", "response": answer})


def main(kind: str, port: str, cert: str, key: str, metrics: str) -> None:
    """Serve until stopped."""
    options = ServeOptions(listen=f"127.0.0.1:{port}", metrics_listen="", tls_cert=Path(cert), tls_key=Path(key))
    create_app = {"flask": flask_app, "bare": bare_app}[kind]

    def build(_options: ServeOptions, _board: StartBoard) -> WorkerParts:
        files = CertificateFiles(Path(cert), Path(key), lambda: 0.0)
        limits = TimeLimits(handshake=5, head=5, body=10, idle=120)
        connections = Connections(options.connections, limits, time.monotonic, lambda _: None)
        return WorkerParts(
            app=AdmissionApp(create_app(), connections, ReviewDecoder((), time.monotonic)),
            certificates=files,
            start=lambda: None,
            stop=lambda: None,
            loaded=lambda: True,
            load_failed=lambda: False,
        )

    AdmissionServer(options, build, Path(metrics)).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
