"""Another admission webhook of the cluster: HTTPS on loopback, which answers reviews as a test says."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.certificates import Pair

Patch = list[dict[str, Any]]


@dataclass
class OtherWebhook:
    """What it answers.

    Attributes:
        port: of loopback.
        patch: the JSON patch for the path that was asked and a request; none by default.
        denies: likewise, why a request is denied; None lets it in.
        seen: paths and requests, oldest first.
    """

    port: int
    patch: Callable[[str, dict[str, Any]], Patch] = lambda *_: []
    denies: Callable[[str, dict[str, Any]], str | None] = lambda *_: None
    seen: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def answer(self, path: str, request: dict[str, Any]) -> dict[str, Any]:
        """The response to one request."""
        self.seen.append((path, request))
        why = self.denies(path, request)
        response: dict[str, Any] = {"uid": request["uid"], "allowed": why is None}
        if why is not None:
            response["status"] = {"message": why}
        patch = self.patch(path, request)
        if patch:
            response |= {"patchType": "JSONPatch", "patch": base64.b64encode(json.dumps(patch).encode()).decode()}
        return response


@contextmanager
def other_webhook(pair: Pair, folder: Path) -> Iterator[OtherWebhook]:
    """Run one with this certificate."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            version = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}
            content = json.dumps(
                {**version, "response": one.answer(self.path.partition("?")[0], review["request"])}
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    one = OtherWebhook(server.server_address[1])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair.write(folder))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield one
    finally:
        server.shutdown()
        server.server_close()
