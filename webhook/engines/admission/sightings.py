"""Sightings: notes of images seen at admission, kept off the admission path."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from msgspec.structs import replace

from webhook.engines.admission.notes import Notes
from webhook.model.actions import Action
from webhook.model.records import Sighting
from webhook.model.verdicts import WorkloadVerdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webhook.ports import Clock, SightingStore

_MOST_RECENT = 2_000


def sightings_of(verdict: WorkloadVerdict, at: dt.datetime) -> Iterator[Sighting]:
    """The sightings of a workload, one for each image."""
    for judged in verdict.images:
        one = judged.verdict
        yield Sighting(one.digest, one.image.tagged, at, refused=one.action is Action.DENY)


class SightingNotes(Notes[tuple[str | None, str], Sighting]):
    """Collects sightings. Between two writes, equal ones become one row per image.

    Args:
        store: where they go.
        clock: time.
    """

    def __init__(self, store: SightingStore, clock: Clock) -> None:
        super().__init__("sightings", store.record, _merged)
        self._clock = clock
        self._recent: dict[int, WorkloadVerdict] = {}

    def saw(self, verdict: WorkloadVerdict) -> None:
        """Note each image. If too many wait to be written, some are dropped and counted."""
        recent = self._recent
        if id(verdict) in recent:
            return  # noted just now; in a busy cluster most requests cost only this look without the lock
        is_noted = True
        for sighting in sightings_of(verdict, self._clock.now()):
            key = (sighting.digest, sighting.name)
            noted = self.waiting.get(key)
            if noted is None or (sighting.refused and not noted.refused):
                self.take(key, sighting)
                is_noted = is_noted and key in self.waiting
        if is_noted and len(recent) < _MOST_RECENT:
            recent[id(verdict)] = verdict

    def flush(self) -> None:
        """Write the notes. What is seen from now on is noted again."""
        self._recent = {}
        super().flush()


def _merged(former: Sighting, new: Sighting) -> Sighting:
    return replace(new, refused=former.refused or new.refused)
