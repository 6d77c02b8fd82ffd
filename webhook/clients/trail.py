"""Explaining a search: every place in order, what it answered, and what follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from webhook.errors import InvalidInput, SourceError, UnusableAnswer
from webhook.model.components import Sbom
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, ImageRef
from webhook.model.places import GENERATED
from webhook.model.platforms import WHOLE, described
from webhook.ports import ImageResolver, NoneCounts, PartlyRead, SbomSource
from webhook.telemetry import Faults

_NONE_REMEDY = (
    "Attach an SBOM: build with `docker buildx build --sbom=true`, or run `cosign attest --type cyclonedx`, or "
    "`oras attach --artifact-type application/vnd.cyclonedx+json`, or add a file with `bomgate sbom add`."
)


@dataclass(frozen=True, slots=True)
class Manner:
    """How places are asked.

    Attributes:
        unasked: why some places are not asked, by their names.
        platforms: those that count; an SBOM is made, too, where what is attached leaves out one of them.
        faults: takes note of unexpected errors, which count as refusals.
    """

    unasked: Mapping[str, str] = field(default_factory=dict)
    platforms: tuple[str, ...] = ()
    faults: Faults | None = None


_USUAL = Manner()


@dataclass(slots=True)
class Look:
    """One look.

    Attributes:
        place: ``referrers``, ``fallback-tag``, ``buildkit``, ``cosign-attestation``, ``cosign-attachment``, or another
            source's name.
        at: what was asked, such as ``registry.corp/team/app:sha256-….att``.
        answer: what it answered, for people.
        used: whether a document found there is among the result.
        document: digest of the document that was read there; empty when none was.
    """

    place: str
    at: str
    answer: str
    used: bool = False
    document: str = ""

    def as_dict(self) -> dict[str, object]:
        """The look as ``bomgate sbom fetch`` prints it."""
        return {"place": self.place, "at": self.at, "answer": self.answer, "used": self.used, "document": self.document}


@dataclass(slots=True)
class Trail:
    """The looks of a search, in order."""

    looks: list[Look] = field(default_factory=list)

    def note(self, place: str, at: str, answer: str) -> Look:
        """Add a look; its answer may still be completed."""
        look = Look(place, at, answer)
        self.looks.append(look)
        return look


@runtime_checkable
class ExaminedSource(Protocol):
    """A source that can say what it looked at."""

    def examine(self, image: ImageRef, digest: Digest, deadline: Deadline, trail: Trail) -> Sequence[Sbom]:
        """As ``SbomSource.fetch``, with notes on a trail."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a search did.

    Attributes:
        image: the reference as it was written.
        digest: what was searched for; None when the tag could not be resolved.
        result: ``found``, ``none``, ``unreadable`` or ``refused``.
        found: what each place that answered has, by the name of the source.
        looked: every look, in order.
        remedy: what to do; empty when all is known.
        refused: what the places said that did not answer, by their names.
        unreadable: the same of those that answered with what cannot be read, be it beside what can.
        short: names of sources that may have what was found there before, although they did not give it now.
        uncounted: why nothing counts of what some places have, by their names; empty where another has an SBOM.
    """

    image: str
    digest: Digest | None
    result: str
    found: Mapping[str, tuple[Sbom, ...]]
    looked: tuple[Look, ...]
    remedy: str
    refused: Mapping[str, str] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    short: frozenset[str] = frozenset()
    uncounted: Mapping[str, str] = field(default_factory=dict)

    @property
    def sboms(self) -> tuple[Sbom, ...]:
        """All that was found."""
        return tuple(sbom for found in self.found.values() for sbom in found)

    @property
    def trouble(self) -> str:
        """Why not all that is attached is known; empty when every place answered."""
        return _said({**self.unreadable, **self.refused})

    @property
    def incomplete(self) -> str:
        """The same for people, with why what is known does not count where nothing does."""
        return _said({**self.uncounted, **self.unreadable, **self.refused})

    def as_dict(self) -> dict[str, object]:
        """The explanation as ``bomgate sbom fetch --output json`` prints it."""
        skipped = Counter(part.reason.value for sbom in self.sboms for part in sbom.skipped)
        usable = len({purl for sbom in self.sboms for purl in sbom.components})
        components = {"total": usable + skipped.total(), "usable": usable, "skipped": dict(skipped)}
        return {
            "image": self.image,
            "digest": self.digest,
            "result": self.result,
            "looked": [look.as_dict() for look in self.looked],
            "components": components,
            "incomplete": self.incomplete,
            "remedy": self.remedy,
        }


def explain_image(
    resolver: ImageResolver,
    sources: Sequence[SbomSource],
    image: ImageRef,
    deadline: Deadline,
    manner: Manner = _USUAL,
) -> Explanation:
    """Resolve a reference and search as a check of it would, and say what was looked at.

    Args:
        resolver: tags to digests.
        sources: in order; what all of them have counts together.
        image: the reference.
        deadline: by when all must be done.
        manner: how it is asked.
    """
    try:
        digest = resolver.resolve(image, deadline)
    except Exception as raised:
        problem = _refusal(raised, "tag", image, manner.faults)
        look = Look("tag", image.tagged, problem.message)
        return Explanation(image.text, None, "refused", {}, (look,), problem.remedy)
    if digest is None:
        look = Look("tag", image.tagged, "the registry has no such tag")
        return Explanation(image.text, None, "refused", {}, (look,), "Check the image's name and tag.")
    return explain(sources, image, digest, deadline, manner)


def explain(
    sources: Sequence[SbomSource],
    image: ImageRef,
    digest: Digest,
    deadline: Deadline,
    manner: Manner = _USUAL,
) -> Explanation:
    """Search as a check of the image would, and say what was looked at; problems are part of the answer.

    Args:
        sources: in order; what all of them have counts together.
        image: the reference.
        digest: what it points at.
        deadline: by when the search must be done.
        manner: how it is asked.
    """
    trail, answers = Trail(), _Answers()
    # As a check does it: an SBOM is made where none is attached, whatever the order of the places.
    for source in sorted(sources, key=lambda source: source.place == GENERATED):
        why = manner.unasked.get(source.place, "")
        if source.place == GENERATED and not why and answers.describe(manner.platforms):
            why = "an SBOM is attached"
        if why:
            trail.note(source.place, digest, f"not asked: {why}")
            continue
        before = len(trail.looks)
        try:
            answers.keep(source.place, _ask(source, image, digest, deadline, trail))
        except PartlyRead as partly:
            answers.keep(source.place, partly.sboms)
            answers.keep_problem(source.place, partly)
            if partly.is_short:
                answers.short.add(source.place)
        except NoneCounts as foreign:  # all of it was read, so what the place had before is gone
            answers.keep(source.place, ())
            answers.uncounted[source.place] = foreign
        except Exception as raised:
            problem = _refusal(raised, source.place, image, manner.faults)
            trail.note(source.place, image.name, problem.message)
            answers.keep_problem(source.place, problem)
            for look in trail.looks[before:]:  # no part of what a place has stands for the whole
                look.used = False
    return answers.explanation(image, digest, trail)


def _ask(source: SbomSource, image: ImageRef, digest: Digest, deadline: Deadline, trail: Trail) -> Sequence[Sbom]:
    """What a place has, with notes on the trail."""
    if isinstance(source, ExaminedSource):
        return source.examine(image, digest, deadline, trail)
    sboms = source.fetch(image, digest, deadline)
    for sbom in sboms:
        look = trail.note(source.place, digest, f"{sbom.format}, {len(sbom.components)} components")
        look.used, look.document = True, sbom.document_digest
    if not sboms:
        trail.note(source.place, digest, "nothing")
    return sboms


def _said(by_place: Mapping[str, str]) -> str:
    return "; ".join(f"{place}: {said}" for place, said in by_place.items())


@dataclass(slots=True)
class _Answers:
    """What the places of a search answered."""

    sboms: dict[str, tuple[Sbom, ...]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    remedies: list[tuple[int, str]] = field(default_factory=list)
    short: set[str] = field(default_factory=set)
    uncounted: dict[str, NoneCounts] = field(default_factory=dict)

    @property
    def has_sboms(self) -> bool:
        return any(self.sboms.values())

    def describe(self, platforms: Sequence[str]) -> bool:
        """Whether there are SBOMs, and they leave out none of these platforms."""
        those = [sbom for found in self.sboms.values() for sbom in found]
        coverage = described((sbom.coverage, bool(sbom.components)) for sbom in those)
        return bool(those) and not (platforms and (coverage or WHOLE).without(platforms))

    def keep(self, place: str, sboms: Sequence[Sbom]) -> None:
        self.sboms[place] = (*self.sboms.get(place, ()), *sboms)

    def keep_problem(self, place: str, problem: InvalidInput | SourceError) -> None:
        is_passing = isinstance(problem, PartlyRead) and problem.is_passing
        is_unreadable = isinstance(problem, (InvalidInput, UnusableAnswer)) and not is_passing
        (self.unreadable if is_unreadable else self.refused)[place] = problem.message
        self.remedies.append((0 if is_unreadable else 1, problem.remedy))

    def explanation(self, image: ImageRef, digest: Digest, trail: Trail) -> Explanation:
        uncounted = {} if self.has_sboms else self.uncounted
        remedies = [*self.remedies, *((0, problem.remedy) for problem in uncounted.values())]
        remedy = min(remedies, default=(0, _NONE_REMEDY), key=lambda remedy: remedy[0])[1]
        if self.has_sboms:
            result, remedy = "found", remedy if self.remedies else ""
        else:
            result = "unreadable" if self.unreadable or uncounted else "refused" if self.refused else "none"
        looks = tuple(trail.looks)
        return Explanation(
            image.text,
            digest,
            result,
            self.sboms,
            looks,
            remedy,
            self.refused,
            self.unreadable,
            frozenset(self.short),
            {place: problem.message for place, problem in uncounted.items()},
        )


def _refusal(problem: Exception, place: str, image: ImageRef, faults: Faults | None) -> InvalidInput | SourceError:
    """The problem itself when it is one of those that places raise, else the refusal that stands for it."""
    if isinstance(problem, (InvalidInput, SourceError)):
        return problem
    return (faults or Faults()).refusal(problem, place, image.text)
