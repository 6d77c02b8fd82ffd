"""Components of images that were just seen and were never looked up, before the next download run.

Without it a new image would stay *unknown* until the night. Only components that were never asked, of images seen at
admission or running, are asked, a few at a time and not more than so many a day, so that the budget of the nightly run
stays what its settings say. It is not recorded as a run, and yields to runs that are.
"""

from __future__ import annotations

import datetime as dt
import itertools
import logging
from collections.abc import Mapping, Sequence

from webhook.engines.controlling.options import ControllerOptions
from webhook.engines.downloading.aside import aside
from webhook.engines.downloading.downloader import Downloader, DownloadRunningError
from webhook.errors import Retryable
from webhook.model.downloads import WantedComponent
from webhook.ports import Clock, RunStore

log = logging.getLogger("bomgate.urgent")

_HOUR, _DAY = 3600.0, 86400.0
_RESTS: Mapping[str, float] = {
    "ossindex-out-of-credits": _DAY,
    "ossindex-no-credentials": _DAY,
    "ossindex-credentials-refused": _DAY,
    "ossindex-forbidden": _DAY,
    "ossindex-slow-down": _HOUR,
}
"""Pause in seconds after a refusal, by its code: further requests would cost what the nightly run needs."""
_SHARE = 20.0
"""Looking for work in the store takes at most one part in so many of the time."""


class UrgentDuty:
    """Asks for what is urgent; a ``Duty``.

    Args:
        downloader: as the nightly run has it.
        clock: time.
        options: how much.
        name: of the duty.
    """

    def __init__(
        self, downloader: Downloader, clock: Clock, options: ControllerOptions, *, name: str = "urgent"
    ) -> None:
        self.name = name
        self._downloader, self._clock, self._options = downloader, clock, options
        self._rest_until = 0.0
        self._day = dt.date.min
        self._asked_today = 0
        self._cost = 0.0

    @property
    def interval_seconds(self) -> float:
        """Seconds between the end of one pass and the start of the next; more when looking takes long."""
        return max(self._options.urgent_seconds, self._cost * _SHARE)

    def run(self) -> None:
        """Ask for a few components, unless there are none, the day's share is used up, or a run is going on.

        Raises:
            StoreError: the store did not answer.
            Retryable: the source did not; it is asked again soon.
        """
        began = self._clock.monotonic()
        room = self._room()
        if room <= 0 or began < self._rest_until or self._runs.holder() is not None:
            return
        chosen = self._chosen(room)
        self._cost = self._clock.monotonic() - began
        if chosen:
            self._ask(chosen)

    @property
    def _runs(self) -> RunStore:
        return self._downloader.runs

    def _room(self) -> int:
        today = self._clock.now().date()
        if today != self._day:
            self._day, self._asked_today = today, 0
        return min(self._options.urgent_components, self._options.urgent_per_day - self._asked_today)

    def _chosen(self, room: int) -> list[WantedComponent]:
        now = self._clock.now()
        wanted = self._downloader.components.wanted(now=now, ttl=self._downloader.options.due_after)
        # The order of work has those that were seen first, and among them those never asked.
        urgent = itertools.takewhile(lambda component: component.seen and component.never_asked, wanted)
        return list(itertools.islice(urgent, room))

    def _ask(self, chosen: Sequence[WantedComponent]) -> None:
        try:
            report = aside(self._downloader, chosen).run()
        except DownloadRunningError:
            return  # it began a moment ago, and asks for the same first
        self._asked_today += report.asked
        extra = {"asked": report.asked, "answered": report.answered, "vulnerable": report.vulnerable}
        log.info("urgent components asked", extra=extra)
        if report.complete:
            return
        rest = _RESTS.get(report.stopped_code)
        if rest is None:
            raise Retryable(f"Not all urgent components were queried. {report.stopped_by}")
        self._rest_until = self._clock.monotonic() + rest
        why = {"error": report.stopped_by, "code": report.stopped_code, "hours": f"{rest / _HOUR:g}"}
        log.warning("urgent components are not asked for a while", extra=why)
