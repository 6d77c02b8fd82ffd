"""Bodies: read within a budget of bytes that all bodies of a process share.

A body reserves its length before it is read, and what finds no room stays in the network's buffers, where it costs the
process nothing. Waiting for room is bounded by the request's deadline. A peer that has room and does not send gives it
up as soon as somebody else wants it; so bodies that never come hold nobody up.
"""

from __future__ import annotations

import errno
import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gevent
import gevent.event

from webhook.api.connections import Connection, Step
from webhook.errors import InvalidInput
from webhook.model.deadlines import Deadline

LARGE_BYTES = 1024 * 1024
"""A longer body is large: it may not use the last quarter of the budget, and is decoded by a process of its own."""
_PIECE = 256 * 1024
_PAUSE = 0.1
"""Seconds between two looks for a peer that does not send."""
_LEAST_RATE = 256 * 1024
"""Bytes a second; a slower peer loses its room when others wait for it."""
_PATIENCE, _MORE_PATIENCE = 0.5, 2.0
"""Seconds before the rate counts; more for a connection on which reviews were answered before."""


@dataclass(order=True, slots=True)
class _Waiting:
    rank: tuple[int, int, int]
    length: int = field(compare=False)
    ready: gevent.event.Event = field(compare=False, default_factory=gevent.event.Event)
    gone: bool = field(compare=False, default=False)


@dataclass(slots=True)
class _Share:
    length: int
    connection: Connection
    since: float
    received: int


class BodyBudget:
    """Room for bodies, in bytes.

    Args:
        total: of all bodies that are under way at once.
        monotonic: seconds on a clock that never steps.
    """

    def __init__(self, total: int, monotonic: Callable[[], float]) -> None:
        self._total, self._kept, self._monotonic = total, total // 4, monotonic
        self._large = self._short = 0  # what is taken
        self._shares: dict[Connection, _Share] = {}
        self._line: list[_Waiting] = []
        self._order = itertools.count()

    def reserve(self, connection: Connection, length: int, deadline: Deadline) -> bool:
        """Wait for room; False when there is none until the deadline.

        Connections on which most reviews were answered come first, then short bodies.
        """
        if not self._line and self._fits(length):
            self._take(connection, length)
            return True
        waiting = _Waiting((-connection.answered.bit_length(), length, next(self._order)), length)
        heapq.heappush(self._line, waiting)
        connection.enter(Step.WAITING)
        try:
            while not connection.closed:
                self._hand_out()
                if waiting.ready.is_set():
                    self._take(connection, length, handed_out=True)
                    return True
                left = deadline.remaining(self._monotonic())
                if not left:
                    break
                self._take_back()
                waiting.ready.wait(min(_PAUSE, left))
            if waiting.ready.is_set():
                self._count(length, -1)
            return False
        finally:
            waiting.gone = True

    def release(self, connection: Connection) -> None:
        """Give the room of a connection back; harmless when it has none."""
        share = self._shares.pop(connection, None)
        if share is not None:
            self._count(share.length, -1)
            if self._line:
                self._hand_out()

    def _fits(self, length: int) -> bool:
        if length <= LARGE_BYTES:
            return self._short + length <= max(self._kept, self._total - self._large)
        # One large body may always be read, however small the budget is set.
        return not self._large or self._large + length <= self._total - max(self._kept, self._short)

    def _take(self, connection: Connection, length: int, *, handed_out: bool = False) -> None:
        if not handed_out:
            self._count(length, 1)
        self._shares[connection] = _Share(length, connection, self._monotonic(), connection.received)

    def _count(self, length: int, sign: int) -> None:
        if length > LARGE_BYTES:
            self._large += sign * length
        else:
            self._short += sign * length

    def _hand_out(self) -> None:
        """Give room to those in line, the first ones first; a large body holds no short one up."""
        kept: list[_Waiting] = []
        large_waits = False
        while self._line:
            first = heapq.heappop(self._line)
            if first.gone or first.ready.is_set():
                continue
            large = first.length > LARGE_BYTES
            if self._fits(first.length) and not (large and large_waits):
                self._count(first.length, 1)
                first.ready.set()
                continue
            kept.append(first)
            large_waits = large_waits or large
            if not large:
                break  # those behind it wait their turn
        for one in kept:
            heapq.heappush(self._line, one)

    def _take_back(self) -> None:
        """Close the connections that have room and do not send."""
        now = self._monotonic()
        for share in list(self._shares.values()):
            elapsed = now - share.since
            patience = _MORE_PATIENCE if share.connection.answered else _PATIENCE
            slow = share.connection.received - share.received < elapsed * _LEAST_RATE
            if share.connection.step is Step.BODY and elapsed > patience and slow:
                share.connection.close()


class BodyReader:
    """Reads the bodies of requests.

    Args:
        budget: the room for them.
    """

    def __init__(self, budget: BodyBudget) -> None:
        self._budget = budget

    def read(self, source: Any, connection: Connection, length: int, deadline: Deadline) -> bytes | bytearray | None:
        """Read a body; None when there is no room for it until the deadline.

        The room is the caller's until :meth:`done`.

        Args:
            source: WSGI's input.
            connection: it comes on.
            length: bytes, as stated.
            deadline: of the request.

        Raises:
            ConnectionResetError: the peer sent less.
        """
        if not self._budget.reserve(connection, length, deadline):
            _require_open(connection)
            return None
        connection.enter(Step.BODY)
        body: bytes | bytearray = source.read(length) if length <= _PIECE else _pieces(source, length)
        if len(body) < length:
            raise ConnectionResetError(errno.ECONNRESET, "the body ends early")
        connection.enter(Step.ANSWER)
        return body

    def read_chunked(self, source: Any, connection: Connection, most: int, deadline: Deadline) -> bytearray | None:
        """Read a body whose length is not stated, for which the whole of ``most`` is reserved; otherwise likewise.

        Raises:
            ConnectionResetError: the peer went away.
            InvalidInput: it is longer than ``most``.
        """
        if not self._budget.reserve(connection, most, deadline):
            _require_open(connection)
            return None
        connection.enter(Step.BODY)
        body = _pieces(source, most + 1)
        if len(body) > most:
            raise InvalidInput(f"The body is longer than {most} bytes")
        connection.enter(Step.ANSWER)
        return body

    def done(self, connection: Connection) -> None:
        """Give the room back."""
        self._budget.release(connection)


def _require_open(connection: Connection) -> None:
    if connection.closed:
        raise ConnectionResetError(errno.ECONNRESET, "the connection was closed while it waited for room")


def _pieces(source: Any, length: int) -> bytearray:
    body = bytearray()
    while len(body) < length:
        piece = source.read(min(_PIECE, length - len(body)))
        if not piece:
            break
        body += piece
        gevent.sleep(0)  # what is there already would be read without a pause, and others wait
    return body
