"""Keeping the lease of a run: renewed by a thread that does nothing else, so that a slow source cannot end it.

A run that was killed is followed by the next one as soon as its lease has ended. A run that was paused for longer than
that finds its lease ended when it goes on; the store refuses what it brings, whether or not another run has begun.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from dataclasses import dataclass
from types import TracebackType

from webhook.errors import StoreError
from webhook.model.leases import Lease
from webhook.ports import Clock, RunStore

log = logging.getLogger("bomgate.download")

_JOIN_SECONDS = 5.0
_RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class LeasePace:
    """How long a lease lasts and how it is kept.

    Attributes:
        duration_seconds: it ends after that without a renewal.
        renew_seconds: between two renewals.
        patience_seconds: how long a run waits at its start for a lease that nobody renews; more than the duration.
    """

    duration_seconds: float = 25.0
    renew_seconds: float = 10.0
    patience_seconds: float = 28.0

    @property
    def duration(self) -> dt.timedelta:
        """How long a lease lasts without a renewal."""
        return dt.timedelta(seconds=self.duration_seconds)


class LeaseKeeper:
    """Renews the lease of a run until the run ends; a context manager.

    Args:
        runs: where the lease is.
        lease: taken a moment ago.
        pace: how often it is renewed.
        clock: time.
    """

    def __init__(self, runs: RunStore, lease: Lease, pace: LeasePace, clock: Clock) -> None:
        self.lease = lease
        self._runs, self._pace, self._clock = runs, pace, clock
        self._renewed_at = clock.monotonic()
        self._is_lost = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="download-lease", daemon=True)

    def __enter__(self) -> LeaseKeeper:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        # A renewal under way uses the store, which is closed next. A database that is silent holds nobody up.
        self._thread.join(_JOIN_SECONDS)

    def holds(self) -> bool:
        """Whether the lease is in force as far as this process can tell without asking the store."""
        return not self._is_lost and self._clock.monotonic() - self._renewed_at < self._pace.duration_seconds

    def renew(self) -> None:
        """Renew the lease once.

        Raises:
            StoreError: the store does not answer; the lease goes on to its end.
        """
        before = self._clock.monotonic()
        if self._runs.renew(self.lease, duration=self._pace.duration):
            self._renewed_at = before
        elif not self._is_lost and not self._ended.is_set():  # a run that has ended gives its lease back meanwhile
            self._is_lost = True
            log.error("the lease of the run has ended; nothing more is committed", extra={"fence": self.lease.fence})

    def check(self) -> None:
        """Refuse to go on when the store said that the lease has ended.

        Raises:
            LeaseLost: it did.
        """
        if self._is_lost:
            raise self.lease.lost()

    def _keep(self) -> None:
        pause = self._pace.renew_seconds
        while not self._is_lost and not self._ended.wait(pause):
            pause = self._pace.renew_seconds
            try:
                self.renew()
            except StoreError as problem:
                pause = min(pause, _RETRY_SECONDS)
                log.warning("lease not renewed", extra={"error": problem.message, "remedy": problem.remedy})
