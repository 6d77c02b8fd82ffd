"""VEX in the controller: sources are read again, so that withdrawn documents stop counting."""

from __future__ import annotations

import logging

from webhook.engines.vexintake import VexIntake

log = logging.getLogger("bomgate.vex")


class VexDuty:
    """Reads the sources of VEX documents again; a ``Duty``.

    Args:
        intake: reads them.
        names: of the sources that have no interval.
        interval_seconds: between the end of one pass and the start of the next.
    """

    name = "vex"

    def __init__(self, intake: VexIntake, names: frozenset[str], interval_seconds: float) -> None:
        self._intake, self._names, self._interval = intake, names, interval_seconds

    @property
    def interval_seconds(self) -> float:
        """Seconds between the end of one pass and the start of the next."""
        return self._interval

    def run(self) -> None:
        """Read them.

        Raises:
            StoreError: the store did not answer.
        """
        read_vex(self._intake, self._names)


def read_vex(intake: VexIntake, names: frozenset[str]) -> None:
    """Read some sources of VEX documents again, and log what has changed.

    Raises:
        StoreError: the store did not answer.
    """
    for update in intake.update(names):
        if update.new or update.gone:
            extra = {"source": update.source, "new": update.new, "gone": update.gone}
            log.info("VEX documents of a source have changed", extra=extra)
        if update.kept:
            extra = {"source": update.source, "kept": update.kept}
            log.warning("VEX documents stay as they were, because their files cannot be read", extra=extra)
        for problem in update.problems:
            log.warning("a VEX document was not read", extra={"source": update.source, "error": problem})
