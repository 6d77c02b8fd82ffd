"""What is known of each host: how many requests are under way, how many were made, and until when it wants none."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from webhook.clients.registry.options import RegistryOptions
from webhook.errors import DeadlineExceeded, Retryable
from webhook.model.deadlines import Deadline
from webhook.ports import Clock

_MINUTE = 60.0
_LIMIT = 1024


@dataclass(slots=True)
class _Host:
    """One host.

    Attributes:
        slots: one for each request that may be under way.
        until: until when it is not asked (monotonic seconds).
        trouble: why it is not asked until then.
        worth_waiting: whether it asked for the pause itself, so that waiting is of use.
        window: when the minute that is counted began, and the requests in it.
    """

    slots: threading.Semaphore
    until: float = 0.0
    trouble: Retryable | None = None
    worth_waiting: bool = False
    window: float = 0.0
    requests: int = 0


class Hosts:
    """Keeps requests to each host within bounds, and leaves alone for a while a host that is down or asked to wait.

    Args:
        options: the bounds.
        clock: time.
    """

    def __init__(self, options: RegistryOptions, clock: Clock) -> None:
        self._options, self._clock = options, clock
        self._hosts: OrderedDict[str, _Host] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def request(self, name: str, deadline: Deadline) -> Iterator[None]:
        """Be one of the requests under way to a host.

        Raises:
            Retryable: it asked to be left alone, was down a moment ago, or got its requests for this minute.
            DeadlineExceeded: no place became free in time.
        """
        host = self._host(name)
        self._pause(host, deadline)
        self._count(name, host)
        if not host.slots.acquire(timeout=deadline.remaining(self._clock.monotonic())):
            raise DeadlineExceeded(f"Too many requests to {name} are under way; none ended in time.")
        try:
            yield
        finally:
            host.slots.release()

    def leave_alone(self, name: str, seconds: float, trouble: Retryable, *, worth_waiting: bool) -> None:
        """Do not ask a host for some seconds.

        Args:
            name: the host.
            seconds: for how long.
            trouble: raised for who cannot wait.
            worth_waiting: whether it asked for the pause itself, so that who has the time waits for its end.
        """
        host = self._host(name)
        until = self._clock.monotonic() + seconds
        if until > host.until:
            host.until, host.trouble, host.worth_waiting = until, trouble, worth_waiting

    def _pause(self, host: _Host, deadline: Deadline) -> None:
        now = self._clock.monotonic()
        pause = host.until - now
        if pause <= 0 or host.trouble is None:
            return
        if host.worth_waiting and pause <= min(self._options.retry_after_seconds, deadline.remaining(now)):
            self._clock.sleep(pause)
            return
        trouble = host.trouble
        raise Retryable(trouble.message, remedy=trouble.remedy, retry_after=pause)

    def _count(self, name: str, host: _Host) -> None:
        limit, now = self._options.requests_per_minute, self._clock.monotonic()
        with self._lock:
            if now - host.window >= _MINUTE:
                host.window, host.requests = now, 0
            host.requests += 1
            if limit and host.requests > limit:
                raise Retryable(
                    f"{name} has got its {limit} requests for this minute.",
                    remedy="Wait, or raise requestsPerMinute if the registry bears more.",
                    retry_after=host.window + _MINUTE - now,
                )

    def _host(self, name: str) -> _Host:
        with self._lock:
            host = self._hosts.get(name)
            if host is None:
                host = self._hosts[name] = _Host(threading.Semaphore(self._options.connections_per_host))
                if len(self._hosts) > _LIMIT:
                    self._hosts.popitem(last=False)
            return host
