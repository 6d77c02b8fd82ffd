"""New components are matched with advisories within seconds, so that a new image need not wait for the night."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from webhook.engines.matching.matcher import Matcher
from webhook.model.advisories import AdvisorySetInfo

log = logging.getLogger("bomgate.matching")


class MatchDuty:
    """Matches what is new; a ``Duty``. When the advisories were replaced, everything is.

    Args:
        matcher: compares.
        publish: told of the sets of advisories that there are.
        interval_seconds: between the end of one pass and the start of the next.
    """

    name = "matching"

    def __init__(
        self, matcher: Matcher, publish: Callable[[Sequence[AdvisorySetInfo]], None], interval_seconds: float
    ) -> None:
        self._matcher, self._publish, self._interval = matcher, publish, interval_seconds

    @property
    def interval_seconds(self) -> float:
        """Seconds between the end of one pass and the start of the next."""
        return self._interval

    def run(self) -> None:
        """Match what is new.

        Raises:
            StoreError: the store did not answer.
        """
        report = self._matcher.match()
        if report.matched:
            extra = {"matched": report.matched, "vulnerable": report.vulnerable, "assessed": report.auto_assessed}
            log.info("components matched with advisories", extra=extra)
        self._publish(self._matcher.store.sets())
