"""Rereading in the controller: documents are read again after an update, and unreferenced ones are removed."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable

from webhook.engines.rereader import Rereader
from webhook.model.records import OutdatedCounts
from webhook.ports import DocumentStore

log = logging.getLogger("bomgate.rereading")

_INTERVAL = 60.0
_PURGED = 2_000
_READ = 200
"""Documents that are looked at for whether they are needed, and that are read, in one pass, so that it ends soon and
other writers are not held up."""


class RereadDuty:
    """Reads documents again and removes those that no SBOM names; a ``Duty``.

    Args:
        rereader: reads them.
        documents: where they are.
        publish: is told what is left.
    """

    name = "documents"
    interval_seconds = _INTERVAL

    def __init__(self, rereader: Rereader, documents: DocumentStore, publish: Callable[[OutdatedCounts], None]) -> None:
        self._rereader, self._documents, self._publish = rereader, documents, publish
        self._purged = ""

    def run(self) -> None:
        """One pass.

        Raises:
            StoreError: the store did not answer.
        """
        _, self._purged = self._documents.purge(_PURGED, self._purged)
        done = list(itertools.islice(self._rereader.run(), _READ))
        if len(done) < _READ:
            self._rereader.start_over()
        switched, counts = self._rereader.advance(), self._rereader.counts()
        self._publish(counts)
        if switched or any(not reading.reason for reading in done):
            extra = {"read": len(done), "switched": switched, "waiting": counts.waiting, "to_ask": counts.to_ask}
            log.info("SBOMs were read again", extra=extra)
