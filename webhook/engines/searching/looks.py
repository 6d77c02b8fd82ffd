"""Look at the places of an image: SBOMs and VEX documents, and what of them counts from now on.

What was found goes into the store and the read model. What cannot be stored is kept in memory for a short while, so
that it is judged all the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from webhook.engines.searching.looking import LookedFor, Seen, changed_places, generated, look_around
from webhook.engines.searching.platforms import Platforms
from webhook.engines.searching.unstored import UnstoredSboms, coverage_of
from webhook.errors import BomgateError, SourceError, StoreError
from webhook.model.deadlines import Deadline
from webhook.model.looks import origin_of
from webhook.model.pulling import PullAccess
from webhook.model.searches import SearchOutcome
from webhook.model.verdicts import SbomStatus
from webhook.model.vex import VexLook
from webhook.telemetry import Faults

if TYPE_CHECKING:
    import datetime as dt

    from webhook.engines.readmodel import ReadModel
    from webhook.engines.refresher import Refresher
    from webhook.model.images import Digest, ImageRef
    from webhook.model.purls import Purl
    from webhook.ports import Background, Clock, Opening, RegistryOpener, SearchedStore, VexPlace

log = logging.getLogger("bomgate.search")
_VEX_SECONDS = 10.0
"""For VEX documents, however long the search for SBOMs took."""
_STORED = "what the store had"
"""Stands among the states of places, and is the name of none."""
_PRIVATE_TROUBLE = "a place refused or could not be read, with the pull secrets of a namespace"
"""What others may know of a refusal that one namespace got."""


@dataclass(frozen=True, slots=True)
class SearchParts:
    """What a search works with.

    Attributes:
        opener: opens the places where SBOMs may be; what all of them have counts together.
        store: where a found SBOM is kept, and who searches what, across processes.
        refresher: brings a found SBOM into the read model.
        background: runs searches, so that the caller can stop waiting at its deadline.
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
class ImageWanted:
    """One search: for what, with whose credentials, and under which key others can join it."""

    image: ImageRef
    digest: Digest
    access: PullAccess
    key: str


class ImageLooks:
    """Looks at the places of images, and keeps what they have.

    Args:
        model: what is known.
        parts: where to look, and where to keep what was found.
        clock: time.
        unstored: keeps what could not be stored.
    """

    def __init__(self, model: ReadModel, parts: SearchParts, clock: Clock, unstored: UnstoredSboms) -> None:
        self._model, self._parts, self._clock, self._unstored = model, parts, clock, unstored

    def look(self, wanted: ImageWanted, deadline: Deadline) -> SearchOutcome:
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
        origin = origin_of(image.name, access.namespace if opening.key else "")
        departed = len(parts.store.sboms.departures(digest))
        if former.pop(_STORED, "") != self._stored(digest, origin, departed):
            former.clear()  # what these states stood for may have left the store since
        seen = look_around(changed_places(opening.places, wanted, deadline, former), wanted, deadline, parts.faults)
        for place in (*seen.refused, *seen.unreadable):
            former.pop(place, None)  # it is read next time, whatever its state
        look = seen.look(origin, begun)
        if opening.key and look.trouble:
            look = replace(look, trouble=_PRIVATE_TROUBLE)
        self._look_for_vex(image, digest, access, opening, deadline)
        if seen.found or not seen.refused:
            for left in parts.store.sboms.record(digest, look):
                extra = {"image": image.name, "digest": digest, "document": left.document_digest, "place": left.place}
                log.warning("an SBOM is gone from its place and no longer counts", extra=extra)
                departed += 1
        former[_STORED] = self._stored(digest, origin, departed)
        return not seen.trouble

    def _stored(self, digest: Digest, origin: str, departed: int) -> str:
        """A text that changes when others look at an image, take something out, or restore the store.

        Args:
            digest: of the image.
            origin: in which name the places are asked.
            departed: how many documents have left the image, as far as the caller knows.
        """
        looks = self._parts.store.sboms.looks([digest]).get(digest, ())
        return f"{departed} {next((look.at for look in looks if look.origin == origin), None)}"

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

    def _keep(self, wanted: ImageWanted, seen: Seen, opening: Opening, begun: dt.datetime) -> None:
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
