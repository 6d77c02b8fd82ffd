"""A webhook that allows everything and keeps what the API server asked it."""

from __future__ import annotations

import json
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.certificates import Authority


@dataclass
class Recorder:
    """A webhook that allows everything and keeps what it was asked: entry, operation and kind or subresource."""

    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def take(self, path: str, request: dict[str, Any]) -> None:
        what = request.get("subResource") or request["kind"]["kind"]
        self.asked.append((path.partition("?")[0].strip("/"), request["operation"], what))


class Recording:
    """Answers over TLS on a free port of loopback for the time of the ``with`` block."""

    def __init__(self, recorder: Recorder, authority: Authority, folder: Path) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]
                recorder.take(self.path, request)
                response = {"uid": request["uid"], "allowed": True}
                review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}
                body = json.dumps(review).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.issue().write(folder))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> int:
        self._thread.start()
        return int(self._server.server_address[1])

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)
