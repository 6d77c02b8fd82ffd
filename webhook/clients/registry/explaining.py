"""Explaining a search: every place in order, what it answered, and what follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from webhook.clients.registry.trail import Look, Trail
from webhook.errors import InvalidInput, SourceError
from webhook.model.components import Sbom
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, ImageRef
from webhook.ports import ImageResolver, SbomSource
from webhook.telemetry import Faults

_NONE_REMEDY = (
    "Attach an SBOM: build with `docker buildx build --sbom=true`, or run `cosign attest --type cyclonedx`, or "
    "`oras attach --artifact-type application/vnd.cyclonedx+json`, or add a file with `bomgate sbom add`."
)


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
        place: the name of the source that had it; empty when none had.
        sboms: what was found.
        looked: every look, in order.
        remedy: what to do; empty when it was found.
    """

    image: str
    digest: Digest | None
    result: str
    place: str
    sboms: tuple[Sbom, ...]
    looked: tuple[Look, ...]
    remedy: str

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
            "remedy": self.remedy,
        }


def explain_image(
    resolver: ImageResolver,
    sources: Sequence[SbomSource],
    image: ImageRef,
    deadline: Deadline,
    faults: Faults | None = None,
) -> Explanation:
    """Resolve a reference and search as a check of it would, and say what was looked at.

    Args:
        resolver: tags to digests.
        sources: in order; the first that has an SBOM ends the search.
        image: the reference.
        deadline: by when all must be done.
        faults: takes note of unexpected errors, which count as refusals.
    """
    try:
        digest = resolver.resolve(image, deadline)
    except Exception as raised:
        problem = _refusal(raised, "tag", image, faults)
        look = Look("tag", image.tagged, problem.message)
        return Explanation(image.text, None, "refused", "", (), (look,), problem.remedy)
    if digest is None:
        look = Look("tag", image.tagged, "the registry has no such tag")
        return Explanation(image.text, None, "refused", "", (), (look,), "Check the image's name and tag.")
    return explain(sources, image, digest, deadline, faults)


def explain(
    sources: Sequence[SbomSource],
    image: ImageRef,
    digest: Digest,
    deadline: Deadline,
    faults: Faults | None = None,
) -> Explanation:
    """Search as a check of the image would, and say what was looked at; problems are part of the answer.

    Args:
        sources: in order; the first that has an SBOM ends the search.
        image: the reference.
        digest: what it points at.
        deadline: by when the search must be done.
        faults: takes note of unexpected errors, which count as refusals.
    """
    trail, result, remedy = Trail(), "none", _NONE_REMEDY
    for source in sources:
        try:
            if isinstance(source, ExaminedSource):
                found = source.examine(image, digest, deadline, trail)
            else:
                found = source.fetch(image, digest, deadline)
                trail.note(source.place, digest, f"{len(found)} documents" if found else "nothing").used = bool(found)
        except Exception as raised:
            problem = _refusal(raised, source.place, image, faults)
            trail.note(source.place, image.name, problem.message)
            worse = "unreadable" if isinstance(problem, InvalidInput) else "refused"
            if result != "unreadable":
                remedy = problem.remedy if result == "none" or worse == "unreadable" else remedy
                result = worse if result == "none" or worse == "unreadable" else result
            continue
        if found:
            return Explanation(image.text, digest, "found", source.place, tuple(found), tuple(trail.looks), "")
    for look in trail.looks:
        look.used = False
    return Explanation(image.text, digest, result, "", (), tuple(trail.looks), remedy)


def _refusal(problem: Exception, place: str, image: ImageRef, faults: Faults | None) -> InvalidInput | SourceError:
    """The problem itself when it is one of those that places raise, else the refusal that stands for it."""
    if isinstance(problem, (InvalidInput, SourceError)):
        return problem
    return (faults or Faults()).refusal(problem, place, image.text)
