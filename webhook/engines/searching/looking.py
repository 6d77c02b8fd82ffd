"""Look at all places where SBOMs of one image may be, side by side: what is attached now counts together.

A place that refuses, or whose documents cannot be read, takes nothing away from the others. It leaves a trouble that
the verdict weighs like a missing SBOM, because what the place has might be worse than all that was found.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from webhook.errors import InvalidInput, SourceError, StoreError, UnusableAnswer
from webhook.model.looks import CONTROLLER, Look
from webhook.model.places import GENERATED, counts, kept_place
from webhook.model.searches import SearchOutcome
from webhook.model.verdicts import SbomStatus
from webhook.ports import ConditionalSource, NoneCounts, PartlyRead, SbomSource

if TYPE_CHECKING:
    from webhook.model.components import Sbom
    from webhook.model.deadlines import Deadline
    from webhook.model.images import Digest, ImageRef
    from webhook.telemetry import Faults

_NEEDS_SIGNATURE = "sbom.verify asks for an attestation that its key has signed; nothing else counts for this image"
_AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class LookedFor:
    """One image whose SBOMs are looked for.

    Attributes:
        image: the reference.
        digest: what it points at.
        seal: the place of SBOMs that the right key has signed, where only those count; else empty.
        key: what the search is called in logs.
    """

    image: ImageRef
    digest: Digest
    seal: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the places have.

    Attributes:
        wanted: what was looked for.
        found: by place as the store keeps it, of every place that answered, be it in part.
        refused: what the others said, and those that failed in the middle, by place, in their order.
        unreadable: the same of those that answered with what cannot be read, be it beside what can.
        short: places that may have what was found there before, although they did not give it now.
        unread: digests of documents that are there and cannot be read.
        uncounted: why nothing counts of what a place has, by place. It is no trouble: all of it was read.
    """

    wanted: LookedFor
    found: Mapping[str, Sequence[Sbom]] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    short: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()
    uncounted: Mapping[str, str] = field(default_factory=dict)

    @property
    def sboms(self) -> tuple[Sbom, ...]:
        """All that was found."""
        return tuple(sbom for found in self.found.values() for sbom in found)

    @property
    def trouble(self) -> str:
        """Why not all that is attached is known; empty when every place answered."""
        return "; ".join(f"{place}: {said}" for place, said in (*self.unreadable.items(), *self.refused.items()))

    @property
    def outcome(self) -> SearchOutcome:
        """What became of the search. Where nothing was found, what cannot be read weighs more than a refusal."""
        if self.sboms:
            lasting = bool(self.unreadable) and not self.refused
            return SearchOutcome(SbomStatus.FOUND, self.trouble, lasting)
        unreadable = {**self.unreadable, **self.uncounted}
        for status, said in ((SbomStatus.UNREADABLE, unreadable), (SbomStatus.REFUSED, self.refused)):
            for place, message in said.items():
                return SearchOutcome(status, f"{place}: {message}")
        return SearchOutcome(SbomStatus.NONE, _NEEDS_SIGNATURE if self.wanted.seal else "")

    def look(self, origin: str, begun: dt.datetime, author: str = CONTROLLER) -> Look:
        """What the store keeps of it.

        Args:
            origin: in which name the places were asked.
            begun: when.
            author: who asked.
        """
        return Look(
            origin,
            self.found,
            self.trouble,
            passing=not self.unreadable,
            author=author,
            short=self.short,
            begun=begun,
            unread=self.unread,
        )


def look_around(places: Sequence[SbomSource], wanted: LookedFor, deadline: Deadline, faults: Faults) -> Seen:
    """Ask all places that count for an image, apart from those that make an SBOM themselves.

    Args:
        places: where SBOMs may be.
        wanted: the image.
        deadline: by when all must be done.
        faults: takes note of unexpected errors, which count as refusals.

    Raises:
        StoreError: a place needs the store, which did not answer.
    """
    asked = [place for place in places if place.place != GENERATED and counts(place.place, wanted.seal)]
    return _joined(Seen(wanted), side_by_side(asked, lambda item: _asked(item, wanted, deadline, faults)))


def changed_places(
    places: Sequence[SbomSource], wanted: LookedFor, deadline: Deadline, former: dict[str, str]
) -> Sequence[SbomSource]:
    """The places that may have something else than at the last look.

    Args:
        places: where SBOMs may be.
        wanted: the image.
        deadline: by when all must be done.
        former: their states then, by their names; brought up to date.
    """
    changed = []
    for place in places:
        if not isinstance(place, ConditionalSource) or not counts(place.place, wanted.seal):
            changed.append(place)
            continue
        try:
            state = place.state(wanted.image, wanted.digest, deadline)
        except Exception:  # it says so again, and better, when it is read
            state = ""
        if not state or former.get(place.place) != state:
            former[place.place] = state
            changed.append(place)
    return changed


def generated(places: Sequence[SbomSource], seen: Seen, deadline: Deadline, faults: Faults) -> Seen:
    """What is seen with the SBOM that is made where none is attached."""
    makers = [place for place in places if place.place == GENERATED and counts(place.place, seen.wanted.seal)]
    return _joined(seen, [_asked(maker, seen.wanted, deadline, faults) for maker in makers])


def side_by_side(places: Sequence[SbomSource], ask: Callable[[SbomSource], Seen]) -> list[Seen]:
    """Ask several places at the same time; the answers in the order of the places."""
    if len(places) < 2:
        return [ask(place) for place in places]
    with ThreadPoolExecutor(min(len(places), _AT_ONCE), thread_name_prefix="bomgate-places") as threads:
        return list(threads.map(ask, places))


def _asked(source: SbomSource, wanted: LookedFor, deadline: Deadline, faults: Faults) -> Seen:
    kept = kept_place(source.place, wanted.seal)
    try:
        found = source.fetch(wanted.image, wanted.digest, deadline)
    except PartlyRead as problem:
        short = frozenset([kept]) if problem.is_short else frozenset()
        said = {source.place: problem.message}
        if problem.is_passing:
            return Seen(wanted, {kept: problem.sboms}, refused=said, short=short, unread=problem.unread)
        return Seen(wanted, {kept: problem.sboms}, unreadable=said, short=short, unread=problem.unread)
    except NoneCounts as problem:
        return Seen(wanted, {kept: ()}, uncounted={source.place: problem.message})
    except (InvalidInput, UnusableAnswer) as problem:
        return Seen(wanted, unreadable={source.place: problem.message})
    except StoreError:
        raise
    except SourceError as problem:
        return Seen(wanted, refused={source.place: problem.message})
    except Exception as problem:  # whatever a place sends, it is that place's refusal and no error of ours
        return Seen(wanted, refused={source.place: faults.refusal(problem, source.place, wanted.key).message})
    return Seen(wanted, {kept: tuple(found)})


def _joined(first: Seen, others: Iterable[Seen]) -> Seen:
    found = {place: list(sboms) for place, sboms in first.found.items()}
    refused, unreadable, short, unread = dict(first.refused), dict(first.unreadable), first.short, first.unread
    uncounted = dict(first.uncounted)
    for other in others:
        for place, sboms in other.found.items():
            found.setdefault(place, []).extend(sboms)
        refused.update(other.refused)
        unreadable.update(other.unreadable)
        uncounted.update(other.uncounted)
        short |= other.short
        unread |= other.unread
    return replace(
        first, found=found, refused=refused, unreadable=unreadable, short=short, unread=unread, uncounted=uncounted
    )
