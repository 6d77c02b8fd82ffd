"""A server for what no real registry shows: it answers as told, and keeps what it was asked."""

from __future__ import annotations

import http.server
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.registries.layouts import Layout

Handler = Callable[["Asked"], "Answer"]


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    """An answer, and how it lies.

    Attributes:
        cut: bytes of the body after which the connection ends.
        drip: seconds before each byte of the body.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    drip: float = 0.0


class LyingServer:
    """An HTTP server on a free port of loopback.

    Attributes:
        answers: (path) → answers, used up in order; the last one stays. A function is called for each request.
        asked: all requests so far.
        connections: how many there were.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, list[Answer | Handler]] = {}
        self.asked: list[Asked] = []
        self.connections = 0
        self._lock = threading.Lock()

        outer = self

        class RequestHandler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *arguments) -> None:
                """Nothing."""

        for method in ("GET", "HEAD", "POST", "PUT"):
            setattr(RequestHandler, f"do_{method}", lambda handler: self._answer(handler))

        class Server(http.server.ThreadingHTTPServer):
            def process_request(self, request, client_address) -> None:
                outer.connections += 1
                super().process_request(request, client_address)

            def handle_error(self, request, client_address) -> None:
                """Nothing: a client that had enough is what some tests are about."""

        self._server = Server(("127.0.0.1", 0), RequestHandler)
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"{'https' if tls else 'http'}://{self.host}"
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)

    def __enter__(self) -> LyingServer:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *problem) -> None:
        self._server.shutdown()
        self._server.server_close()

    def on(self, path: str, *answers: Answer | Handler) -> None:
        self.answers[path] = list(answers)

    def hold(self, layout: Layout, repository: str) -> None:
        """Serve what a layout holds as a registry would; tests then replace single answers by lies."""
        base = f"/v2/{repository}"
        for digest, data in layout.blobs.items():
            if digest in layout.manifests:
                headers = {"Content-Type": layout.manifests[digest], "Docker-Content-Digest": digest}
                tags = [tag for tag, target in layout.tags.items() if target == digest]
                for reference in [digest, *tags]:
                    self.on(f"{base}/manifests/{reference}", Answer(body=data, headers=headers))
            else:
                self.on(f"{base}/blobs/{digest}", Answer(body=data))

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def _answer(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        length = int(handler.headers.get("Content-Length") or 0)
        asked = Asked(handler.command, parts.path, parts.query, dict(handler.headers), handler.rfile.read(length))
        with self._lock:
            self.asked.append(asked)
            answers = self.answers.get(parts.path, [Answer(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')])
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        self._send(handler, asked, answer(asked) if callable(answer) else answer)

    @staticmethod
    def _send(handler: http.server.BaseHTTPRequestHandler, asked: Asked, answer: Answer) -> None:
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        if "Transfer-Encoding" not in answer.headers and "Content-Length" not in answer.headers:
            handler.send_header("Content-Length", str(len(answer.body)))
        handler.end_headers()
        if asked.method == "HEAD":
            return
        try:
            body = answer.body if answer.cut is None else answer.body[: answer.cut]
            for part in [body] if not answer.drip else [body[i : i + 1] for i in range(len(body))]:
                time.sleep(answer.drip)
                handler.wfile.write(part)
        except OSError:
            return  # the client had enough
        if answer.cut is not None:
            handler.close_connection = True
