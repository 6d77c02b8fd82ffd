"""Deadlines: one moment, handed down a whole path, by which an answer must be there."""

from __future__ import annotations

import msgspec


class Deadline(msgspec.Struct, frozen=True, gc=False):
    """A moment on the monotonic clock.

    Attributes:
        at: seconds on the clock that ``Clock.monotonic`` reads.
    """

    at: float

    def remaining(self, now: float) -> float:
        """Seconds left at ``now`` (same clock), never negative."""
        return max(0.0, self.at - now)
