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
import msgspec

from webhook.api.connections import Connection, Step
from webhook.errors import InvalidInput
from webhook.model.deadlines import Deadline

LARGE_BYTES = 1024 * 1024
"""A longer body is large: it may not use the last quarter of the budget, and is decoded by a separate process."""
_PIECE = 64 * 1024
_PAUSE = 0.1
"""Seconds between two looks for a peer that does not send."""
_LEAST_RATE = 256 * 1024
"""Bytes a second; a slower peer loses its room when others wait for it."""
_PATIENCE, _MORE_PATIENCE = 0.5, 2.0
"""Seconds before the rate counts; more for a connection on which reviews were answered before."""
_DISCARD_PAUSE = 0.002
"""Seconds between two pieces that are discarded, times the number of connections that discard."""


@dataclass(order=True, slots=True)
class _Waiting:
    rank: tuple[int, int, int]
    length: int = field(compare=False)
    connection: Connection = field(compare=False)
    woken: gevent.event.Event = field(compare=False, default_factory=gevent.event.Event)
    has_room: bool = field(compare=False, default=False)
    gone: bool = field(compare=False, default=False)


class _Share(msgspec.Struct, gc=False):
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
        self._short_line: list[_Waiting] = []
        self._large_line: list[_Waiting] = []
        self._order = itertools.count()
        self._tending = False

    def reserve(self, connection: Connection, length: int, deadline: Deadline) -> bool:
        """Wait for room; False when there is none until the deadline.

        Connections on which most reviews were answered come first, then short bodies.
        """
        is_short = length <= LARGE_BYTES
        line = self._short_line if is_short else self._large_line
        if not line and not self._short_line:
            if is_short and self._short + length <= max(self._kept, self._total - self._large):
                self._short += length
                self._shares[connection] = _Share(length, connection, self._monotonic(), connection.received)
                return True
            if self._fits(length):
                self._count(length, 1)
                self._take(connection, length)
                return True
        waiting = _Waiting((-connection.answered.bit_length(), length, next(self._order)), length, connection)
        heapq.heappush(line, waiting)
        connection.enter(Step.WAITING)
        if not self._tending:
            self._tending = True
            gevent.spawn(self._tend)
        self._hand_out()
        try:
            waiting.woken.wait(deadline.remaining(self._monotonic()))
            if waiting.has_room and not connection.closed:
                self._take(connection, length)
                return True
            return False
        finally:
            waiting.gone = True
            if waiting.has_room and connection not in self._shares:
                self._count(length, -1)
                self._hand_out()

    def release(self, connection: Connection) -> None:
        """Give the room of a connection back; harmless when it has none."""
        share = self._shares.pop(connection, None)
        if share is None:
            return
        self._count(share.length, -1)
        if self._short_line or self._large_line:
            self._hand_out()

    @property
    def _anyone_waits(self) -> bool:
        return bool(self._short_line or self._large_line)

    def _fits(self, length: int) -> bool:
        if length <= LARGE_BYTES:
            return self._short + length <= max(self._kept, self._total - self._large)
        # One large body may always be read, however small the budget is set.
        return not self._large or self._large + length <= self._total - max(self._kept, self._short)

    def _take(self, connection: Connection, length: int) -> None:
        self._shares[connection] = _Share(length, connection, self._monotonic(), connection.received)

    def _count(self, length: int, sign: int) -> None:
        if length > LARGE_BYTES:
            self._large += sign * length
        else:
            self._short += sign * length

    def _hand_out(self) -> None:
        """Give room to those in line, the first ones first; a large body holds no short one up."""
        large_waits = False
        while True:
            short, large = _first(self._short_line), None if large_waits else _first(self._large_line)
            if short is None and large is None:
                return
            if large is None or (short is not None and short < large):
                line, first = self._short_line, short
            else:
                line, first = self._large_line, large
            assert first is not None
            if self._fits(first.length):
                heapq.heappop(line)
                self._count(first.length, 1)
                first.has_room = True
                first.woken.set()
            elif line is self._large_line:
                large_waits = True
            else:
                return  # those behind it wait their turn

    def _tend(self) -> None:
        """See to those who wait, for as long as somebody does; each for itself would look at all others."""
        try:
            while self._anyone_waits:
                self._take_back()
                for waiting in (*self._short_line, *self._large_line):
                    if waiting.connection.closed:
                        waiting.gone = True
                        waiting.woken.set()
                self._hand_out()
                gevent.sleep(_PAUSE)
        finally:
            self._tending = False

    def _take_back(self) -> None:
        """Close the connections that have room and do not send."""
        now = self._monotonic()
        for share in list(self._shares.values()):
            elapsed = now - share.since
            patience = _MORE_PATIENCE if share.connection.answered else _PATIENCE
            slow = share.connection.received - share.received < elapsed * _LEAST_RATE
            if share.connection.step is Step.BODY and elapsed > patience and slow:
                share.connection.close()


def _first(line: list[_Waiting]) -> _Waiting | None:
    """The first one who still waits."""
    while line and line[0].gone:
        heapq.heappop(line)
    return line[0] if line else None


class BodyReader:
    """Reads the bodies of requests.

    Args:
        budget: the room for them.

    Attributes:
        done: gives the room of a connection back.
    """

    def __init__(self, budget: BodyBudget) -> None:
        self._budget, self.done = budget, budget.release
        self._discarding = 0

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
        connection.step = Step.ANSWER  # which has no limit, so that it does not matter since when
        return body

    def read_chunked(self, source: Any, connection: Connection, most: int, deadline: Deadline) -> bytearray | None:
        """Read a body whose length is not stated, for which all of ``most`` is reserved; otherwise the same.

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

    def discard(self, source: Any, connection: Connection) -> None:
        """Read what is left of a body and keep none of it, slowly when many connections do the same.

        Where reviews were answered before, the peer is an API server, which waits.
        """
        self._discarding += 1
        try:
            while source.read(_PIECE):
                gevent.sleep(0 if connection.answered else _DISCARD_PAUSE * self._discarding)
        finally:
            self._discarding -= 1


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
