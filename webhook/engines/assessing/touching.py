"""Touching: how many images have a component that an assessment is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from webhook.engines.readmodel import ReadModel
from webhook.model.assessments import Assessment
from webhook.model.images import Digest, parse_image
from webhook.model.purls import Purl
from webhook.policy.imagenames import ImagePattern, parse_pattern
from webhook.policy.ranges import VersionRange, parse_range


@dataclass(frozen=True, slots=True)
class _Scope:
    """What an assessment is narrowed to, read once."""

    package: str | None
    versions: VersionRange | None
    image: ImagePattern | None

    def holds(self, purl: Purl) -> bool:
        # What cannot be compared may count, if that is stricter, so it is touched.
        return self.package in (None, purl.package) and (
            self.versions is None or self.versions.contains(purl.version, purl.type) is not False
        )

    def holds_in(self, digest: Digest, names: Sequence[str]) -> bool:
        image = self.image
        return (
            image is None
            or image.matches(None, digest)
            or any(image.matches(parse_image(name), digest) for name in names)
        )


def touched(model: ReadModel, assessments: Sequence[Assessment]) -> Sequence[int]:
    """How many images each of some assessments touches, in their order; their scopes must be canonical.

    All are counted in one walk over the images, so that many cost little more than one.

    Args:
        model: what is known.
        assessments: any; a namespace that they are narrowed to does not count, because an image has none.
    """
    scopes = [_scope(one) for one in assessments]
    about = _components(model, assessments, scopes)
    counts = [0] * len(assessments)
    if not about:
        return counts
    names = model.names() if any(one.image is not None for one in scopes) else {}
    for digest, numbers in model.contents():
        found = about.keys() & set(numbers)
        for place in {place for number in found for place in about[number]}:
            counts[place] += scopes[place].holds_in(digest, names.get(digest, ()))
    return counts


def _components(
    model: ReadModel, assessments: Sequence[Assessment], scopes: Sequence[_Scope]
) -> Mapping[int, Sequence[int]]:
    """The number of each component that is meant, with the places of the assessments that mean it."""
    by_name: dict[str, list[int]] = {}
    for place, one in enumerate(assessments):
        by_name.setdefault(one.vulnerability.casefold(), []).append(place)
    if not by_name:
        return {}
    found: dict[int, list[int]] = {}
    for number, component in model.vulnerable():
        names = {name.casefold() for one in component.vulnerabilities for name in one.identifiers}
        places = [place for name in names & by_name.keys() for place in by_name[name]]
        meant = [place for place in places if scopes[place].holds(component.purl)]
        if meant:
            found[number] = meant
    return found


def _scope(one: Assessment) -> _Scope:
    scope = one.scope
    return _Scope(
        scope.package,
        None if scope.version_range is None else parse_range(scope.version_range),
        None if scope.image is None else parse_pattern(scope.image),
    )
