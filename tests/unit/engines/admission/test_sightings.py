"""Notes of seen images."""

from __future__ import annotations

from collections.abc import Sequence

from tests.fakes import FakeClock
from tests.worlds import digest_of
from webhook.engines.admission.sightings import SightingNotes
from webhook.errors import StoreError
from webhook.model.actions import Action
from webhook.model.images import parse_image
from webhook.model.records import Sighting
from webhook.model.verdicts import ImageVerdict, Verdict, WorkloadVerdict


class Recorder:
    def __init__(self) -> None:
        self.batches: list[Sequence[Sighting]] = []
        self.down = False

    def record(self, sightings: Sequence[Sighting]) -> None:
        if self.down:
            raise StoreError("locked")
        self.batches.append(sightings)


def verdict(*names: str, refused: bool = False) -> WorkloadVerdict:
    action = Action.DENY if refused else Action.ALLOW
    images = [Verdict(action, parse_image(name), digest_of(name)) for name in names]
    return WorkloadVerdict(action, tuple(ImageVerdict(image, ()) for image in images))


def notes_to(recorder: Recorder) -> SightingNotes:
    return SightingNotes(recorder, FakeClock())


def test_equal_sightings_become_one_and_a_refusal_is_kept() -> None:
    recorder = Recorder()
    notes = notes_to(recorder)
    for refused in (False, True, False):
        notes.saw(verdict("a", refused=refused))
    notes.saw(verdict("b"))
    notes.flush()
    assert [(batch.name, batch.refused) for batch in recorder.batches[0]] == [
        ("docker.io/library/a:latest", True),
        ("docker.io/library/b:latest", False),
    ]
    notes.flush()
    assert len(recorder.batches) == 1


def test_notes_survive_a_store_that_does_not_take_them() -> None:
    recorder = Recorder()
    notes = notes_to(recorder)
    notes.saw(verdict("a"))
    recorder.down = True
    notes.flush()
    recorder.down = False
    notes.saw(verdict("b"))
    notes.flush()
    assert sorted(batch.name for batch in recorder.batches[0]) == [
        "docker.io/library/a:latest",
        "docker.io/library/b:latest",
    ]


def test_too_many_notes_are_dropped_and_counted() -> None:
    notes = notes_to(Recorder())
    for number in range(10_003):
        notes.saw(verdict(str(number)))
    assert notes.take_dropped() == 3
    assert notes.take_dropped() == 0


def test_what_was_written_is_noted_again_when_it_is_seen_again() -> None:
    recorder = Recorder()
    notes = notes_to(recorder)
    seen = verdict("a", "b")
    for _ in range(3):
        notes.saw(seen)
    notes.flush()
    notes.saw(seen)
    notes.flush()
    assert [len(batch) for batch in recorder.batches] == [2, 2]
