"""Threads for searches, shared so that no slow registry and no namespace can occupy all of them.

A search of a registry that accepts connections and stays silent holds its thread for up to a minute. So the threads
are bounded per host, and a namespace gets at most half of a host's threads and half of all. Work that is not eligible
waits, and never delays work that is.
"""

from __future__ import annotations

import queue
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from webhook.errors import ConfigError, DeadlineExceeded

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class LaneLimits:
    """How many searches one process runs at a time."""

    threads: int = field(
        default=64,
        metadata={
            "help": ("Concurrent SBOM searches and tag lookups per worker. A namespace gets at most half of them.")
        },
    )
    threads_per_host: int = field(
        default=8,
        metadata={
            "help": (
                "Concurrent searches and lookups at a registry per worker, so that a slow registry "
                "does not delay the images of others. A namespace gets at most half of them."
            )
        },
    )

    def check(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: for the first such value.
        """
        for name, value in (("threads", self.threads), ("threadsPerHost", self.threads_per_host)):
            if value < 1:
                raise ConfigError(f"search.{name} is {value}; it has to be at least 1.")

    def places(self, host: str, tenant: str) -> tuple[tuple[tuple[str, str], int], ...]:
        """The counters that a work belongs to, each with its limit."""
        limits: list[tuple[tuple[str, str], int]] = []
        if host:
            limits.append(((host, ""), self.threads_per_host))
        if tenant:
            limits.append((("", tenant), max(1, self.threads // 2)))
        if host and tenant:
            limits.append(((host, tenant), max(1, self.threads_per_host // 2)))
        return tuple(limits)


class _Work:
    __slots__ = ("done", "host", "places", "run", "tenant")

    def __init__(self, run: Callable[[], Any], host: str, tenant: str, limits: LaneLimits) -> None:
        self.run, self.host, self.tenant = run, host, tenant
        self.places = limits.places(host, tenant)
        self.done: Future[Any] = Future()


class LaneExecutor:
    """Runs work on native threads within :class:`LaneLimits`; waiting namespaces take turns.

    Args:
        limits: how many works run at a time.
        name: prefix of the threads' names.
        most_waiting: works that may wait for a thread; further ones are refused, so that a flood costs no memory.
    """

    def __init__(self, limits: LaneLimits, name: str, *, most_waiting: int = 10_000) -> None:
        self._limits, self._name, self._most_waiting = limits, name, most_waiting
        self._lock = threading.Lock()
        self._running: Counter[tuple[str, str]] = Counter()
        self._waiting: OrderedDict[str, deque[_Work]] = OrderedDict()  # by tenant
        self._busy, self._started, self._length = 0, 0, 0
        self._ready: queue.SimpleQueue[_Work] = queue.SimpleQueue()

    def submit(self, run: Callable[[], _Result], host: str = "", tenant: str = "") -> Future[_Result]:
        """Have work done when its lanes are free; never blocks.

        Args:
            run: the work.
            host: the outside host that it will wait for; empty when that is no single one.
            tenant: the namespace on whose behalf it is done; empty for nobody's.

        Raises:
            DeadlineExceeded: so much work is waiting that its turn would come too late.
        """
        work = _Work(run, host, tenant, self._limits)
        with self._lock:
            if self._is_eligible(work):
                self._hand_out(work)
            elif self._length >= self._most_waiting:
                raise DeadlineExceeded("Too many searches are running.", remedy="Try again in a moment.")
            else:
                self._waiting.setdefault(tenant, deque()).append(work)
                self._length += 1
        return work.done

    def _is_eligible(self, work: _Work) -> bool:
        return self._busy < self._limits.threads and all(self._running[place] < most for place, most in work.places)

    def _hand_out(self, work: _Work) -> None:
        """Count the work as running and give it to a thread; the lock is held."""
        self._busy += 1
        for place, _ in work.places:
            self._running[place] += 1
        self._ready.put(work)
        if self._busy > self._started:
            self._started += 1
            # Daemons: what nobody waits for must not keep a process from ending.
            threading.Thread(target=self._serve, name=f"{self._name}-{self._started}", daemon=True).start()

    def _serve(self) -> None:
        while True:
            self._do(self._ready.get())

    def _do(self, work: _Work) -> None:
        problem: BaseException | None = None
        result: Any = None
        try:
            result = work.run()
        except BaseException as raised:  # the caller that waits for the work gets it
            problem = raised
        with self._lock:
            self._busy -= 1
            for place, _ in work.places:
                self._running[place] -= 1
                if not self._running[place]:
                    del self._running[place]
            self._hand_out_waiting()
        if problem is None:
            work.done.set_result(result)
        else:
            work.done.set_exception(problem)

    def _hand_out_waiting(self) -> None:
        """Start what may run now, one work of each namespace in turn; the lock is held."""
        blocked = 0
        while self._waiting and blocked < len(self._waiting) and self._busy < self._limits.threads:
            tenant, works = next(iter(self._waiting.items()))
            work = next((work for work in works if self._is_eligible(work)), None)
            self._waiting.move_to_end(tenant)
            if work is None:
                blocked += 1
                continue
            blocked = 0
            works.remove(work)
            self._length -= 1
            if not works:
                del self._waiting[tenant]
            self._hand_out(work)
