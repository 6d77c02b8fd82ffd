"""An empty Flask webhook on the product's own server: it parses the review, echoes the uid, and judges nothing.

``python -m bench.empty_webhook PORT CERT KEY METRICS_FOLDER``
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
from flask import Flask, Response, request

from webhook.api.options import ServeOptions
from webhook.api.server import AdmissionServer, WorkerParts
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

    def build() -> WorkerParts:
        files = CertificateFiles(Path(cert), Path(key), lambda: 0.0)
        return WorkerParts(create_app(), files, lambda: None, lambda: None)

    AdmissionServer(options, build, Path(metrics)).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
