"""Notes of seen images."""

from __future__ import annotations

from collections.abc import Sequence

from tests.fakes import NOON
from tests.worlds import digest_of
from webhook.engines.checking.sightings import SightingNotes
from webhook.errors import StoreError
from webhook.model.records import Sighting


class Recorder:
    def __init__(self) -> None:
        self.batches: list[Sequence[Sighting]] = []
        self.down = False

    def record(self, sightings: Sequence[Sighting]) -> None:
        if self.down:
            raise StoreError("locked")
        self.batches.append(sightings)


def sighting(name: str, *, refused: bool = False) -> Sighting:
    return Sighting(digest_of(name), name, NOON, refused)


def test_equal_sightings_become_one_and_a_refusal_is_kept() -> None:
    recorder = Recorder()
    notes = SightingNotes(recorder)
    for refused in (False, True, False):
        notes.saw(sighting("a", refused=refused))
    notes.saw(sighting("b"))
    notes.flush()
    assert [(one.name, one.refused) for one in recorder.batches[0]] == [("a", True), ("b", False)]
    notes.flush()
    assert len(recorder.batches) == 1


def test_notes_survive_a_store_that_does_not_take_them() -> None:
    recorder = Recorder()
    notes = SightingNotes(recorder)
    notes.saw(sighting("a"))
    recorder.down = True
    notes.flush()
    recorder.down = False
    notes.saw(sighting("b"))
    notes.flush()
    assert sorted(one.name for one in recorder.batches[0]) == ["a", "b"]


def test_too_many_notes_are_dropped_and_counted() -> None:
    notes = SightingNotes(Recorder())
    for number in range(10_003):
        notes.saw(Sighting(None, str(number), NOON))
    assert notes.take_dropped() == 3
    assert notes.take_dropped() == 0
