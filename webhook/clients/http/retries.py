"""Further tries, and pauses: of one request, and of all requests to a host."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from cachetools import LRUCache

from webhook.clients.http.destination import Limits
from webhook.errors import DeadlineExceeded, Retryable
from webhook.model.deadlines import Deadline
from webhook.ports import Clock

_MINUTE = 60.0
_LIMIT = 1024
_LONGEST_PAUSE = 600.0
_Result = TypeVar("_Result")


class HostPaused(Retryable):
    """The host is left alone; nothing was sent."""


def backoff(first: float, tried: int, longest: float) -> float:
    """Seconds before the next try: twice as long each time.

    Args:
        first: seconds after the first try.
        tried: how many tries were made.
        longest: most seconds.
    """
    return min(first * 2.0 ** min(tried - 1, 60), longest)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often something is tried.

    Attributes:
        tries: how many there are.
        wait: seconds before the next one, by what went wrong and how many were made.
        note: called before a wait, with the same and the seconds.
    """

    tries: int
    wait: Callable[[Retryable, int], float]
    note: Callable[[Retryable, int, float], None] = lambda *_: None


def retry(attempt: Callable[[], _Result], patience: Patience, deadline: Deadline, clock: Clock) -> _Result:
    """Try until it works, as often as it is worth it.

    Args:
        attempt: one try.
        patience: how often, and how long the waits are.
        deadline: no further try begins after it.
        clock: waits.

    Raises:
        Retryable: what the last try raised, or the one after which there is no time left.
    """
    tried = 0
    while True:
        tried += 1
        try:
            return attempt()
        except HostPaused:
            raise
        except Retryable as problem:
            if tried >= patience.tries:
                raise
            seconds = patience.wait(problem, tried)
            if seconds >= deadline.remaining(clock.monotonic()):
                raise
            patience.note(problem, tried, seconds)
            if seconds:
                clock.sleep(seconds)


@dataclass(slots=True)
class _Host:
    """One host.

    Attributes:
        slots: one for each request that may be under way.
        until: until when it is not asked (monotonic seconds).
        trouble: why it is not asked until then.
        asked_for: whether it asked for the pause itself, so that waiting is of use.
        window: when the minute that is counted began, and the requests in it.
    """

    slots: threading.Semaphore
    until: float = 0.0
    trouble: Retryable | None = None
    asked_for: bool = False
    window: float = 0.0
    requests: int = 0


class Hosts:
    """Keeps requests to each host within bounds, and leaves alone for a while a host that is down or asked to wait.

    Args:
        limits: the bounds.
        clock: time.
    """

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits, self._clock = limits, clock
        self._hosts = LRUCache[str, _Host](_LIMIT)
        self._lock = threading.Lock()

    @contextmanager
    def request(self, name: str, deadline: Deadline) -> Iterator[None]:
        """Be one of the requests under way to a host.

        Raises:
            HostPaused: it asked to be left alone, was down a moment ago, or got its requests for this minute.
            DeadlineExceeded: no place became free in time.
        """
        host = self._host(name)
        self._pause(host, deadline)
        self._count(name, host)
        if not host.slots.acquire(timeout=deadline.remaining(self._clock.monotonic())):
            raise DeadlineExceeded(f"Too many requests to {name} are in flight; none finished in time.")
        try:
            yield
        finally:
            host.slots.release()

    def leave_alone(self, name: str, trouble: Retryable, seconds: float | None = None) -> None:
        """Do not ask a host for some seconds.

        Args:
            name: the host.
            trouble: raised for callers without the time to wait.
            seconds: for how long; None when the host asked for the pause itself (``retry_after``), so that callers with
                time left wait for its end.
        """
        host = self._host(name)
        pause = min(trouble.retry_after or 0.0, _LONGEST_PAUSE) if seconds is None else seconds
        until = self._clock.monotonic() + pause
        if until > host.until:
            host.until, host.trouble, host.asked_for = until, trouble, seconds is None

    def _pause(self, host: _Host, deadline: Deadline) -> None:
        now = self._clock.monotonic()
        pause = host.until - now
        if pause <= 0 or host.trouble is None:
            return
        if host.asked_for and pause <= min(self._limits.retry_after_seconds, deadline.remaining(now)):
            self._clock.sleep(pause)
            return
        raise HostPaused(host.trouble.message, remedy=host.trouble.remedy, retry_after=pause)

    def _count(self, name: str, host: _Host) -> None:
        limit, now = self._limits.requests_per_minute, self._clock.monotonic()
        with self._lock:
            if now - host.window >= _MINUTE:
                host.window, host.requests = now, 0
            host.requests += 1
            if limit and host.requests > limit:
                raise HostPaused(
                    f"{name} has received its {limit} requests for this minute.",
                    remedy="Wait, or raise requestsPerMinute if the registry bears more.",
                    retry_after=host.window + _MINUTE - now,
                )

    def _host(self, name: str) -> _Host:
        with self._lock:
            host = self._hosts.get(name)
            if host is None:
                host = self._hosts[name] = _Host(threading.Semaphore(self._limits.connections_per_host))
            return host
