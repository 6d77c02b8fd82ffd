"""The sources of VEX documents are read again by the controller, so that what is withdrawn there stops counting."""

from __future__ import annotations

import logging

from webhook.engines.vexintake import VexIntake

log = logging.getLogger("bomgate.vex")


class VexDuty:
    """Reads the sources of VEX documents again; a ``Duty``.

    Args:
        intake: reads them.
        interval_seconds: between the end of one pass and the start of the next.
    """

    name = "vex"

    def __init__(self, intake: VexIntake, interval_seconds: float) -> None:
        self._intake, self._interval = intake, interval_seconds

    @property
    def interval_seconds(self) -> float:
        """Seconds between the end of one pass and the start of the next."""
        return self._interval

    def run(self) -> None:
        """Read them.

        Raises:
            StoreError: the store did not answer.
        """
        for update in self._intake.update():
            if update.new or update.gone:
                extra = {"source": update.source, "new": update.new, "gone": update.gone}
                log.info("VEX documents of a source have changed", extra=extra)
            for problem in update.problems:
                log.warning("a VEX document was not read", extra={"source": update.source, "error": problem})
