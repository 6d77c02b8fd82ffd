"""How many images have a component that an assessment is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from webhook.engines.readmodel import ReadModel
from webhook.model.assessments import Assessment
from webhook.policy.scopes import ParsedScope


def touched(model: ReadModel, assessments: Sequence[Assessment]) -> Sequence[int]:
    """How many images each of some assessments touches, in their order; their scopes must be canonical.

    All are counted in one walk over the images, so that many cost little more than one.

    Args:
        model: what is known.
        assessments: any; a namespace that they are narrowed to does not count, because an image has none.
    """
    scopes = [ParsedScope.of(one.scope) for one in assessments]
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
    model: ReadModel, assessments: Sequence[Assessment], scopes: Sequence[ParsedScope]
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
