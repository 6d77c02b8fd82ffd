"""Sightings: notes of images seen at admission, kept off the admission path."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace

from webhook.errors import BomgateError
from webhook.model.records import Sighting
from webhook.ports import SightingStore

log = logging.getLogger("bomgate.sightings")
_LIMIT = 10_000


class SightingNotes:
    """Collects sightings in memory and writes them to the store from time to time.

    Equal sightings between two writes become one, so that a busy cluster costs the database one row an image.

    Args:
        store: where they go.
    """

    def __init__(self, store: SightingStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._notes: dict[tuple[str | None, str], Sighting] = {}
        self.dropped = 0

    def saw(self, sighting: Sighting) -> None:
        """Take a note; when too many wait to be written, it is dropped and counted."""
        key = (sighting.digest, sighting.name)
        noted = self._notes.get(key)
        if noted is not None and (noted.refused or not sighting.refused):
            return  # noted a moment ago; one look without the lock is what most requests of a busy cluster cost
        with self._lock:
            known = self._notes.get(key)
            if known is None and len(self._notes) >= _LIMIT:
                self.dropped += 1
                return
            refused = sighting.refused or (known is not None and known.refused)
            self._notes[key] = replace(sighting, refused=refused)

    def take_dropped(self) -> int:
        """How many notes were dropped since this was last asked."""
        with self._lock:
            dropped, self.dropped = self.dropped, 0
            return dropped

    def flush(self) -> None:
        """Write what has been noted; after a failure the notes are kept for the next time."""
        with self._lock:
            notes, self._notes = self._notes, {}
        if not notes:
            return
        try:
            self._store.record(tuple(notes.values()))
        except BomgateError as problem:
            log.warning("sightings not written", extra={"error": problem.message, "waiting": len(notes)})
            with self._lock:
                self._notes = {**notes, **self._notes}

    def run(self, stop: threading.Event, interval_seconds: float = 5.0) -> None:
        """Flush until ``stop`` is set, and once more; meant for a thread of its own."""
        while not stop.wait(interval_seconds):
            self.flush()
        self.flush()
