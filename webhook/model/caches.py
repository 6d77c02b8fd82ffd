"""Caches: values that are believed for a while, and locks for one key at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from cachetools import TLRUCache

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class KeyLocks(Generic[_Key]):
    """A lock for each key that is in use."""

    def __init__(self) -> None:
        self._locks: dict[_Key, tuple[threading.Lock, int]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def of(self, key: _Key) -> Iterator[None]:
        """Be the only thread with this key."""
        with self.within(key, -1):
            yield

    @contextmanager
    def within(self, key: _Key, seconds: float) -> Iterator[bool]:
        """Whether this is the only thread with this key, after waiting for that.

        Args:
            key: of the lock.
            seconds: the longest wait; negative for any.
        """
        with self._lock:
            lock, users = self._locks.get(key, (threading.Lock(), 0))
            self._locks[key] = lock, users + 1
        try:
            is_ours = lock.acquire(timeout=seconds)
            try:
                yield is_ours
            finally:
                if is_ours:
                    lock.release()
        finally:
            with self._lock:
                _, users = self._locks.pop(key)
                if users > 1:
                    self._locks[key] = lock, users - 1


class TimedCache(Generic[_Key, _Value]):
    """Values that expire, each at its time; when full, the least recently used one goes. Safe to share by threads.

    On the path of every request a plain dict does, because a look into this costs about ten times as much.

    Args:
        limit: most values.
        timer: seconds on a clock that never steps.
    """

    def __init__(self, limit: int, timer: Callable[[], float]) -> None:
        self._values = TLRUCache[_Key, tuple[float, _Value]](limit, lambda _key, entry, _now: entry[0], timer)
        self._timer, self._lock, self._making = timer, threading.Lock(), KeyLocks[_Key]()

    def get(self, key: _Key) -> _Value | None:
        """The value; None when there is none, or its time is up."""
        with self._lock:
            entry = self._values.get(key)
        return None if entry is None else entry[1]

    def put(self, key: _Key, value: _Value, seconds: float) -> None:
        """Keep a value for some seconds, in place of a former one."""
        with self._lock:
            self._values[key] = (self._timer() + seconds, value)

    def forget(self, key: _Key) -> None:
        """Drop a value, if there is one."""
        with self._lock:
            self._values.pop(key, None)

    def get_or_make(self, key: _Key, make: Callable[[], tuple[_Value, float]]) -> _Value:
        """The value, made by one thread for all that want it at the same time; what ``make`` raises is not kept.

        Args:
            key: of the value.
            make: gives the value, and for how many seconds it is kept.
        """
        with self._making.of(key):
            value = self.get(key)
            if value is None:
                value, seconds = make()
                self.put(key, value, seconds)
            return value
