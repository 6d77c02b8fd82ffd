"""Work that is under way, shared by all callers that need the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from webhook.ports import Background

_Key = TypeVar("_Key", bound=Hashable)
_Result = TypeVar("_Result")


@dataclass(slots=True)
class _Flight(Generic[_Result]):
    """One work, and who is called with its result."""

    task: Future[_Result] | None = None
    followers: list[Callable[[_Result], None]] = field(default_factory=list)


class SingleFlight(Generic[_Key, _Result]):
    """Does the work of each key once at a time.

    Args:
        background: does it.
    """

    def __init__(self, background: Background) -> None:
        self._background = background
        self._lock = threading.RLock()  # one that does the work at once comes back here
        self._flights: dict[_Key, _Flight[_Result]] = {}

    def join(
        self,
        key: _Key,
        work: Callable[[], _Result],
        known: Callable[[], _Result | None] = lambda: None,
        then: Callable[[_Result], None] | None = None,
        *,
        host: str = "",
        tenant: str = "",
    ) -> Future[_Result] | _Result:
        """Join the work of a key, or begin it.

        Args:
            key: of the work.
            work: remembers its result where ``known`` finds it.
            known: a result from memory; looked at when nothing is under way, because something may just have ended.
            then: called with the result, on the thread that got it, before those who wait for it go on.
            host: see :class:`webhook.ports.Background`.
            tenant: likewise.

        Returns:
            The result itself where memory has it.

        Raises:
            DeadlineExceeded: so much work is waiting that its turn would come too late.
        """
        with self._lock:
            flight = self._flights.get(key)
            if flight is None:
                result = known()
                if result is not None:
                    return result
                flight = self._flights[key] = _Flight()
            if then is not None:
                flight.followers.append(then)
            if flight.task is None:
                try:
                    flight.task = self._background.start(lambda: self._do(key, work), host=host, tenant=tenant)
                except BaseException:
                    del self._flights[key]
                    raise
            return flight.task

    def _do(self, key: _Key, work: Callable[[], _Result]) -> _Result:
        followers: list[Callable[[_Result], None]] = []
        try:
            result = work()
        finally:
            with self._lock:
                followers = self._flights.pop(key).followers
        for follower in followers:
            follower(result)
        return result
