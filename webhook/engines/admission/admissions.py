"""Admissions: notes of the digests of tags when objects were admitted, for updates that pin them later."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from webhook.engines.admission.notes import Notes
from webhook.errors import BomgateError
from webhook.model.images import Digest
from webhook.model.records import AdmittedImage
from webhook.policy.admissions import later

if TYPE_CHECKING:
    from webhook.model.workloads import WorkloadPlace
    from webhook.ports import AdmissionStore, Clock

log = logging.getLogger("bomgate.notes")
KEPT = dt.timedelta(days=180)
"""How long a note is kept. For older objects, running Pods say the same."""
_PRUNE_SECONDS = 3600.0


class PastAdmissions:
    """Reads notes and takes none: a check from the command line admits nothing.

    Args:
        store: where it is.
    """

    def __init__(self, store: AdmissionStore) -> None:
        self._store = store

    def note(self, image: AdmittedImage, of: WorkloadPlace | None = None) -> None:
        """Do nothing."""

    def admitted(self, uids: Collection[str], names: Collection[str]) -> Sequence[AdmittedImage]:
        """See :class:`webhook.ports.AdmittedImages`.

        Raises:
            StoreError: the database does not answer.
        """
        return self._store.find(uids, names)


class AdmissionNotes(Notes[tuple[str, str, Digest], AdmittedImage]):
    """Collects notes and reads them back, including unwritten ones; implements ``AdmittedImages``.

    Args:
        store: where they go.
        clock: time.
    """

    def __init__(self, store: AdmissionStore, clock: Clock) -> None:
        super().__init__("admissions", store.record, later)
        self._store, self._clock = store, clock
        self._pruned = clock.monotonic()

    def note(self, image: AdmittedImage, of: WorkloadPlace | None = None) -> None:
        """Take a note. If too many wait to be written, it is dropped and counted."""
        self.take((image.uid, image.name, image.digest), image)

    def admitted(self, uids: Collection[str], names: Collection[str]) -> Sequence[AdmittedImage]:
        """The notes about some tagged names of objects with these UIDs.

        Raises:
            StoreError: the database does not answer.
        """
        waiting = [image for image in list(self.waiting.values()) if image.uid in uids and image.name in names]
        return [*self._store.find(uids, names), *waiting]

    def flush(self) -> None:
        """Write the notes, and once an hour delete old ones."""
        super().flush()
        if self._clock.monotonic() >= self._pruned + _PRUNE_SECONDS:
            self._pruned = self._clock.monotonic()
            self._forget()

    def _forget(self) -> None:
        try:
            self._store.prune(self._clock.now() - KEPT)
        except BomgateError as problem:
            log.warning("old admissions not removed", extra={"error": problem.message})
