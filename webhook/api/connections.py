"""Connections: how many there may be, and how long a peer may take for each step.

Anybody in the cluster can reach the port, and the API server's address is not known: it may be a node's, a load
balancer's, or that of a tunnel through which everybody comes. So no address is limited. A connection has to show what
it is good for: those that had a review answered and those that had not each hold at least half of the places when both
want more, and the connection that waited longest is closed first. So a flood of connections displaces only itself.
"""

from __future__ import annotations

import enum
import logging
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

log = logging.getLogger("bomgate.server")
_BLOCK = 64 * 1024
"""Bytes that are taken from a connection at once; more would be allocated for each read and seldom filled."""


class Step(enum.IntEnum):
    """Where a connection is."""

    HANDSHAKE = 0
    """Accepted; TLS is not ready."""
    IDLE = 1
    """Between two requests."""
    HEAD = 2
    """A request has begun."""
    BODY = 3
    """Its head is whole."""
    WAITING = 4
    """There is no room for its body yet; it is not the peer who is late."""
    ANSWER = 5
    """Its body is whole; the peer waits."""


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Seconds that a peer gets for each step.

    Attributes:
        handshake: for TLS, from the moment of the connection.
        head: for the head of a request, from its first byte.
        body: for the body.
        idle: between two requests.
    """

    handshake: float
    head: float
    body: float
    idle: float

    def of(self, step: Step) -> float | None:
        """Seconds for a step; None without a limit."""
        return (self.handshake, self.idle, self.head, self.body, None, None)[step]


class Connection:
    """An open connection.

    Args:
        sock: its socket; None where there is none, as in a test.
        monotonic: seconds on a clock that never steps.
    """

    __slots__ = ("answered", "closed", "monotonic", "received", "since", "sock", "step")

    def __init__(self, sock: Any, monotonic: Callable[[], float]) -> None:
        self.sock, self.monotonic = sock, monotonic
        self.step, self.since = Step.HANDSHAKE, monotonic()
        self.received = 0
        self.answered = 0
        self.closed = False

    def enter(self, step: Step) -> None:
        """Begin a step."""
        self.step, self.since = step, self.monotonic()

    def close(self) -> None:
        """End it, from another greenlet; its own greenlet sees the end of the connection."""
        self.closed = True
        if self.sock is None:
            return
        try:
            # Not through the socket's own object: that of TLS forgets its state, and a reader that waits would fail.
            twin = socket.socket(fileno=self.sock.fileno())
        except OSError:
            return
        try:
            twin.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the peer was faster
        finally:
            twin.detach()


class WatchedSocket:
    """A connected socket that notes what comes in, and sends an answer in one piece; all else is the socket's.

    gunicorn writes the head of an answer and its body separately. Each would be a TLS record and a packet, and to send
    is what costs most in a warm review.

    Args:
        sock: of gevent, with or without TLS.
        connection: whose it is.
        wait_turn: waits for the next request until the other connections had their turn.
    """

    def __init__(self, sock: Any, connection: Connection, wait_turn: Callable[[], object]) -> None:
        self._sock, self.connection, self._wait_turn = sock, connection, wait_turn
        self._gathers = False
        self._gathered: list[bytes] = []

    def gather(self) -> None:
        """Keep what is written until :meth:`flush`, or until something is to be received."""
        self._gathers = True

    def flush(self) -> None:
        """Send what was written, and from now on what is written at once."""
        self._gathers = False
        self._send_gathered()

    def sendall(self, data: bytes) -> None:
        """Write all of it."""
        if self._gathers:
            self._gathered.append(data)
        else:
            self._sock.sendall(data)

    def shutdown(self, how: int) -> None:
        """End the connection; what waits to be sent belongs to an answer that was broken off."""
        self._gathered.clear()
        self._sock.shutdown(how)

    def _send_gathered(self) -> None:
        if self._gathered:
            data = b"".join(self._gathered)
            self._gathered.clear()
            self._sock.sendall(data)

    def recv(self, size: int, *flags: int) -> bytes:
        """Receive at most ``size`` bytes; the peer gets first what was written to it."""
        self._send_gathered()
        connection = self.connection
        if connection.step is Step.IDLE:
            self._wait_turn()
        data: bytes = self._sock.recv(min(size, _BLOCK), *flags)
        connection.received += len(data)
        if connection.step is Step.IDLE:
            connection.enter(Step.HEAD)
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class Connections:
    """The open connections of one process.

    Args:
        places: how many there may be.
        limits: for each step.
        monotonic: seconds on a clock that never steps.
        on_close: told why a connection was closed: ``crowded`` or the name of the step that took too long.
    """

    def __init__(
        self, places: int, limits: TimeLimits, monotonic: Callable[[], float], on_close: Callable[[str], None]
    ) -> None:
        self.places = places
        self._limits, self._monotonic, self._on_close = limits, monotonic, on_close
        self._unproven: dict[Connection, None] = {}  # in the order in which they came
        self._proven: dict[Connection, None] = {}  # in the order of their last answer

    def __len__(self) -> int:
        return len(self._unproven) + len(self._proven)

    def admit(self, sock: Any) -> Connection:
        """Take a new connection in, and close another one for it when there is no place left."""
        connection = Connection(sock, self._monotonic)
        while len(self) >= self.places and self.evict():
            pass
        self._unproven[connection] = None
        return connection

    def leave(self, connection: Connection) -> None:
        """Forget a connection that has ended."""
        self._unproven.pop(connection, None)
        self._proven.pop(connection, None)

    def answered(self, connection: Connection) -> None:
        """Note that a review of a connection was answered."""
        connection.answered += 1
        if not connection.closed:
            self._unproven.pop(connection, None)
            self._proven.pop(connection, None)
            self._proven[connection] = None

    def evict(self) -> bool:
        """Close the connection that is needed least; whether there was one."""
        first, second = self._unproven, self._proven
        if len(first) < self.places // 2:
            first, second = second, first
        idle = (connection for group in (first, second) for connection in group if connection.step is not Step.ANSWER)
        victim = next(idle, None) or next(iter(self._unproven), None)
        if victim is None:
            return False
        self._close(victim, "crowded")
        return True

    def close_late(self) -> None:
        """Close the connections whose peers have used up their time."""
        now = self._monotonic()
        for connection in self._late(now):
            self._close(connection, connection.step.name.lower())

    def _late(self, now: float) -> Iterable[Connection]:
        late = []
        for group in (self._unproven, self._proven):
            for connection in group:
                limit = self._limits.of(connection.step)
                if limit is not None and now - connection.since > limit:
                    late.append(connection)
        return late

    def _close(self, connection: Connection, why: str) -> None:
        self.leave(connection)
        connection.close()
        self._on_close(why)
