"""Changed answers: a member asks its hub at once for what the hub answers differently now."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence

from webhook.engines.downloading.aside import aside
from webhook.engines.downloading.downloader import Downloader, DownloadRunningError
from webhook.errors import Retryable
from webhook.model.downloads import Names, WantedComponent
from webhook.model.purls import Purl
from webhook.ports import Clock, FleetPending

log = logging.getLogger("bomgate.fleet")

_AT_ONCE = 1000
Forms = Callable[[Purl, Sequence[Purl]], Collection[str]]
"""In which coordinates a component is asked for, with its spellings."""


class ChangedAnswersDuty:
    """Asks for components whose answer at the hub has changed; a ``Duty``.

    What is to be asked for stays in the store until the answers are there, so that nothing is lost with the process.

    Args:
        downloader: asks the hub.
        pending: what changed.
        forms: gives the coordinates of components.
        clock: time.
        seconds: between two looks.
    """

    name = "changed-answers"

    def __init__(
        self, downloader: Downloader, pending: FleetPending, forms: Forms, clock: Clock, seconds: float = 1.0
    ) -> None:
        self._downloader, self._pending, self._forms, self._clock = downloader, pending, forms, clock
        self.interval_seconds = seconds

    def run(self) -> None:
        """Ask for all that has changed, a portion at a time.

        Raises:
            StoreError: the store did not answer.
            Retryable: the hub did not; it is asked again soon.
        """
        while True:
            coordinates, revision = self._pending.take(_AT_ONCE)
            if not coordinates:
                return
            chosen = self._chosen(coordinates)
            if chosen and not self._ask(chosen):
                return
            self._pending.settle(coordinates, revision)

    def _chosen(self, coordinates: Sequence[str]) -> list[Purl]:
        """The components of this member that are asked for in one of these coordinates."""
        candidates = self._pending.components(coordinates)
        changed, names = set(coordinates), self._names(candidates)
        return [
            purl
            for purl in candidates
            if not changed.isdisjoint(self._forms(purl, names[purl].spellings if purl in names else ()))
        ]

    def _names(self, purls: Sequence[Purl]) -> Mapping[Purl, Names]:
        return self._downloader.components.names(purls, settled_after=self._clock.now()) if purls else {}

    def _ask(self, purls: Sequence[Purl]) -> bool:
        """Ask for components; whether that is done."""
        chosen = [WantedComponent(purl, never_asked=False, seen=True, images=0) for purl in purls]
        try:
            report = aside(self._downloader, chosen).run()
        except DownloadRunningError:
            return False  # its answers may be older than what is pending
        log.info("answers changed at the hub", extra={"asked": report.asked, "answered": report.answered})
        if not report.complete:
            raise Retryable(f"Not all answers that changed at the hub were queried. {report.stopped_by}")
        return True
