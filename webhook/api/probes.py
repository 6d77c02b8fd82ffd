"""Probes: one small HTTP port for /healthz, /readyz and /metrics.

Plain HTTP, as kubelets and Prometheus ask it; nothing secret is here, and nothing can be changed. A few connections are
served at once, each for a few seconds; when there are more, the oldest that has not asked yet is closed. So nobody can
keep the process busy or the port to himself.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from webhook.api.options import parse_listen
from webhook.errors import ConfigError

log = logging.getLogger("bomgate.server")
_PLACES = 16
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
    """Answers GET for a few paths, on separate threads.

    Args:
        listen: host and port; port 0 takes a free one. Or a listening socket, which other processes may share.
        pages: what each path answers; anything else is not found.
        places: how many connections there may be at once.

    Raises:
        ConfigError: it cannot listen there.
    """

    def __init__(
        self, listen: str | socket.socket, pages: Mapping[str, Callable[[], Page]], places: int = _PLACES
    ) -> None:
        self._shared = isinstance(listen, socket.socket)
        self._server = _Server(listen if isinstance(listen, socket.socket) else _listener(listen), dict(pages), places)
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
        if not self._shared:  # who made it has said so
            log.info("listening", extra={"url": f"http://{self._server.server_address[0]!s}:{self.port}"})

    def close(self) -> None:
        """Answer nothing more."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _SECONDS
    server_version, sys_version = "bomgate", ""
    server: _Server

    def do_GET(self) -> None:
        self.server.has_asked(self.connection)
        pages = self.server.pages
        make = pages.get(self.path.partition("?")[0])
        page = Page(404, f"available paths: {', '.join(sorted(pages))}\n".encode()) if make is None else _made(make)
        self.send_response(page.status)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(page.body)))
        self.send_header("Connection", "close")  # a thread for each kept connection would soon be all there are
        self.end_headers()
        self.wfile.write(page.body)
        self.close_connection = True

    def log_message(self, *_: Any, **__: Any) -> None:
        """Log no requests."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listener: socket.socket, pages: Mapping[str, Callable[[], Page]], places: int) -> None:
        super().__init__(listener.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket, self.server_address = listener, listener.getsockname()
        self.pages = pages
        self._places = threading.BoundedSemaphore(places)
        self._lock = threading.Lock()
        self._waiting: dict[socket.socket, float] = {}  # those that have not asked yet, and since when

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._waiting[request] = time.monotonic()
        # The thread of a connection that is closed for this one ends at once, and frees its place.
        if not self._places.acquire(blocking=False) and not (
            self._close_oldest(but=request) and self._places.acquire(timeout=1.0)
        ):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def has_asked(self, request: socket.socket) -> None:
        """Note that a request is whole."""
        with self._lock:
            self._waiting.pop(request, None)

    def shutdown_request(self, request: Any) -> None:
        self.has_asked(request)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """Close those who send a byte now and then; called several times a second."""
        before = time.monotonic() - _SECONDS
        with self._lock:
            for overdue in [connection for connection, since in self._waiting.items() if since < before]:
                self._close(overdue)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is worth no traceback."""
        log.debug("a probe was not answered to its end", exc_info=True)

    def _close_oldest(self, but: socket.socket) -> bool:
        with self._lock:
            oldest = next((connection for connection in self._waiting if connection is not but), None)
            if oldest is not None:
                self._close(oldest)
            return oldest is not None

    def _close(self, one: socket.socket) -> None:
        del self._waiting[one]
        with suppress(OSError):  # the client was faster
            one.shutdown(socket.SHUT_RDWR)


def _listener(listen: str) -> socket.socket:
    host, port = parse_listen(listen)
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=1024
        )
    except OSError as problem:
        raise ConfigError(
            f"controller.listen: cannot listen on {listen}: {problem.strerror or problem}.",
            remedy="Choose another address.",
        ) from problem


def _made(make: Callable[[], Page]) -> Page:
    try:
        return make()
    except Exception:  # the outermost handler of this face
        log.exception("a probe failed")
        return Page(500, b"see the log\n")
