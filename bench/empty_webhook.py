"""An empty Flask webhook on the product's own server: it parses the review, echoes the uid, and judges nothing.

``python -m bench.empty_webhook PORT CERT KEY METRICS_FOLDER``
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import msgspec
from flask import Flask, Response, request

from webhook.api.app import AdmissionApp
from webhook.api.connections import Connections, TimeLimits
from webhook.api.decoding import ReviewDecoder
from webhook.api.options import ServeOptions
from webhook.api.server import AdmissionServer, WorkerParts
from webhook.api.starting import StartBoard
from webhook.api.tls import CertificateFiles


def create_app() -> Flask:
    """The application."""
    app = Flask("empty")

    @app.post("/validate")
    def validate() -> Response:
        review = msgspec.json.decode(request.get_data(cache=False))
        answer = {"uid": review["request"]["uid"], "allowed": True}
        body = msgspec.json.encode({"apiVersion": review["apiVersion"], "kind": "AdmissionReview", "response": answer})
        return Response(body, mimetype="application/json")

    @app.get("/readyz")
    def readyz() -> Response:
        return Response("ok\n")

    return app


def main(port: str, cert: str, key: str, metrics: str) -> None:
    """Serve until stopped."""
    options = ServeOptions(listen=f"127.0.0.1:{port}", metrics_listen="", tls_cert=Path(cert), tls_key=Path(key))

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
