"""Sightings: notes of images seen at admission, kept off the admission path."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from webhook.engines.checking.notes import Notes
from webhook.model.records import Sighting

if TYPE_CHECKING:
    from webhook.ports import SightingStore


class NoSightings:
    """Takes no notes; implements ``SightingSink``: a check from the command line admits nothing."""

    def saw(self, sighting: Sighting) -> None:
        """Do nothing."""


class SightingNotes(Notes[tuple[str | None, str], Sighting]):
    """Collects sightings; equal ones between two writes become one row an image.

    Args:
        store: where they go.
    """

    def __init__(self, store: SightingStore) -> None:
        super().__init__("sightings", store.record, _merged)

    def saw(self, sighting: Sighting) -> None:
        """Take a note; when too many wait to be written, it is dropped and counted."""
        key = (sighting.digest, sighting.name)
        noted = self.waiting.get(key)
        if noted is not None and (noted.refused or not sighting.refused):
            return  # noted a moment ago; one look without the lock is what most requests of a busy cluster cost
        self.take(key, sighting)


def _merged(former: Sighting, new: Sighting) -> Sighting:
    return replace(new, refused=former.refused or new.refused)
