"""The server: gunicorn with gevent workers, TLS that follows its files, metrics on a port of their own.

gevent, because an idle or half-sent TLS connection then costs a greenlet and not a thread: nobody can stop the webhook
by holding connections open, which with a fail-closed registration would stop the cluster.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gevent
import gevent.socket
from flask import Flask
from gevent import pywsgi
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.ggevent import GeventWorker

from webhook.api.options import ServeOptions, parse_listen
from webhook.api.tls import CertificateFiles
from webhook.errors import ConfigError
from webhook.telemetry import exposition, forget_process

log = logging.getLogger("bomgate.server")
_SECONDS_TO_END = 10
"""What a worker gets, when its connections have had their time, to write what is to be kept."""
_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


@dataclass(frozen=True, slots=True)
class WorkerParts:
    """What a worker process runs.

    Attributes:
        app: answers requests.
        certificates: TLS; None serves plain HTTP.
        start: starts the worker's threads.
        stop: ends them, and writes what is to be kept.
    """

    app: Flask
    certificates: CertificateFiles | None
    start: Callable[[], None]
    stop: Callable[[], None]


class ServerLog(Logger):
    """gunicorn's words in bomgate's log; each request is logged once, by the application, and not by the server."""

    def setup(self, cfg: Any) -> None:
        """Take a logger of ours; its handlers and level are set already."""
        self.error_log = log

    def access(self, *_: Any) -> None:
        """Log no requests."""

    def reopen_files(self) -> None:
        """There are no files."""


class AdmissionArbiter(Arbiter):
    """gunicorn's master process, which does not lose the signal that ends a worker.

    A new worker has the handlers of its parent until it has set its own, and these only note a signal for a loop that
    the worker does not run: a server that is told to end while it starts would wait its whole time for that worker.
    """

    def spawn_worker(self) -> Any:
        """Hold such signals back; the worker takes them when it is ready for them."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            return super().spawn_worker()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class AdmissionWorker(GeventWorker):
    """gunicorn's gevent worker without monkey-patching: only the sockets that it serves are gevent's."""

    def init_signals(self) -> None:
        """Take signals from now on, and those that came since the worker was made."""
        super().init_signals()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)

    def patch(self) -> None:
        """Make the listeners gevent sockets."""
        hub = gevent.get_hub()
        # A client can cause these by going away, or by not trusting the certificate: worth no traceback in the log.
        hub.NOT_ERROR = (*hub.NOT_ERROR, ssl.SSLError, ConnectionError)
        listeners: Any = self.sockets  # gunicorn's own wrappers around sockets
        self.sockets = [
            gevent.socket.socket(one.FAMILY, socket.SOCK_STREAM, fileno=one.sock.detach()) for one in listeners
        ]

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer what went wrong with a request; an idle connection that ends with the worker is nothing of the kind.

        An answer on it would be taken for the answer to the API server's next request.
        """
        if not isinstance(exc, gevent.GreenletExit):
            super().handle_error(req, client, addr, exc)


class AdmissionServer(BaseApplication):
    """The gunicorn application of ``bomgate serve``.

    Args:
        options: where and how to listen.
        build: makes a worker's parts, in the worker.
        metrics_directory: where workers share their metrics; removed at the end.
    """

    def __init__(self, options: ServeOptions, build: Callable[[], WorkerParts], metrics_directory: Path) -> None:
        self._options, self._build, self._metrics_directory = options, build, metrics_directory
        self._parts: WorkerParts | None = None
        self._metrics_socket = _listen(options.metrics_listen) if options.metrics_listen else None
        super().__init__()

    def run(self) -> None:
        """Serve until a signal ends it."""
        AdmissionArbiter(self).run()

    def load_config(self) -> None:
        """Hand gunicorn its settings."""
        options = self._options
        settings: dict[str, Any] = {
            "bind": options.listen,
            "workers": options.workers,
            "worker_class": AdmissionWorker,
            "worker_connections": options.connections,
            "keepalive": options.keepalive_seconds,
            "graceful_timeout": options.graceful_seconds + _SECONDS_TO_END,
            "timeout": 30,
            "proc_name": "bomgate",
            "control_socket_disable": True,  # it would lie in the home folder, which may be read-only or shared
            "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,  # noqa: S108  # a heartbeat file
            "logger_class": ServerLog,
            "when_ready": self._when_ready,
            "post_worker_init": self._post_worker_init,
            "worker_exit": lambda _server, _worker: self._parts.stop() if self._parts else None,
            "child_exit": lambda _server, worker: forget_process(worker.pid),
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
        self._parts = self._build()
        return self._parts.app

    def _ssl_context(self, _config: Any, _default: Callable[[], Any]) -> Any:
        assert self._parts is not None and self._parts.certificates is not None
        return self._parts.certificates.server_context()

    def _when_ready(self, server: Any) -> None:
        for listener in server.LISTENERS:
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
        if self._metrics_socket is not None:
            shared = self._metrics_socket
            listener = gevent.socket.socket(shared.family, shared.type, fileno=os.dup(shared.fileno()))
            pywsgi.WSGIServer(listener, metrics_app, log=None, error_log=None).start()


def metrics_app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """WSGI application of the metrics port: the metrics of all workers."""
    if environ.get("PATH_INFO") != "/metrics":
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"only /metrics is here\n"]
    body, content_type = exposition()
    start_response("200 OK", [("Content-Type", content_type), ("Content-Length", str(len(body)))])
    return [body]


def _listen(text: str) -> socket.socket:
    host, port = parse_listen(text)
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as problem:
        raise ConfigError(f"Cannot listen on {text} for metrics: {problem}", remedy="Choose another port.") from problem
    listener.setblocking(False)
    return listener
