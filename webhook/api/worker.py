"""A worker: gunicorn's gevent worker, whose connections are bounded and which accepts from its first load on."""

from __future__ import annotations

import errno
import logging
import signal
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import gevent
import gevent.pool
import gevent.server
import gevent.socket
from gunicorn import SERVER
from gunicorn.http.body import LengthReader
from gunicorn.util import http_date
from gunicorn.workers.ggevent import GeventWorker

from webhook.api.connections import Connection, Connections, Step, WatchedSocket
from webhook.api.shortcut import AdmissionShortcut, Answerer
from webhook.api.starting import StartBoard

if TYPE_CHECKING:
    from webhook.api.server import AdmissionServer

log = logging.getLogger("bomgate.server")
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
"""Signals that end a worker."""
_YIELD_SECONDS = 0.005
"""How long a worker leaves a new connection to one that has fewer."""
_READ = 1
"""The event of libev for what can be read."""
_SPARE = 64
"""Connections that are closed already, and not gone yet."""


class AdmissionWorker(GeventWorker):
    """gunicorn's gevent worker without monkey-patching: only the sockets that it serves are gevent's."""

    def init_signals(self) -> None:
        """Take signals from now on, and those that came since the worker was made."""
        super().init_signals()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)

    def patch(self) -> None:
        """Make the listeners gevent sockets."""
        hub = gevent.get_hub()
        # A client can cause these by going away, or by not trusting the certificate: worth no traceback in the log.
        hub.NOT_ERROR = (*hub.NOT_ERROR, ssl.SSLError, ConnectionError)
        listeners: Any = self.sockets  # gunicorn's own wrappers around sockets
        self.sockets = [
            gevent.socket.socket(listener.FAMILY, socket.SOCK_STREAM, fileno=listener.sock.detach())
            for listener in listeners
        ]

    place: int
    """On the board of the server's workers; set by the server."""
    app: AdmissionServer

    def run(self) -> None:
        """Serve, from the first load on."""
        self._shortcut = self.app.shortcut
        self.app.wait_for_load(self)
        super().run()

    def server_class(  # type: ignore[override]  # a method is called as the class would be
        self, listener: Any, *, ssl_context: Any = None, **_: Any
    ) -> ReviewServer:
        """The server of a listening socket; gunicorn's own would take in any number of connections for any time."""
        siblings = Siblings(self.app.board, self.place)
        return ReviewServer(listener, self.handle, self.app.connections, ssl_context, siblings)

    def timeout_ctx(self) -> Any:
        """No time limit of gunicorn's: :class:`Connections` has one for each step."""
        return nullcontext()

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> Any:
        """Answer a request whose head is whole: a review without WSGI, which costs as much again as a warm decision."""
        connection, shortcut = sock.connection, self._shortcut
        connection.step = Step.ANSWER
        if shortcut is not None and req.method == "POST":
            answerer, reader = shortcut.answerers.get(req.path), req.body.reader
            if answerer is not None and isinstance(reader, LengthReader) and self._is_usual(req):
                return self._reply(shortcut, answerer, req.query or "", reader, sock)
        sock.gather()
        try:
            return super().handle_request(listener_name, req, sock, addr)
        finally:
            if sock.connection.step is not Step.IDLE:
                sock.connection.enter(Step.IDLE)
            sock.flush()

    def _is_usual(self, req: Any) -> bool:
        """Whether a request needs nothing but an answer on a connection that stays open."""
        return self.alive and req.version == (1, 1) and not req._expected_100_continue and not req.should_close()

    def _reply(self, shortcut: AdmissionShortcut, answerer: Answerer, query: str, source: Any, sock: Any) -> bool:
        connection = sock.connection
        try:
            reply = shortcut.reply(answerer, query, source, str(source.length), connection)
            sock.sendall(b"%b%d\r\n\r\n%b" % (_head(reply.status, int(time.time())), len(reply.body), reply.body))
            if reply.is_unread:
                shortcut.discard(source, connection)
        except gevent.GreenletExit:  # the worker ends
            pass
        finally:
            if connection.step is not Step.IDLE:
                connection.enter(Step.IDLE)
        return True

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer what went wrong with a request; an idle connection that ends with the worker is nothing of the kind.

        An answer on it would be taken for the answer to the API server's next request.
        """
        if not isinstance(exc, gevent.GreenletExit):
            super().handle_error(req, client, addr, exc)


@lru_cache(maxsize=4)
def _head(status: str, since_epoch: int) -> bytes:
    """The head of an answer up to its length, as gunicorn writes it."""
    lines = (
        f"HTTP/1.1 {status}",
        f"Server: {SERVER}",
        f"Date: {http_date(since_epoch)}",
        "Connection: keep-alive",
        "Content-Type: application/json",
        "Content-Length: ",
    )
    return "\r\n".join(lines).encode("ascii")


class Turns:
    """The turns of a connection: one request, then the others that have something to read.

    A peer that sends its next request at once would else be answered again and again, and the others wait, because a
    greenlet runs until it waits itself. The event loop tells of everything that can be read in one round.

    Args:
        sock: of gevent, with or without TLS.
    """

    def __init__(self, sock: Any) -> None:
        self._hub = gevent.get_hub()
        self._readable = self._hub.loop.io(sock.fileno(), _READ)
        self._decrypted: Callable[[], int] = getattr(sock, "pending", int)

    def __enter__(self) -> Turns:
        return self

    def __exit__(self, *_: object) -> None:
        self._readable.close()

    def wait(self) -> None:
        """Wait for the next turn, until there is something to read."""
        if not self._decrypted():  # the event loop does not see what TLS has taken from the socket already
            self._hub.wait(self._readable)


@dataclass(frozen=True, slots=True)
class Siblings:
    """The other workers, as one of them sees them.

    Attributes:
        board: what is known of all.
        place: its own place there.
    """

    board: StartBoard
    place: int


class ReviewServer(gevent.server.StreamServer):
    """Accepts connections and keeps them within their bounds.

    All workers accept from the same socket, and an API server keeps its few connections open for long. So a worker lets
    one that has fewer go first, for a moment: else it may happen that one gets all of them and the others have nothing
    to do.

    Args:
        listener: the listening socket.
        serve: serves a connection: listener, socket, address.
        connections: the open ones.
        context: TLS; None for plain HTTP.
        siblings: the other workers; None where there are none.
    """

    max_accept = 1  # the other workers accept from the same socket

    def __init__(
        self,
        listener: Any,
        serve: Callable[[Any, Any, Any], None],
        connections: Connections,
        context: Any,
        siblings: Siblings | None = None,
    ) -> None:
        self._listener, self._serve, self._connections, self._tls = listener, serve, connections, context
        self._siblings, self._yielded = siblings, 0.0
        super().__init__(listener, spawn=gevent.pool.Pool(connections.places + _SPARE))

    def handle(self, sock: Any, address: Any) -> None:
        """Serve a new connection to its end."""
        connection = self._connections.admit(sock)
        self._tell_number()
        try:
            ready = sock if self._tls is None else self._shake_hands(sock, connection)
            if ready is not None:
                connection.enter(Step.IDLE)
                with Turns(ready) as turns:
                    self._serve(self._listener, WatchedSocket(ready, connection, turns.wait), address)
        finally:
            self._connections.leave(connection)
            self._tell_number()

    def _tell_number(self) -> None:
        if self._siblings is not None:
            self._siblings.board.connected(self._siblings.place, len(self._connections))

    def _shake_hands(self, sock: Any, connection: Connection) -> Any:
        """The socket with TLS; None when the peer did not want to, or was too slow."""
        try:
            # TLS costs memory: only for a peer that says something.
            gevent.socket.wait_read(sock.fileno())
            ready = self._tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        except OSError as problem:
            log.debug("TLS handshake failed", extra={"error": str(problem)})
            return None
        connection.sock = ready
        try:
            ready.do_handshake()
        except OSError as problem:  # an SSLError is one, too; no traceback for each port scan and probe
            log.debug("TLS handshake failed", extra={"error": str(problem)})
            ready.close()
            return None
        return ready

    def do_read(self) -> Any:
        """Accept a connection; none when another worker may have it first.

        Raises:
            OSError: that failed; when there was no descriptor for it, there is one now.
        """
        if self._lets_others_go_first():
            self.stop_accepting()
            gevent.spawn_later(_YIELD_SECONDS, self._accept_again)
            return None
        try:
            return super().do_read()
        except OSError as problem:
            if problem.errno in (errno.EMFILE, errno.ENFILE):
                self._connections.evict()
            raise

    def _lets_others_go_first(self) -> bool:
        """Whether a worker with fewer connections gets the time to take one; not twice for the same connection."""
        now, siblings = time.monotonic(), self._siblings
        if siblings is None or now - self._yielded < 2 * _YIELD_SECONDS:
            return False
        if not siblings.board.have_fewer(siblings.place):
            return False
        self._yielded = now
        return True

    def _accept_again(self) -> None:
        if self.started:
            self.start_accepting()
