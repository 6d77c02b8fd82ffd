"""Find the SBOM of an unknown image and store it; concurrent callers share one search.

Requests of one process that need the same image wait for one search; processes agree through the store who searches.
A search may outlive the request that began it, so that a controller's next try finds it done. What was not found is
remembered for a while, in the process and in the store, with its true reason: none of them means *clean*. What was
found and could not be stored is kept in memory for a short while, so that it is judged all the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING

from webhook.engines.searching.claims import SearchClaims
from webhook.engines.searching.flights import SingleFlight
from webhook.engines.searching.looking import LookedFor, Seen, changed_places, generated, look_around
from webhook.engines.searching.platforms import Platforms, has_gap
from webhook.engines.searching.unstored import UnstoredSbom, UnstoredSboms, coverage_of
from webhook.errors import BomgateError, SourceError, StoreError
from webhook.model.caches import TimedCache
from webhook.model.deadlines import Deadline
from webhook.model.looks import origin_of
from webhook.model.places import trusted_places
from webhook.model.pulling import NO_ACCESS, PullAccess
from webhook.model.searches import SearchOutcome, SearchState
from webhook.model.verdicts import SbomStatus
from webhook.model.vex import VexLook
from webhook.telemetry import Faults

if TYPE_CHECKING:
    import datetime as dt

    from webhook.engines.readmodel import ReadModel
    from webhook.engines.refresher import Refresher
    from webhook.engines.searching.options import SearchOptions
    from webhook.model.images import Digest, ImageRef
    from webhook.model.purls import Purl
    from webhook.ports import Background, Clock, Opening, RegistryOpener, SearchedStore, VexPlace

log = logging.getLogger("bomgate.search")
_MOST_REMEMBERED = 50_000
_VEX_SECONDS = 10.0
"""For VEX documents, however long the search for SBOMs took."""
_PRIVATE_TROUBLE = "a place refused or could not be read, with the pull secrets of a namespace"
"""What others may know of a refusal that one namespace got."""
_FOUND = SearchOutcome(SbomStatus.FOUND)
_TOO_LATE = SearchOutcome(
    SbomStatus.REFUSED, "the search did not end in time and goes on in the background; try again in a moment"
)


@dataclass(frozen=True, slots=True)
class SearchParts:
    """What a search works with.

    Attributes:
        opener: opens the places where SBOMs may be; what all of them have counts together.
        store: where a found SBOM is kept, and who searches what, across processes.
        refresher: brings a found SBOM into the read model.
        background: runs searches, so that the one who waits can stop waiting at its deadline.
        holder: unique identity of this process.
        seal: the place of signed SBOMs, for images whose SBOMs must be signed; empty for all others.
        host: the host that is asked for an image.
        faults: takes note of unexpected errors.
        platforms: which platforms of an image count.
        covers: whether a source covers a component.
        attached: keeps the VEX documents that are attached to an image: digest, place, what was found.
    """

    opener: RegistryOpener
    store: SearchedStore
    refresher: Refresher
    background: Background
    holder: str
    seal: Callable[[ImageRef], str] = lambda _: ""
    host: Callable[[ImageRef], str] = lambda image: image.host
    faults: Faults = field(default_factory=Faults)
    platforms: Platforms = field(default_factory=Platforms)
    covers: Callable[[Purl], bool] = attrgetter("is_covered")
    attached: Callable[[Digest, str, VexLook], None] = lambda _digest, _place, _look: None


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
        self._claims = SearchClaims(parts.store, parts.holder)
        self._searches = SingleFlight[str, SearchOutcome](parts.background)
        self._failed = TimedCache[str, SearchOutcome](_MOST_REMEMBERED, clock.monotonic)
        self._unstored = UnstoredSboms(parts.refresher, clock, options.refused_seconds, parts.covers)

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
        wanted = _Wanted(image, digest, access, self._key(image, digest, access))
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

    def _run(self, wanted: _Wanted) -> SearchOutcome:
        outcome = self._shared(wanted, Deadline(self._clock.monotonic() + self._options.seconds))
        if outcome.status is not SbomStatus.FOUND or not self.is_settled(wanted.image, wanted.digest):
            self._remember(wanted.key, outcome)
        return outcome

    def _shared(self, wanted: _Wanted, deadline: Deadline) -> SearchOutcome:
        """Search, or wait for the process that does; whoever it was, the read model has what was found."""
        parts = self._parts
        while True:
            try:
                other = self._claims.begin(wanted.key)
            except StoreError as problem:  # then two processes may search for the same: better than not at all
                log.warning("a search is not shared", extra={"image": wanted.key, "error": problem.message})
                return self._look(wanted, deadline)
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

    def _own(self, wanted: _Wanted, deadline: Deadline) -> SearchOutcome:
        parts = self._parts
        outcome, seconds = SearchOutcome(SbomStatus.REFUSED), 0.0  # after an error of our own anybody may try again
        try:
            # Another process may have found it between this one's last look at the store and its claim.
            parts.refresher.refresh()
            outcome = _FOUND if self.is_settled(wanted.image, wanted.digest) else self._look(wanted, deadline)
            seconds = self._options.believed(outcome)
        finally:
            self._end(wanted, outcome, seconds)
        return outcome

    def _end(self, wanted: _Wanted, outcome: SearchOutcome, seconds: float) -> None:
        try:
            self._claims.end(wanted.key, outcome, seconds=seconds)
        except StoreError as problem:  # the claim ends with its lease
            log.warning("the end of a search was not stored", extra={"image": wanted.key, "error": problem.message})

    def _look(self, wanted: _Wanted, deadline: Deadline) -> SearchOutcome:
        """Ask all places side by side, and keep what they have together.

        Raises:
            StoreError: SBOMs were found, and the store neither kept them nor knows their components.
        """
        image, parts, begun = wanted.image, self._parts, self._clock.now()
        try:
            opening = parts.opener.open(wanted.access, deadline)
        except SourceError as problem:
            return SearchOutcome(SbomStatus.REFUSED, problem.message)
        except Exception as problem:  # whatever a secret holds, it is a refusal and no error of ours
            return SearchOutcome(SbomStatus.REFUSED, parts.faults.refusal(problem, "pull-secrets", wanted.key).message)
        seen = look_around(
            opening.places, LookedFor(image, wanted.digest, parts.seal(image), wanted.key), deadline, parts.faults
        )
        if not seen.sboms or coverage_of(seen.sboms).without(parts.platforms.now().names):
            seen = generated(opening.places, seen, deadline, parts.faults)
        self._look_for_vex(image, wanted.digest, wanted.access, opening, deadline)
        if seen.sboms or self._model.knows(wanted.digest):
            self._keep(wanted, seen, opening, begun)
        return seen.outcome

    def look_again(
        self, image: ImageRef, digest: Digest, deadline: Deadline, access: PullAccess, former: dict[str, str]
    ) -> bool:
        """Look again at the places of an image whose SBOM is known; what is gone from its place stops counting.

        A place that refuses keeps what it had. Nothing is generated.

        Args:
            image: the reference.
            digest: what it points at.
            deadline: by when all must be done.
            access: the workload's pull secrets.
            former: the states of places at the last look, by their names; brought up to date. A place whose state is
                the same is not read.

        Returns:
            Whether all places answered.

        Raises:
            SourceError: the registry cannot be opened.
            StoreError: the store did not answer.
        """
        parts, begun = self._parts, self._clock.now()
        wanted = LookedFor(image, digest, parts.seal(image), f"{digest} {image.name}")
        opening = parts.opener.open(access, deadline)
        seen = look_around(changed_places(opening.places, wanted, deadline, former), wanted, deadline, parts.faults)
        for place in (*seen.refused, *seen.unreadable):
            former.pop(place, None)  # it is read next time, whatever its state
        look = seen.look(origin_of(image.name, access.namespace if opening.key else ""), begun)
        if opening.key and look.trouble:
            look = replace(look, trouble=_PRIVATE_TROUBLE)
        self._look_for_vex(image, digest, access, opening, deadline)
        if seen.found or not seen.refused:
            for left in parts.store.sboms.record(digest, look):
                extra = {"image": image.name, "digest": digest, "document": left.document_digest, "place": left.place}
                log.warning("an SBOM is gone from its place and no longer counts", extra=extra)
        return not seen.trouble

    def _look_for_vex(
        self, image: ImageRef, digest: Digest, access: PullAccess, opening: Opening, deadline: Deadline
    ) -> None:
        """Keep the VEX documents that are attached to an image.

        Where the registry does not answer, they stay as they were. Where it does, and not all can be read, none of them
        loosens; so SBOMs that take all the time of a search must leave some for this.
        """
        if opening.vex is None:
            return
        place = origin_of(image.name, access.namespace if opening.key else "")
        deadline = Deadline(max(deadline.at, self._clock.monotonic() + _VEX_SECONDS))
        try:
            self._parts.attached(digest, place, self._vex_of(opening.vex, image, digest, deadline))
        except BomgateError as problem:
            extra = {"image": image.name, "digest": digest, "error": problem.message}
            log.warning("VEX documents of an image were not looked at", extra=extra)
        except Exception as problem:
            self._parts.faults.refusal(problem, "vex", f"{digest} {image.name}")

    def _vex_of(self, place: VexPlace, image: ImageRef, digest: Digest, deadline: Deadline) -> VexLook:
        try:
            return place.fetch(image, digest, deadline)
        except BomgateError:
            raise
        except Exception as problem:  # whatever a registry sends, it is its refusal and no error of ours
            self._parts.faults.refusal(problem, "vex", f"{digest} {image.name}")
            return VexLook(trouble="what is attached caused an unexpected error; the log has it")

    def _keep(self, wanted: _Wanted, seen: Seen, opening: Opening, begun: dt.datetime) -> None:
        """Bring what was found into the store and the read model, or else into memory."""
        parts = self._parts
        # A tag that a namespace's secrets opened is not remembered for everybody. One that stands before a digest is
        # whatever somebody wrote there: no registry has said that it points at it.
        tagged = None if opening.key or wanted.image.digest is not None else wanted.image
        look = seen.look(origin_of(wanted.image.name, wanted.access.namespace if opening.key else ""), begun)
        if opening.key and look.trouble:
            look = replace(look, trouble=_PRIVATE_TROUBLE)
        try:
            parts.store.sboms.record(wanted.digest, look, image=tagged if seen.sboms else None)
            parts.refresher.refresh()
        except StoreError as problem:
            extra = {"image": wanted.key, "error": problem.message, "remedy": problem.remedy}
            log.error("an SBOM was found and could not be stored; it is judged from memory", extra=extra)
            if seen.sboms:
                self._unstored.hold(wanted.key, seen.sboms, seen.trouble)

    def _remember(self, key: str, outcome: SearchOutcome) -> None:
        self._failed.put(key, outcome, self._options.believed(outcome))
        if outcome.status is not SbomStatus.FOUND:
            log.info("no SBOM", extra={"image": key, "status": outcome.status.value, "detail": outcome.detail[:300]})
