"""The server: gunicorn with gevent workers, TLS that follows its files, metrics on a port of their own.

gevent, because an idle or half-sent TLS connection then costs a greenlet and not a thread. How many there may be and
how long a peer may take is bounded in :mod:`webhook.api.connections`: nobody can stop the webhook by holding
connections open, which with a fail-closed registration would stop the cluster.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gevent
import gevent.pool
import gevent.server
import gevent.socket
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.glogging import Logger

from webhook.api.app import AdmissionApp
from webhook.api.connections import Connections
from webhook.api.hub import wait_for
from webhook.api.options import ServeOptions, parse_listen
from webhook.api.probes import Page, ProbeServer
from webhook.api.shortcut import AdmissionShortcut
from webhook.api.starting import StartBoard, raise_open_files
from webhook.api.tls import CertificateFiles
from webhook.api.worker import ENDING, AdmissionWorker
from webhook.errors import ConfigError
from webhook.telemetry.metrics import exposition, forget_process
from webhook.telemetry.sharedfiles import release_room, reserve_room

log = logging.getLogger("bomgate.server")
_SECONDS_TO_END = 10
"""What a worker gets, when its connections have had their time, to write what is to be kept."""
_SECONDS_TO_LOAD = 5.0
"""How long all workers may wait for their first load before they answer that they cannot decide."""
_RECEIVE_BUFFER = 32 * 1024
"""Bytes of a connection that sends faster than it is read; the kernel keeps megabytes if left alone."""


@dataclass(frozen=True, slots=True)
class WorkerParts:
    """What a worker process runs.

    Attributes:
        app: answers requests.
        certificates: TLS; None serves plain HTTP.
        start: starts the worker's threads.
        stop: ends them, and writes what is to be kept.
        loaded: whether it can decide.
        load_failed: whether it has tried to load, in vain.
    """

    app: AdmissionApp
    certificates: CertificateFiles | None
    start: Callable[[], None]
    stop: Callable[[], None]
    loaded: Callable[[], bool]
    load_failed: Callable[[], bool]


class ServerLog(Logger):
    """gunicorn's words in bomgate's log; each request is logged once, by the application, and not by the server."""

    def setup(self, cfg: Any) -> None:
        """Take a logger of ours; its handlers and level are set already."""
        self.error_log = log

    def access(self, *_: Any) -> None:
        """Log no requests."""

    def reopen_files(self) -> None:
        """There are no files."""


class ServerConfig(Config):
    """gunicorn's settings, each looked up once: for every request it reads two dozen of them."""

    def __getattr__(self, name: str) -> Any:
        """Look a setting up and keep it."""
        value = super().__getattr__(name)
        self.__dict__[name] = value
        return value

    def set(self, name: str, value: Any) -> None:
        """Change a setting."""
        super().set(name, value)
        self.__dict__.pop(name, None)


class AdmissionArbiter(Arbiter):
    """gunicorn's master process, which does not lose the signal that ends a worker.

    A new worker has the handlers of its parent until it has set its own, and these only note a signal for a loop that
    the worker does not run: a server that is stopped while it starts would wait its whole time for that worker.
    """

    def spawn_worker(self) -> Any:
        """Hold such signals back; the worker takes them when it is ready for them."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        try:
            return super().spawn_worker()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class AdmissionServer(BaseApplication):
    """The gunicorn application of ``bomgate serve``.

    Args:
        options: where and how to listen.
        build: makes a worker's parts, in the worker, of the options that are in force and what is known of the others.
        metrics_directory: where workers share their metrics; removed at the end.

    Attributes:
        board: what is known of the workers.
    """

    def __init__(
        self,
        options: ServeOptions,
        build: Callable[[ServeOptions, StartBoard], WorkerParts],
        metrics_directory: Path,
    ) -> None:
        self._options = replace(options, connections=raise_open_files(options.connections))
        self._build, self._metrics_directory = build, metrics_directory
        self.board = StartBoard(options.workers)
        self._parts: WorkerParts | None = None
        self._metrics_socket = _listen(options.metrics_listen) if options.metrics_listen else None
        super().__init__()

    def run(self) -> None:
        """Serve until a signal ends it."""
        AdmissionArbiter(self).run()

    def load_default_config(self) -> None:
        """Make the settings."""
        self.cfg = ServerConfig(self.usage, prog=self.prog)

    def load_config(self) -> None:
        """Hand gunicorn its settings."""
        options = self._options
        settings: dict[str, Any] = {
            "bind": options.listen,
            "workers": options.workers,
            "worker_class": AdmissionWorker,
            "keepalive": options.keepalive_seconds,
            "graceful_timeout": options.graceful_seconds + _SECONDS_TO_END,
            "timeout": 30,
            "forwarded_allow_ips": "",  # nobody stands between: what a peer says of others counts for nothing
            "proc_name": "bomgate",
            "control_socket_disable": True,  # it would lie in the home folder, which may be read-only or shared
            "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,  # noqa: S108  # a heartbeat file
            "logger_class": ServerLog,
            "when_ready": self._when_ready,
            "post_worker_init": self._post_worker_init,
            "pre_fork": lambda _server, worker: setattr(worker, "place", self.board.take()),
            "worker_exit": lambda _server, _worker: self._stop(),
            "child_exit": self._child_exit,
            "on_exit": lambda _server: shutil.rmtree(self._metrics_directory, ignore_errors=True),
        }
        if not options.insecure_http:
            settings["certfile"], settings["keyfile"] = str(options.tls_cert), str(options.tls_key)
            settings["ssl_context"] = self._ssl_context
        for name, value in settings.items():
            if name in self.cfg.settings:  # gunicorn before 25.1 has no control socket
                self.cfg.set(name, value)

    def load(self) -> Any:
        """Make the application; gunicorn calls it in each worker."""
        reserve_room(self._metrics_directory, os.getpid())
        self._parts = self._build(self._options, self.board)
        return self._parts.app.flask.wsgi_app

    @property
    def connections(self) -> Connections:
        """The open connections of this worker."""
        assert self._parts is not None
        return self._parts.app.connections

    @property
    def shortcut(self) -> AdmissionShortcut | None:
        """Answers reviews of this worker without WSGI."""
        assert self._parts is not None
        return self._parts.app.shortcut

    def wait_for_load(self, worker: Any) -> None:
        """Wait, in a worker, until it may accept.

        That is when it has loaded, so that nobody who connects meets a worker that cannot decide. Where no worker of
        the server can load, reviews would be left to time out; so they accept after a while, and answer at the deadline
        what could not be decided.
        """
        parts = self._parts
        assert parts is not None
        gevent.spawn(self._note_load, worker.place)
        waited = 0.0

        def may_accept() -> bool:
            gave_up = parts.load_failed() or waited > _SECONDS_TO_LOAD
            return not worker.alive or parts.loaded() or (gave_up and not self.board.any_loaded)

        while not wait_for(may_accept, 1.0):
            worker.notify()
            waited += 1.0

    def _note_load(self, place: int) -> None:
        assert self._parts is not None
        while not self._parts.loaded():
            gevent.sleep(0.05)
        self.board.loaded(place)

    def _stop(self) -> None:
        if self._parts is not None:
            if self._parts.app.decoder is not None:
                self._parts.app.decoder.close()
            self._parts.stop()

    def _child_exit(self, _server: Any, worker: Any) -> None:
        forget_process(worker.pid)
        release_room(self._metrics_directory, worker.pid)
        self.board.leave(worker.place)

    def _ssl_context(self, _config: Any, _default: Callable[[], Any]) -> Any:
        assert self._parts is not None and self._parts.certificates is not None
        return self._parts.certificates.server_context()

    def _when_ready(self, server: Any) -> None:
        for listener in server.LISTENERS:
            listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            # Answers are written in one piece; behind the tickets of TLS they would wait for the peer's ACK.
            listener.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            host, port = listener.sock.getsockname()[:2]
            scheme = "http" if self._options.insecure_http else "https"
            log.info("listening", extra={"url": f"{scheme}://{host}:{port}", "workers": self._options.workers})
        if self._metrics_socket is not None:
            host, port = self._metrics_socket.getsockname()[:2]
            log.info("metrics", extra={"url": f"http://{host}:{port}/metrics"})

    def _post_worker_init(self, worker: Any) -> None:
        assert self._parts is not None
        # The API server keeps idle connections open, so a worker waits its whole time. If the server waited no longer
        # than that, it would kill each worker before it has written anything.
        worker.cfg.set("graceful_timeout", self._options.graceful_seconds)
        self._parts.start()
        gevent.spawn(self._close_late)
        if self._metrics_socket is not None:
            pages = {"/metrics": lambda: Page(200, *exposition())}
            shared = socket.socket(fileno=os.dup(self._metrics_socket.fileno()))
            ProbeServer(shared, pages, places=self._options.metrics_connections).start()

    def _close_late(self) -> None:
        while True:
            gevent.sleep(0.5)
            self.connections.close_late()


def _listen(text: str) -> socket.socket:
    host, port = parse_listen(text)
    try:
        listener = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=1024
        )
    except OSError as problem:
        raise ConfigError(f"Cannot listen on {text} for metrics: {problem}", remedy="Choose another port.") from problem
    listener.setblocking(False)
    return listener
