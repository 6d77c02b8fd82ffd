"""Confirmations: what a review leaves behind counts only once the API server has the change it was about.

Whoever reaches the port can send a review, in any name and about any object, and another webhook may refuse what this
one has admitted. So a grant, and a note of what a tag stood for, wait here until the object can be read with what the
review said of it, written at that time. What never comes about is forgotten.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from cachetools import TTLCache
from msgspec import structs

from webhook.errors import BomgateError
from webhook.model.deadlines import Deadline
from webhook.model.grants import BreakGlassGrant
from webhook.model.images import Digest
from webhook.model.owners import LiveObject
from webhook.model.records import AdmittedImage
from webhook.model.workloads import OwnerRef, WorkloadPlace
from webhook.ports import AdmittedImages, Clock, GrantStore, LiveObjects

log = logging.getLogger("bomgate.confirming")
_LOOKS = (1.0, 4.0, 15.0, 65.0)
"""Seconds after a review; the API server ends a request after a minute."""
_AROUND = dt.timedelta(minutes=2)
"""A change written longer before a review is a different one; clocks may differ a little."""
_READ_SECONDS = 2.0
_LIMIT = 10_000
_MOST_AT_ONCE = 200
_MOST_FOR_ONE = 8
"""How many notes a review that needs them may look at, so that flooding notes cannot slow it down."""
_REPEATED_SECONDS = 3600.0
"""How long the next Pod of a controller with the same tag and digest adds nothing."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    place: WorkloadPlace
    content: AdmittedImage | BreakGlassGrant
    since: float
    looks: int = 0

    @property
    def due(self) -> float:
        return self.since + _LOOKS[self.looks]

    def came_about(self, live: LiveObject) -> bool:
        """Whether the live object shows what the review was about."""
        content = self.content
        if isinstance(content, BreakGlassGrant):
            return content.is_proven_by(live.ticket)
        is_new = live.changed >= content.at - _AROUND
        return is_new and live.controller == self.place.controller and live.names(content.name)


class Confirmations:
    """Keeps what reviews leave behind until it is confirmed; implements ``AdmittedImages``.

    Safe to use from several threads. Where there is no cluster to ask, and for kinds that cannot be read there, notes
    are taken as they come.

    Args:
        admissions: where confirmed notes go.
        clock: time.
        live: objects as the API server has them; None where there is no cluster.
        grants: where grants are confirmed; None likewise.
    """

    def __init__(
        self,
        admissions: AdmittedImages,
        clock: Clock,
        live: LiveObjects | None = None,
        grants: GrantStore | None = None,
    ) -> None:
        self._admissions, self._clock, self._live, self._grants = admissions, clock, live, grants
        self._lock = threading.Lock()
        self._waiting: dict[object, _Waiting] = {}
        self._seen: dict[object, None] = {}  # keys of those that were looked at and had not come about
        self._repeated = TTLCache[object, bool](_LIMIT, _REPEATED_SECONDS, clock.monotonic)

    def note(self, image: AdmittedImage, of: WorkloadPlace | None = None) -> None:
        """Note what a tag stood for.

        When too many wait, one that was looked at goes for it; where there is none, the note is dropped.
        """
        key = _said(image)
        if self._live is None or of is None or not self._live.can_read(of.of):
            self._admissions.note(image)
            return
        with self._lock:
            repeated = bool(of.controller) and key in self._repeated
        if not repeated:
            # The place is part of the key, so that a note about a nonexistent object cannot block another one.
            self._wait((*key, of), _Waiting(of, image, self._clock.monotonic()))

    def expect(self, grant: BreakGlassGrant) -> None:
        """Wait for the change behind a grant."""
        key = (grant.namespace, grant.name, grant.uid)
        self._wait(key, _Waiting(place_of(grant), grant, self._clock.monotonic()))

    def admitted(self, uids: Collection[str], names: Collection[str]) -> Sequence[AdmittedImage]:
        """The notes about some tagged names of objects with these UIDs. Pending ones are checked now.

        Raises:
            StoreError: the database does not answer.
        """
        wanted = [
            (key, waiting)
            for key, waiting in self._snapshot()
            if isinstance(content := waiting.content, AdmittedImage) and content.uid in uids and content.name in names
        ]
        for key, waiting in wanted[:_MOST_FOR_ONE]:
            self._look(key, waiting)
        return self._admissions.admitted(uids, names)

    def look(self) -> None:
        """Look at what is due."""
        now = self._clock.monotonic()
        due = sorted((entry for entry in self._snapshot() if entry[1].due <= now), key=lambda entry: entry[1].due)
        for key, waiting in due[:_MOST_AT_ONCE]:
            if self._is_said(waiting):
                with self._lock:
                    if self._waiting.get(key) is waiting:
                        self._forget(key)
            elif not self._look(key, waiting):
                self._put_off(key, waiting)

    def run(self, stop: threading.Event, interval_seconds: float = 1.0) -> None:
        """Look until ``stop`` is set; meant for a separate thread."""
        while not stop.wait(interval_seconds):
            self.look()

    def _wait(self, key: object, waiting: _Waiting) -> None:
        with self._lock:
            former = self._waiting.get(key)
            if former is not None and not former.looks:
                return  # what was not checked yet stays, so that asking repeatedly cannot put the check off
            if former is None and len(self._waiting) >= _LIMIT:
                if not self._seen:
                    return
                self._forget(next(iter(self._seen)))
            self._waiting[key] = waiting
            self._seen.pop(key, None)

    def _forget(self, key: object) -> None:
        del self._waiting[key]
        self._seen.pop(key, None)

    def _is_said(self, one: _Waiting) -> bool:
        """Whether another Pod of the same controller has confirmed the same thing meanwhile."""
        with self._lock:
            return (
                bool(one.place.controller)
                and isinstance(one.content, AdmittedImage)
                and _said(one.content) in self._repeated
            )

    def _snapshot(self) -> list[tuple[object, _Waiting]]:
        with self._lock:
            return list(self._waiting.items())

    def _put_off(self, key: object, one: _Waiting) -> None:
        now = self._clock.monotonic()
        later = next((number for number, after in enumerate(_LOOKS) if one.since + after > now), None)
        with self._lock:
            if self._waiting.get(key) is not one:
                return
            if later is None:
                self._forget(key)
            else:
                self._waiting[key] = replace(one, looks=later)
                self._seen[key] = None
        if later is None:
            log.info("what a review was about did not come about", extra={"object": one.place.of.name})

    def _look(self, key: object, one: _Waiting) -> bool:
        """Whether the change came about; if so, it is recorded."""
        assert self._live is not None
        deadline = Deadline(self._clock.monotonic() + _READ_SECONDS)
        try:
            live = self._live.read(one.place.of, one.place.namespace, deadline)
            if live is None or not one.came_about(live):
                return False
            if isinstance(one.content, BreakGlassGrant):
                assert self._grants is not None
                self._grants.confirm(one.content, deadline)
            else:
                self._admissions.note(structs.replace(one.content, written=live.changed))
        except BomgateError as problem:
            log.warning("it is not known whether a change came about", extra={"why": problem.message})
            return False
        with self._lock:
            if self._waiting.get(key) is one:
                self._forget(key)
            if one.place.controller and isinstance(one.content, AdmittedImage):
                self._repeated[_said(one.content)] = True
        return True


def _said(image: AdmittedImage) -> tuple[str, str, Digest]:
    """The content of a note, regardless of its Pod."""
    return (image.uid, image.name, image.digest)


def place_of(grant: BreakGlassGrant) -> WorkloadPlace:
    """The place of the object that a grant is for."""
    of = grant.workload
    return WorkloadPlace(OwnerRef(of.api_version, of.kind, of.name, of.uid), grant.namespace)
