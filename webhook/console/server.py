"""Serving the console: one process with threads, apart from the webhook in everything."""

from __future__ import annotations

import logging
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, g, request
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from webhook.console.peers import WAITING_THREADS, ConsoleWorker, Peers

log = logging.getLogger("bomgate.console")
_SECONDS = 30
_SILENT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Served:
    """What the process of the console runs.

    Attributes:
        app: answers requests.
        start: called once, before the first request.
        stop: called at the end.
    """

    app: Flask
    start: Callable[[], None]
    stop: Callable[[], None]


def _context(_config: Any, usual: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    context = usual()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class _Log(Logger):
    """gunicorn's words in bomgate's log; requests are counted, and not logged."""

    def setup(self, cfg: Any) -> None:
        """Take a logger of ours; its handlers and level are set already."""
        self.error_log = log

    def access(self, *_: Any) -> None:
        """Log no requests."""

    def reopen_files(self) -> None:
        """There are no files."""


class ConsoleServer(BaseApplication):
    """The gunicorn application of ``bomgate console``.

    Args:
        listener: the socket that people connect to.
        threads: requests that are answered at a time.
        build: makes what is served, in the process that serves it.
        files: certificate and key; None for both serves plain HTTP. gunicorn reads them again for each connection.
    """

    def __init__(
        self,
        listener: socket.socket,
        threads: int,
        build: Callable[[], Served],
        files: tuple[Path | None, Path | None] = (None, None),
    ) -> None:
        # A peer that says or takes nothing, even within a handshake, frees its thread; accepted sockets inherit this.
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", _SILENT_SECONDS, 0))
        self.peers, self._places = Peers(time.monotonic), threading.BoundedSemaphore(threads)
        self._listener, self._threads, self._build, self._files = listener, threads, build, files
        self._served: Served | None = None
        super().__init__()

    def load_config(self) -> None:
        """Hand gunicorn its settings."""
        settings: dict[str, Any] = {
            "bind": f"fd://{self._listener.fileno()}",
            "workers": 1,
            "worker_class": ConsoleWorker,
            "threads": self._threads + WAITING_THREADS,
            "timeout": _SECONDS,
            "graceful_timeout": 5,
            "forwarded_allow_ips": "",  # nobody speaks for another
            "logger_class": _Log,
            "proc_name": "bomgate-console",
            "control_socket_disable": True,
            "worker_exit": lambda _server, _worker: self._stop(),
        }
        certificate, key = self._files
        if certificate is not None and key is not None:
            settings |= {"certfile": str(certificate), "keyfile": str(key), "ssl_context": _context}
        for name, value in settings.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        """Make what is served; called in the process that serves it."""
        self._served = self._build()
        self._served.app.before_request(self._take_place)
        self._served.app.teardown_request(self._give_place)
        self._served.start()
        return self._served.app

    def _take_place(self) -> None:
        """Read the request whole, and wait for one of the places where requests are answered."""
        request.get_data(parse_form_data=True)
        self.peers.received()
        self._places.acquire()
        g.has_place = True

    def _give_place(self, _problem: BaseException | None) -> None:
        if g.pop("has_place", False):
            self._places.release()
        self.peers.answered()

    def _stop(self) -> None:
        if self._served is not None:
            self._served.stop()
