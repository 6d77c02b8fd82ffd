"""Decoding: large reviews are decoded by a process of their own, one at a time.

To decode 18 MB takes a tenth of a second, in which nothing else happens in a process. A helper does it at a lower
priority, within a limit of memory, and gives back the few fields that decide. It is started for the first large review
and ends with its worker.
"""

from __future__ import annotations

import os
import pickle
import resource
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import gevent
import gevent.lock
import gevent.socket

from webhook.api.reviews import RejectedReview, decode_review
from webhook.errors import BomgateError, InvalidInput
from webhook.model.deadlines import Deadline
from webhook.model.policies import ExtraKind, Mode
from webhook.model.reviews import AdmissionRequest

_LENGTH = struct.Struct("!QQ")
"""Bytes of what the body is read with, and of the body."""
_ANSWER = struct.Struct("!Q")
_MEMORY = 1024 * 1024 * 1024
"""Bytes of address space that the helper may use: a review of 32 MiB of brackets would become a gigabyte of lists."""
_NICE = 5


class UndecodedReview(BomgateError):
    """A large review could not be decoded in its time, or not within the helper's memory."""

    code = "undecoded-review"
    default_remedy = "Try again; if it stays so, look at the load of the webhook and at its memory."


class ReviewDecoder:
    """Decodes large reviews by a helper.

    Args:
        extra_kinds: kinds beyond the built-in ones that carry a pod spec.
        monotonic: seconds on a clock that never steps.

    Attributes:
        extra_kinds: see above.
    """

    def __init__(self, extra_kinds: Sequence[ExtraKind], monotonic: Callable[[], float]) -> None:
        self.extra_kinds, self._monotonic = tuple(extra_kinds), monotonic
        self._one_at_a_time = gevent.lock.Semaphore()
        self._helper: _Helper | None = None

    def decode(self, body: bytes | bytearray, mode: Mode | None, deadline: Deadline) -> AdmissionRequest:
        """Read an AdmissionReview.

        Raises:
            InvalidInput: see :func:`webhook.api.reviews.decode_review`.
            UndecodedReview: the helper could not read it until the deadline.
        """
        late = UndecodedReview("The review is large and could not be decoded in time")
        with gevent.Timeout(deadline.remaining(self._monotonic()), late), self._one_at_a_time:
            return self._by_helper(body, mode)

    def close(self) -> None:
        """End the helper."""
        if self._helper is not None:
            self._helper.close()
            self._helper = None

    def _by_helper(self, body: bytes | bytearray, mode: Mode | None) -> AdmissionRequest:
        helper, whole = self._helper or _Helper(), False
        self._helper = None
        try:
            answer = helper.ask(pickle.dumps((self.extra_kinds, mode)), body)
            whole = True
        except (OSError, EOFError, struct.error) as problem:
            raise UndecodedReview(f"The process that decodes large reviews ended: {problem}") from problem
        finally:
            if whole:
                self._helper = helper
            else:
                helper.close()  # it may be in the middle of something
        return _raised_or_returned(answer)


class _Helper:
    """The helper's process, as its worker sees it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "webhook.api.decoding", str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        self._socket = gevent.socket.socket(fileno=ours.detach())

    def ask(self, how: bytes, body: bytes | bytearray) -> Any:
        """Have a body read.

        Raises:
            OSError: the helper has ended.
            EOFError: likewise.
        """
        self._socket.sendall(_LENGTH.pack(len(how), len(body)) + how)
        self._socket.sendall(memoryview(body))
        (length,) = _ANSWER.unpack(self._receive(_ANSWER.size))
        return pickle.loads(self._receive(length))  # noqa: S301  # from our own child

    def _receive(self, length: int) -> bytes:
        data = bytearray()
        while len(data) < length:
            piece = self._socket.recv(length - len(data))
            if not piece:
                raise EOFError("it gave no answer")
            data += piece
        return bytes(data)

    def close(self) -> None:
        """End it."""
        self._socket.close()
        self._process.kill()
        self._process.wait()


def _raised_or_returned(answer: Any) -> AdmissionRequest:
    kind, *rest = answer
    if kind == "request":
        request: AdmissionRequest = rest[0]
        return request
    if kind == "memory":
        raise UndecodedReview("The review is too large to decode in the memory reserved for it")
    *target, message, remedy = rest
    problem = InvalidInput(message, remedy=remedy)
    raise RejectedReview(target[0], problem) if target else problem


def _decoded(body: bytes, extra_kinds: Sequence[ExtraKind], mode: Mode | None) -> tuple[Any, ...]:
    try:
        return "request", decode_review(body, extra_kinds, mode)
    except RejectedReview as problem:
        return "rejected", problem.target, problem.message, problem.remedy
    except InvalidInput as problem:
        return "invalid", problem.message, problem.remedy
    except MemoryError:
        return ("memory",)


def serve_worker(channel: socket.socket) -> None:
    """Decode what comes over a socket until it is closed; the helper's whole life."""
    with channel, channel.makefile("rb", buffering=0) as incoming:
        while True:
            head = _exactly(incoming, _LENGTH.size)
            if head is None:
                return
            length_of_how, length = _LENGTH.unpack(head)
            how, body = _exactly(incoming, length_of_how), _exactly(incoming, length)
            if how is None or body is None:
                return
            answer = pickle.dumps(_decoded(body, *pickle.loads(how)))  # noqa: S301  # from our own parent
            del body
            channel.sendall(_ANSWER.pack(len(answer)) + answer)
            del answer


def _exactly(incoming: Any, length: int) -> bytes | None:
    data = bytearray(length)
    view, at = memoryview(data), 0
    while at < length:
        count = incoming.readinto(view[at:])
        if not count:
            return None
        at += count
    view.release()
    return bytes(data)


def main() -> None:
    """Run the helper: ``python -m webhook.api.decoding DESCRIPTOR``."""
    os.nice(_NICE)
    with suppress(ValueError, OSError):  # a lower limit is in force already
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    serve_worker(socket.socket(fileno=int(sys.argv[1])))


if __name__ == "__main__":
    main()
