"""The clock of this machine, for the few tests and benchmarks in which time has to pass."""

from __future__ import annotations

import datetime as dt
import time


class RealClock:
    """Time as it is."""

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
