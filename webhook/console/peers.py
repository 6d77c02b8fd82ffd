"""Peers: connections that keep a thread of the console waiting, and how long they may.

gunicorn reads a request, and writes its answer, in a thread; a peer that sends a byte now and then would keep that
thread for as long as it likes. So there are more threads to wait for peers than requests are answered at a time, a
whole request has a time limit, and when other connections find no thread, those that have kept one longest lose it.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any, Protocol

from gunicorn.workers.gthread import ThreadWorker

WAITING_THREADS = 24
"""Threads beside those that answer, so that peers who are slow take none of them."""
_MOST_SECONDS = 30.0
"""For a whole request, its TLS handshake, head and body: 4 MiB at a megabit a second."""
_PATIENCE = 1.0
"""Seconds that a peer has in any case, however many others wait."""
_PAUSE = 0.25
"""Seconds between two looks while others wait."""


class Connected(Protocol):
    """A connection of gunicorn; its socket becomes another one with TLS."""

    sock: Any


class Peers:
    """The connections of which a thread waits to receive a request, or to send an answer.

    Args:
        monotonic: seconds on a clock that never steps.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic, self._lock = monotonic, threading.Lock()
        self._queued = 0
        self._waiting: dict[int, tuple[float, Connected, bool]] = {}
        self._here = threading.local()

    @property
    def is_crowded(self) -> bool:
        """Whether connections find no thread."""
        return self._queued > 0

    def queue(self) -> None:
        """Note that a connection wants a thread."""
        with self._lock:
            self._queued += 1

    def begin(self, connection: Connected) -> None:
        """Note that this thread waits for the request of a connection."""
        self._here.connection = connection
        with self._lock:
            self._queued -= 1
        self._wait(is_request=True)

    def received(self) -> None:
        """Note that the request is here whole, so that it is not the peer who is late."""
        with self._lock:
            self._waiting.pop(threading.get_ident(), None)

    def answered(self) -> None:
        """Note that the answer is there to be sent."""
        self._wait(is_request=False)

    def end(self) -> None:
        """Note that this thread has done with its connection."""
        self.received()
        self._here.connection = None

    def close_late(self) -> None:
        """Close the connections whose peers have used up their time; of the slow ones as many as others wait."""
        now = self._monotonic()
        with self._lock:
            oldest = sorted(self._waiting.values(), key=lambda waiting: waiting[0])
            slow = [connection for since, connection, _ in oldest if now - since > _PATIENCE][: max(self._queued, 0)]
            late = [
                connection for since, connection, is_request in oldest if is_request and now - since > _MOST_SECONDS
            ]
            for connection in {id(found): found for found in (*slow, *late)}.values():
                _end(connection.sock)

    def _wait(self, *, is_request: bool) -> None:
        connection = getattr(self._here, "connection", None)
        if connection is not None:  # none where another server calls, as a test does
            with self._lock:
                self._waiting[threading.get_ident()] = (self._monotonic(), connection, is_request)


class ConsoleWorker(ThreadWorker):
    """gunicorn's worker with threads, in which no peer keeps a thread from others."""

    @property
    def _peers(self) -> Peers:
        peers: Peers = self.app.peers  # type: ignore[attr-defined]  # the application is a ConsoleServer
        return peers

    def enqueue_req(self, conn: Any) -> None:
        """Have a thread handle a connection."""
        self._peers.queue()
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        """Handle a connection, in a thread."""
        self._peers.begin(conn)
        try:
            return super().handle(conn)
        finally:
            self._peers.end()

    def notify(self) -> None:
        """Tell the parent that all is well; called at each turn of the loop."""
        super().notify()
        self._peers.close_late()

    def wait_for_and_dispatch_events(self, timeout: float | None) -> None:
        """Wait for events, and not long while connections find no thread."""
        super().wait_for_and_dispatch_events(_PAUSE if self._peers.is_crowded else timeout)


def _end(sock: Any) -> None:
    """End a connection from another thread, which sees the end of what it reads."""
    try:
        # Not through the socket's own object: that of TLS forgets its state, and a reader that waits would fail.
        twin = socket.socket(fileno=sock.fileno())
    except OSError:
        return  # it has ended
    try:
        twin.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the peer was faster
    finally:
        twin.detach()
