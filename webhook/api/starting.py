"""Starting: what the processes of one server know of each other, and how many files they may open."""

from __future__ import annotations

import logging
import mmap
import resource

log = logging.getLogger("bomgate.start")
_OTHER_FILES = 224
"""What a process has open besides connections: libraries, the database, searches, metrics."""


class StartBoard:
    """Which of a server's processes have loaded, and how many connections each has; in memory that they share.

    Args:
        workers: how many processes there are to be.
    """

    _FREE, _STARTING, _LOADED = range(3)

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._shared = mmap.mmap(-1, 1 + 4 * workers)  # the first byte: all were loaded once
        self._connections = memoryview(mmap.mmap(-1, 4 * len(self._shared))).cast("I")

    def take(self) -> int:
        """A place for a process that is about to be started; called by the parent alone."""
        place = next(
            (at for at in range(1, len(self._shared)) if self._shared[at] == self._FREE), len(self._shared) - 1
        )
        self._shared[place] = self._STARTING
        return place

    def leave(self, place: int) -> None:
        """Forget a process that has ended; called by the parent alone."""
        self._shared[place] = self._FREE
        self._connections[place] = 0

    def loaded(self, place: int) -> None:
        """Note the first load of a process; called by itself."""
        self._shared[place] = self._LOADED
        if self._count() >= self._workers:
            self._shared[0] = 1

    def connected(self, place: int, number: int) -> None:
        """Note how many connections a process has; called by itself."""
        self._connections[place] = number

    def have_fewer(self, place: int) -> bool:
        """Whether another process that can decide has fewer connections than the one at a place."""
        own = self._connections[place]
        return any(
            state == self._LOADED and number < own
            for state, number in zip(self._shared[1:], self._connections[1:], strict=True)
        )

    @property
    def any_loaded(self) -> bool:
        """Whether some process can decide."""
        return self._count() > 0

    def starting(self) -> str | None:
        """Why the server is not ready: at its start all processes have to load, later one is enough."""
        if self._shared[0]:
            return None if self.any_loaded else "no worker has loaded the read model"
        return f"{self._count()} of {self._workers} workers have loaded the read model"

    def _count(self) -> int:
        return sum(state == self._LOADED for state in self._shared[1:])


def raise_open_files(connections: int) -> int:
    """Raise the soft limit of open files as far as it is needed, and may be; how many connections it leaves room for.

    Args:
        connections: that a process is to hold.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return connections
    fewer = max(soft - _OTHER_FILES, soft // 3)
    log.warning(
        "the limit of open files leaves room for fewer connections than serve.connections",
        extra={"open_files": soft, "connections": fewer, "serve.connections": connections},
    )
    return fewer
