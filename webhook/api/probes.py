"""Probes: one small HTTP port for /healthz, /readyz and /metrics of a process that serves nothing else.

Plain HTTP, as kubelets and Prometheus ask it; nothing secret is here, and nothing can be changed. A few requests are
answered at once and a slow client is not waited for, so that nobody can keep the process busy.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from webhook.api.options import parse_listen
from webhook.errors import ConfigError

log = logging.getLogger("bomgate.server")
_AT_ONCE = 16
_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Page:
    """An answer.

    Attributes:
        status: HTTP status.
        body: its bytes.
        content_type: of the body.
    """

    status: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"


class ProbeServer:
    """Answers GET for a few paths, on threads of its own.

    Args:
        listen: host and port; port 0 takes a free one.
        pages: what each path answers; anything else is not found.

    Raises:
        ConfigError: it cannot listen there.
    """

    def __init__(self, listen: str, pages: Mapping[str, Callable[[], Page]]) -> None:
        host, port = parse_listen(listen)
        try:
            self._server = _server((host, port), dict(pages))
        except OSError as problem:
            raise ConfigError(
                f"controller.listen: cannot listen on {listen}: {problem.strerror or problem}.",
                remedy="Choose another address.",
            ) from problem
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.2,), name="bomgate-probes", daemon=True
        )

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()
        log.info("listening", extra={"url": f"http://{self._server.server_address[0]!s}:{self.port}"})

    def close(self) -> None:
        """Answer nothing more."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()


def _server(address: tuple[str, int], pages: Mapping[str, Callable[[], Page]]) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _SECONDS
        server_version, sys_version = "bomgate", ""

        def do_GET(self) -> None:
            make = pages.get(self.path.partition("?")[0])
            page = Page(404, f"here are only {', '.join(sorted(pages))}\n".encode()) if make is None else _made(make)
            self.send_response(page.status)
            self.send_header("Content-Type", page.content_type)
            self.send_header("Content-Length", str(len(page.body)))
            self.send_header("Connection", "close")  # a thread for each kept connection would soon be all there are
            self.end_headers()
            self.wfile.write(page.body)
            self.close_connection = True

        def log_message(self, *_: Any, **__: Any) -> None:
            """Log no requests."""

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        daemon_threads = True
        request_queue_size = 32
        places = threading.BoundedSemaphore(_AT_ONCE)

        def process_request(self, request: Any, client_address: Any) -> None:
            if self.places.acquire(blocking=False):
                super().process_request(request, client_address)
            else:
                self.shutdown_request(request)

        def process_request_thread(self, request: Any, client_address: Any) -> None:
            try:
                super().process_request_thread(request, client_address)
            finally:
                self.places.release()

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that goes away is worth no traceback."""
            log.debug("a probe was not answered to its end", exc_info=True)

    return Server(address, Handler)


def _made(make: Callable[[], Page]) -> Page:
    try:
        return make()
    except Exception:  # the outermost handler of this face
        log.exception("a probe failed")
        return Page(500, b"see the log\n")
