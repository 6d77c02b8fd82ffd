"""Matching in the controller: new components within seconds, and sources of advisories when they are due."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from webhook.engines.matching.exploits import ExploitUpdater
from webhook.engines.matching.matcher import Matcher
from webhook.engines.matching.sources import SetState, SourceSchedule

log = logging.getLogger("bomgate.matching")


@dataclass(frozen=True, slots=True)
class MatchParts:
    """What matches, and what brings up to date.

    Attributes:
        matcher: compares components with advisories.
        exploits: keeps data about attacks.
        schedule: knows which sources are due.
        read_vex: reads those of some names again that have VEX documents.
    """

    matcher: Matcher
    exploits: ExploitUpdater
    schedule: SourceSchedule
    read_vex: Callable[[frozenset[str]], None] = lambda _names: None


class MatchDuty:
    """Matches what is new, and what advisories that were replaced are about; a ``Duty``.

    Args:
        parts: what it works with.
        publish: told of the sets that the settings ask for.
        interval_seconds: between the end of one pass and the start of the next.
    """

    name = "matching"

    def __init__(
        self, parts: MatchParts, publish: Callable[[Sequence[SetState]], None], interval_seconds: float
    ) -> None:
        self._parts, self._publish, self._interval = parts, publish, interval_seconds

    @property
    def interval_seconds(self) -> float:
        """Seconds between the end of one pass and the start of the next."""
        return self._interval

    def run(self) -> None:
        """Ask the sources that are due, and match what is new.

        Raises:
            StoreError: the store did not answer.
        """
        parts = self._parts
        if due := parts.schedule.due():
            parts.read_vex(due)
            parts.exploits.update(due)
            report = parts.matcher.update(due)
            parts.exploits.refresh()
        else:
            report = parts.matcher.match()
        if report.matched:
            extra = {"matched": report.matched, "vulnerable": report.vulnerable, "assessed": report.auto_assessed}
            log.info("components matched with advisories", extra=extra)
        self._publish(parts.schedule.states())
