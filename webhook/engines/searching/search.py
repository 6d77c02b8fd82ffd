"""Find the SBOM of an unknown image and store it; concurrent callers share one search.

Requests of one process that need the same image wait for one search; processes agree through the store who searches.
A search may outlive the request that began it, so that a controller's next try finds it done. What was not found is
remembered for a while, in the process and in the store, with its true reason: none of them means *clean*.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future
from typing import TYPE_CHECKING

from webhook.engines.searching.claims import SearchClaims
from webhook.engines.searching.flights import SingleFlight
from webhook.engines.searching.looks import ImageLooks, ImageWanted, SearchParts
from webhook.engines.searching.platforms import Platforms, has_gap
from webhook.engines.searching.unstored import UnstoredSbom, UnstoredSboms
from webhook.errors import SourceError, StoreError
from webhook.model.caches import TimedCache
from webhook.model.deadlines import Deadline
from webhook.model.places import trusted_places
from webhook.model.pulling import NO_ACCESS, PullAccess
from webhook.model.searches import SearchOutcome, SearchState
from webhook.model.verdicts import SbomStatus

if TYPE_CHECKING:
    from webhook.engines.readmodel import ReadModel
    from webhook.engines.searching.options import SearchOptions
    from webhook.model.images import Digest, ImageRef
    from webhook.ports import Clock

log = logging.getLogger("bomgate.search")
_MOST_REMEMBERED = 50_000
_FOUND = SearchOutcome(SbomStatus.FOUND)
_TOO_LATE = SearchOutcome(
    SbomStatus.REFUSED, "the search did not end in time and goes on in the background; try again in a moment"
)


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
        self._claims = SearchClaims(parts.store, parts.holder)
        self._searches = SingleFlight[str, SearchOutcome](parts.background)
        self._failed = TimedCache[str, SearchOutcome](_MOST_REMEMBERED, clock.monotonic)
        self._unstored = UnstoredSboms(parts.refresher, clock, options.refused_seconds, parts.covers)
        self.looks = ImageLooks(model, parts, clock, self._unstored)

    def search(
        self, image: ImageRef, digest: Digest, deadline: Deadline, access: PullAccess = NO_ACCESS
    ) -> SearchOutcome:
        """Look for the SBOM of an image; FOUND means that the read model has it now, or :meth:`unstored` does.

        Args:
            image: the reference.
            digest: what it points at.
            deadline: until when the caller waits; the search goes on behind it.
            access: the workload's pull secrets.

        Raises:
            StoreError: the store did not answer.
        """
        begun = self.begin(image, digest, access)
        if isinstance(begun, SearchOutcome):
            return begun
        if not self._parts.background.wait(begun, deadline.remaining(self._clock.monotonic())):
            return _TOO_LATE
        if self.is_known(image, digest) or self.unstored(image, digest, access) is not None:
            return _FOUND
        return begun.result()

    def begin(
        self, image: ImageRef, digest: Digest, access: PullAccess = NO_ACCESS, *, tenant: str = ""
    ) -> Future[SearchOutcome] | SearchOutcome:
        """Begin to search, or join the search that is under way.

        Args:
            image: the reference.
            digest: what it points at.
            access: the workload's pull secrets.
            tenant: the namespace on whose behalf it is searched for.

        Returns:
            The outcome itself where memory has it.
        """
        if self.is_settled(image, digest) or self.unstored(image, digest, access) is not None:
            return _FOUND
        wanted = ImageWanted(image, digest, access, self._key(image, digest, access))
        try:
            return self._searches.join(
                wanted.key,
                lambda: self._run(wanted),
                lambda: self._failed.get(wanted.key),
                host=self._parts.host(image),
                tenant=tenant,
            )
        except SourceError as problem:
            return SearchOutcome(SbomStatus.REFUSED, problem.message)

    def unstored(self, image: ImageRef, digest: Digest, access: PullAccess = NO_ACCESS) -> UnstoredSbom | None:
        """What was found for an image a moment ago and could not be stored."""
        return self._unstored.get(self._key(image, digest, access))

    def _key(self, image: ImageRef, digest: Digest, access: PullAccess) -> str:
        """What is searched for.

        The same image by two names is two searches, because other things may be attached there; so it is for two
        workloads with different pull secrets, because a refusal that one gets is not for the other.
        """
        who = "" if access.is_empty else f"{access.namespace}/{','.join(access.secrets)}/{access.service_account}"
        return " ".join(part for part in (digest, image.name, self._parts.seal(image), who) if part)

    def trusted(self, image: ImageRef) -> frozenset[str] | None:
        """The places whose SBOMs count for an image; None when those of all places do."""
        seal = self._parts.seal(image)
        return trusted_places(seal) if seal else None

    @property
    def platforms(self) -> Platforms:
        """Which platforms of an image count."""
        return self._parts.platforms

    def is_known(self, image: ImageRef, digest: Digest) -> bool:
        """Whether the read model has an SBOM that counts for this image."""
        return self._model.knows(digest, self.trusted(image))

    def is_settled(self, image: ImageRef, digest: Digest) -> bool:
        """Whether there is nothing to look for: all that is attached is known, for every platform that counts.

        Where nobody says which platforms count, the SBOM of one is enough.
        """
        if not self.is_known(image, digest) or self._model.trouble(digest, image.name) != "":
            return False
        coverage = self._model.coverage(digest, self.trusted(image))
        return coverage is not None and not has_gap(coverage, self._parts.platforms.now())

    def _run(self, wanted: ImageWanted) -> SearchOutcome:
        outcome = self._shared(wanted, Deadline(self._clock.monotonic() + self._options.seconds))
        if outcome.status is not SbomStatus.FOUND or not self.is_settled(wanted.image, wanted.digest):
            self._remember(wanted.key, outcome)
        return outcome

    def _shared(self, wanted: ImageWanted, deadline: Deadline) -> SearchOutcome:
        """Search, or wait for the process that does; whoever it was, the read model has what was found."""
        parts = self._parts
        while True:
            try:
                other = self._claims.begin(wanted.key)
            except StoreError as problem:  # then two processes may search for the same: better than not at all
                log.warning("a search is not shared", extra={"image": wanted.key, "error": problem.message})
                return self.looks.look(wanted, deadline)
            if other is None:
                return self._own(wanted, deadline)
            if other.state is SearchState.FAILED:
                return other.outcome
            self._clock.sleep(0.1)
            parts.refresher.refresh()
            if self.is_settled(wanted.image, wanted.digest):
                return _FOUND
            if deadline.remaining(self._clock.monotonic()) <= 0:
                return _TOO_LATE

    def _own(self, wanted: ImageWanted, deadline: Deadline) -> SearchOutcome:
        parts = self._parts
        outcome, seconds = SearchOutcome(SbomStatus.REFUSED), 0.0  # after an error of our own anybody may try again
        try:
            # Another process may have found it between this one's last look at the store and its claim.
            parts.refresher.refresh()
            outcome = _FOUND if self.is_settled(wanted.image, wanted.digest) else self.looks.look(wanted, deadline)
            seconds = self._options.believed(outcome)
        finally:
            self._end(wanted, outcome, seconds)
        return outcome

    def _end(self, wanted: ImageWanted, outcome: SearchOutcome, seconds: float) -> None:
        try:
            self._claims.end(wanted.key, outcome, seconds=seconds)
        except StoreError as problem:  # the claim ends with its lease
            log.warning("the end of a search was not stored", extra={"image": wanted.key, "error": problem.message})

    def _remember(self, key: str, outcome: SearchOutcome) -> None:
        self._failed.put(key, outcome, self._options.believed(outcome))
        if outcome.status is not SbomStatus.FOUND:
            log.info("no SBOM", extra={"image": key, "status": outcome.status.value, "detail": outcome.detail[:300]})
