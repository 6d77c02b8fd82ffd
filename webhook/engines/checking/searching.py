"""Searching: from an image that nothing is known of to an SBOM in the store, once for everybody who asks.

Requests of one process that need the same image wait for one search; processes agree through the store who searches.
A search may outlive the request that began it, so that a controller's next try finds it done. What was not found is
remembered for a while, in the process and in the store, with its true reason: none of them means *clean*.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from webhook.engines.readmodel import ReadModel
from webhook.engines.refreshing import Refresher
from webhook.errors import InvalidInput, SourceError
from webhook.model.components import Sbom
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, ImageRef
from webhook.model.places import counts, kept_place, trusted_places
from webhook.model.pulling import NO_ACCESS, PullAccess
from webhook.model.searches import SearchOutcome, SearchState
from webhook.model.verdicts import SbomStatus
from webhook.ports import Background, Clock, RegistryOpener, SbomStore, SearchStore, Task

log = logging.getLogger("bomgate.search")
_MOST_REMEMBERED = 50_000
_NEEDS_SIGNATURE = "sbom.verify asks for an attestation that its key has signed; nothing else counts for this image"
_FOUND = SearchOutcome(SbomStatus.FOUND)
_TOO_LATE = SearchOutcome(
    SbomStatus.REFUSED, "the search did not end in time and goes on in the background; try again in a moment"
)


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How long a search may take, and how long its failure is believed."""

    seconds: float = field(
        default=60.0, metadata={"help": "Seconds that a search for an SBOM may take; it outlives the request."}
    )
    none_seconds: float = field(
        default=60.0, metadata={"help": "Seconds for which an image without an SBOM is not searched again."}
    )
    unreadable_seconds: float = field(
        default=300.0, metadata={"help": "Seconds for which an SBOM that could not be read is not read again."}
    )
    refused_seconds: float = field(
        default=15.0, metadata={"help": "Seconds for which a place that refused or did not answer is not asked again."}
    )

    def believed(self, status: SbomStatus) -> float:
        """Seconds for which a failed search is not repeated."""
        if status is SbomStatus.UNREADABLE:
            return self.unreadable_seconds
        return self.refused_seconds if status is SbomStatus.REFUSED else self.none_seconds


@dataclass(frozen=True, slots=True)
class SearchParts:
    """What a search works with.

    Attributes:
        opener: opens the places where SBOMs may be; the first in their order that has one ends the search.
        sboms: where a found SBOM is kept.
        searches: who searches what, across processes.
        refresher: brings a found SBOM into the read model.
        background: runs searches, so that the one who waits can stop waiting at its deadline.
        holder: a name for this process that no other has.
        seal: the place of signed SBOMs, for images whose SBOMs must be signed; empty for all others.
    """

    opener: RegistryOpener
    sboms: SbomStore
    searches: SearchStore
    refresher: Refresher
    background: Background
    holder: str
    seal: Callable[[ImageRef], str] = lambda _: ""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One search: for what, with whose credentials, and under which key others can join it."""

    image: ImageRef
    digest: Digest
    access: PullAccess
    key: str


class SbomSearch:
    """Searches for SBOMs of images that the read model does not know.

    Args:
        model: what is known.
        parts: where to look, and where to keep what was found.
        clock: time.
        options: see :class:`SearchOptions`.
    """

    def __init__(self, model: ReadModel, parts: SearchParts, clock: Clock, options: SearchOptions) -> None:
        self._model, self._parts, self._clock, self._options = model, parts, clock, options
        self._lock = threading.RLock()
        self._unfinished: set[str] = set()
        self._tasks: dict[str, Task] = {}
        self._failed: dict[str, tuple[float, SearchOutcome]] = {}

    def search(
        self, image: ImageRef, digest: Digest, deadline: Deadline, access: PullAccess = NO_ACCESS
    ) -> SearchOutcome:
        """Look for the SBOM of an image; FOUND means that the read model has it now.

        Args:
            image: the reference.
            digest: what it points at.
            deadline: until when the caller waits; the search goes on behind it.
            access: the workload's pull secrets.

        Raises:
            StoreError: the store did not answer, or did not keep what was found.
        """
        if self.is_known(image, digest):
            return _FOUND
        key = self._key(image, digest, access)
        with self._lock:
            until, outcome = self._failed.get(key, (0.0, _TOO_LATE))
            if self._clock.monotonic() < until:
                return outcome
            task = self._tasks.get(key)
            if task is None:
                self._unfinished.add(key)
                task = self._parts.background.start(lambda: self._run(_Wanted(image, digest, access, key)))
                if key in self._unfinished:  # it may be done already
                    self._tasks[key] = task
        if not task.wait(deadline.remaining(self._clock.monotonic())):
            return _TOO_LATE
        if self.is_known(image, digest):
            return _FOUND
        return self._failed.get(key, (0.0, _TOO_LATE))[1]

    def _key(self, image: ImageRef, digest: Digest, access: PullAccess) -> str:
        """What is searched for.

        The same image by two names, of which one needs signatures, is two searches; so it is for two workloads with
        different pull secrets, because a refusal that one gets is not for the other.
        """
        who = "" if access.is_empty else f"{access.namespace}/{','.join(access.secrets)}/{access.service_account}"
        return " ".join(part for part in (digest, self._parts.seal(image), who) if part)

    def trusted(self, image: ImageRef) -> frozenset[str] | None:
        """The places whose SBOMs count for an image; None when those of all places do."""
        seal = self._parts.seal(image)
        return trusted_places(seal) if seal else None

    def is_known(self, image: ImageRef, digest: Digest) -> bool:
        """Whether the read model has an SBOM that counts for this image."""
        return self._model.knows(digest, self.trusted(image))

    def _run(self, wanted: _Wanted) -> None:
        try:
            outcome = self._shared(wanted, Deadline(self._clock.monotonic() + self._options.seconds))
            if outcome.status is not SbomStatus.FOUND:
                self._remember(wanted.key, outcome)
        finally:
            with self._lock:
                self._unfinished.discard(wanted.key)
                self._tasks.pop(wanted.key, None)

    def _shared(self, wanted: _Wanted, deadline: Deadline) -> SearchOutcome:
        """Search, or wait for the process that does; whoever it was, the read model has what was found."""
        parts, lease = self._parts, self._options.seconds
        while True:
            other = parts.searches.begin(wanted.key, parts.holder, now=self._clock.now(), lease_seconds=lease)
            if other is None:
                return self._own(wanted, deadline)
            if other.state is SearchState.FAILED:
                return other.outcome
            self._clock.sleep(0.1)
            parts.refresher.refresh()
            if self.is_known(wanted.image, wanted.digest):
                return _FOUND
            if deadline.remaining(self._clock.monotonic()) <= 0:
                return _TOO_LATE

    def _own(self, wanted: _Wanted, deadline: Deadline) -> SearchOutcome:
        parts = self._parts
        outcome, seconds = SearchOutcome(SbomStatus.REFUSED), 0.0  # after an error of our own anybody may try again
        try:
            # Another process may have found it between this one's last look at the store and its claim.
            parts.refresher.refresh()
            outcome = _FOUND if self.is_known(wanted.image, wanted.digest) else self._look(wanted, deadline)
            seconds = self._options.believed(outcome.status)
        finally:
            parts.searches.end(wanted.key, parts.holder, outcome, now=self._clock.now(), seconds=seconds)
        if outcome.status is SbomStatus.FOUND:
            parts.refresher.refresh()
        return outcome

    def _look(self, wanted: _Wanted, deadline: Deadline) -> SearchOutcome:
        image, digest, seal = wanted.image, wanted.digest, self._parts.seal(wanted.image)
        worst = SearchOutcome(SbomStatus.NONE, _NEEDS_SIGNATURE if seal else "")
        opening = self._parts.opener.open(wanted.access, deadline)
        for place in opening.places:
            if not counts(place.place, seal):
                continue  # whatever it has would not count for this image
            try:
                found: Sequence[Sbom] = place.fetch(image, digest, deadline)
            except InvalidInput as problem:
                worst = SearchOutcome(SbomStatus.UNREADABLE, f"{place.place}: {problem.message}")
                continue
            except SourceError as problem:
                if worst.status is SbomStatus.NONE:
                    worst = SearchOutcome(SbomStatus.REFUSED, f"{place.place}: {problem.message}")
                continue
            kept = kept_place(place.place, seal)
            # A tag that a namespace's secrets opened is not remembered for everybody.
            tagged = None if opening.key else image
            for sbom in found:
                self._parts.sboms.add(digest, sbom, place=kept, image=tagged)
            if found:
                return _FOUND
        return worst

    def _remember(self, key: str, outcome: SearchOutcome) -> None:
        if len(self._failed) >= _MOST_REMEMBERED:
            self._failed = {}
        self._failed[key] = (self._clock.monotonic() + self._options.believed(outcome.status), outcome)
        log.info("no SBOM", extra={"image": key, "status": outcome.status.value, "detail": outcome.detail[:300]})
