"""Responses within their time: each wait for bytes is cut to what is left, for the status line and headers, too.

A time-out of a socket is for one wait. A server that sends a byte of a header each second, or one ``100 Continue``
after the other, would keep its client for ever. So whoever sends a request says how long its answer may take, and every
read of the answer is cut to that. The libraries have no place for it, so it is kept per thread.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_MAX_INTERIM = 16
"""Status lines of one answer; in practice there is one before the last at most."""
_thread = threading.local()


@contextmanager
def time_for_answers(left: Callable[[], float]) -> Iterator[None]:
    """Bound all connecting and reading of this thread.

    Args:
        left: seconds that are left; called before each wait.
    """
    before = getattr(_thread, "left", None)
    _thread.left = left
    try:
        yield
    finally:
        _thread.left = before


def within_time(seconds: float | None) -> float | None:
    """A time-out, cut to what is left.

    Raises:
        TimeoutError: nothing is left.
    """
    left: Callable[[], float] | None = getattr(_thread, "left", None)
    return seconds if left is None else _cut(seconds, left())


def _cut(seconds: float | None, left: float) -> float:
    if left <= 0:
        raise TimeoutError("the answer took too long")
    return left if seconds is None else min(seconds, left)


class _Raw(io.RawIOBase):
    """The bytes of a connection, each wait for which is bounded."""

    def __init__(self, raw: Any, connection: socket.socket, left: Callable[[], float]) -> None:
        self._raw, self._connection, self._left = raw, connection, left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._connection.settimeout(_cut(self._connection.gettimeout(), self._left()))
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class BoundedResponse(http.client.HTTPResponse):
    """An answer that is read within the time of the request, with a bounded number of status lines."""

    def __init__(self, sock: socket.socket, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        self._status_lines = 0
        left: Callable[[], float] | None = getattr(_thread, "left", None)
        if left is not None:
            buffered: Any = self.fp
            self.fp = io.BufferedReader(_Raw(buffered.detach(), sock, left))

    def _read_status(self) -> Any:
        self._status_lines += 1
        if self._status_lines > _MAX_INTERIM:
            raise http.client.HTTPException(f"more than {_MAX_INTERIM} status lines")
        return super()._read_status()  # type: ignore[misc]
