"""Admissions: which of the notes about a tag count.

Whoever reaches the port can send a review of an object that is there, in the words of the real one, and the tag may
point elsewhere by then. The API server has written the object once, so one review of that write was real. That is the
first: before a creation nobody knew the object's UID. Before an update somebody may have guessed what it will be, and
gains no more than a digest that the tag stood for then, and that was not denied then.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from webhook.model.images import Digest
from webhook.model.records import AdmittedImage


def later(former: AdmittedImage, new: AdmittedImage) -> AdmittedImage:
    """The one to keep of two notes of the same tag and digest: that of the later write, and of one write the first."""
    if _write(former) == _write(new):
        return min(former, new, key=lambda note: note.at)
    return max(former, new, key=_write)


def first_of_each_write(notes: Iterable[AdmittedImage]) -> Sequence[AdmittedImage]:
    """The notes without those that came after another one of the same write of the same object, oldest write first."""
    first: dict[tuple[str, str, dt.datetime], AdmittedImage] = {}
    for note in sorted(notes, key=lambda note: (_write(note), note.at)):
        first.setdefault((note.uid, note.name, _write(note)), note)
    return list(first.values())


def newest(notes: Iterable[AdmittedImage]) -> Mapping[str, Digest]:
    """What each tagged name stood for when its object was written last."""
    return {note.name: note.digest for note in first_of_each_write(notes)}


def _write(note: AdmittedImage) -> dt.datetime:
    """When the object was written; without that, each note is of a write apart."""
    return note.written or note.at
