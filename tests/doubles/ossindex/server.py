"""The service over HTTP on loopback, with the faults that only a connection can have."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from tests.doubles.ossindex.behaviour import Behaviour
from tests.doubles.ossindex.faults import Fault
from tests.doubles.ossindex.service import Reply, Service


class OssIndexDouble:
    """A running double; use it in a ``with`` statement.

    Args:
        behaviour: how it behaves.
        port: 0 takes a free one.
        tls: paths of certificate chain and key, to speak HTTPS.
        host: the address that it listens at.

    Attributes:
        service: what it does; ``service.journal`` holds what it was asked.
        behaviour: how; change it while it runs.
        url: address for ``ossindex.url``.
        peak: most requests that were open at once.
    """

    def __init__(
        self,
        behaviour: Behaviour | None = None,
        port: int = 0,
        tls: tuple[Path, Path] | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.service = Service(behaviour or Behaviour())
        self.peak = 0
        self._open = 0
        self._lock = threading.Lock()
        self.stopping = threading.Event()
        self._server = _Server((host, port), self)
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://{host}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def behaviour(self) -> Behaviour:
        return self.service.behaviour

    def __enter__(self) -> OssIndexDouble:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.cut_all()
        self._server.server_close()
        self._thread.join()

    def serve(self) -> None:
        """Serve in this thread until interrupted."""
        self._server.serve_forever()

    def counted(self, step: int) -> None:
        """Count open requests."""
        with self._lock:
            self._open += step
            self.peak = max(self.peak, self._open)

    def control(self, method: str, path: str, body: bytes) -> Reply:
        """``GET /_control/state`` and ``PUT /_control/behaviour``, for use from another process."""
        if method == "GET" and path == "/_control/state":
            state = {
                "requests": len(self.service.journal),
                "coordinates": len(self.service.coordinates),
                "spent": str(self.service.spent),
                "peak": self.peak,
                "journal": [dataclasses.asdict(asked) for asked in self.service.journal[-1000:]],
            }
            return Reply(200, json.dumps(state).encode())
        if method == "PUT" and path == "/_control/behaviour":
            for name, value in json.loads(body).items():
                setattr(self.behaviour, name, _CONVERTERS.get(name, lambda given: given)(value))
            return Reply(200, b"{}")
        return Reply(404, b"{}")


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


_CONVERTERS: dict[str, Callable[[Any], object]] = {
    "faults": lambda given: [
        Fault(**{**item, "body": None if item.get("body") is None else item["body"].encode()}) for item in given
    ],
    "credits": _decimal,
    "credit_price": _decimal,
    "unknown": frozenset,
    "pats": frozenset,
    "without_coordinates": frozenset,
    "refused": frozenset,
    "foreign": tuple,
}


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close waits for them
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], double: OssIndexDouble) -> None:
        self.double = double
        self._connections: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def cut_all(self) -> None:
        for connection in list(self._connections):
            with contextlib.suppress(OSError):  # it may be closed already
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is not worth a traceback."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536  # head and body leave together
    server: _Server

    def parse_request(self) -> bool:
        self._arrived = time.monotonic()
        return super().parse_request()

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_PUT(self) -> None:
        self._handle()

    def _handle(self) -> None:
        double = self.server.double
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/_control/"):
            self._send(double.control(self.command, self.path, body), Fault())
            return
        double.counted(1)
        try:
            # A client that takes the double for its proxy sends the whole address.
            path = urlsplit(self.path).path if self.path.startswith("http://") else self.path
            fault, reply = double.service.answer(self.command, path, dict(self.headers), body)
            late = double.behaviour.latency_ms / 1000 + (fault.seconds if fault.kind == "slow" else 0.0)
            double.stopping.wait(max(0.0, self._arrived + late - time.monotonic()))
        finally:
            double.counted(-1)
        self._send(reply, fault)

    def _send(self, reply: Reply, fault: Fault) -> None:
        body = reply.body[: len(reply.body) // 2] if fault.kind == "truncated" else reply.body
        headers = {"Date": self.date_time_string(), "Content-Type": "application/json", **reply.headers}
        if self.server.double.behaviour.gzip and "gzip" in (self.headers.get("Accept-Encoding") or ""):
            body = gzip.compress(body, 1)
            headers["Content-Encoding"] = "gzip"
        self.send_response_only(reply.status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        if fault.kind == "drip":
            self.end_headers()
            for byte in body:
                if self.server.double.stopping.wait(fault.seconds):
                    break
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
            return
        if fault.kind == "cut":
            body, self.close_connection = body[: len(body) // 2], True
        self.end_headers()
        self.wfile.write(body)
