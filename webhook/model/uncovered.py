"""Why no source covers a component.

Where a source has advisories of a component's distribution and still does not cover it, the SBOM or the release is why.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Mapping


class Uncovered(enum.StrEnum):
    """Why no source covers a component; the values are words of metrics, of JSON and of the database."""

    NO_SOURCE = "no-source"
    """No source that is configured has data on packages of its type, or of its distribution."""
    NO_ADVISORIES = "no-advisories"
    """No advisory is about the release, such as one at its end of life."""
    NO_SOURCE_PACKAGE = "source-package-unknown"
    """The advisories name source packages, and the SBOM does not say which one it is of."""
    NO_RELEASE = "release-unknown"
    """The SBOM does not say of which release it is."""


WORDS: Mapping[Uncovered, str] = {
    Uncovered.NO_SOURCE: "no source has data on it",
    Uncovered.NO_ADVISORIES: "no advisory is about its release, which may be at its end of life",
    Uncovered.NO_SOURCE_PACKAGE: "its source package is not known",
    Uncovered.NO_RELEASE: "its release is not known",
}
"""What is said to people of one component."""
_NUMBERS: Mapping[str, int] = {
    Uncovered.NO_RELEASE: 255,
    Uncovered.NO_SOURCE_PACKAGE: 254,
    Uncovered.NO_ADVISORIES: 253,
}
_REASONS = {number: Uncovered(reason) for reason, number in _NUMBERS.items()}
LARGEST_ECOSYSTEM = 100
"""A read model has one byte for the ecosystem of a component, or for why it has none."""
PAST_SUPPORT = 100
"""What is added to the number of an ecosystem for components of releases that are past their support."""
PAST_SUPPORT_NUMBERS = bytes(range(PAST_SUPPORT + 1, PAST_SUPPORT + LARGEST_ECOSYSTEM + 1))


def number_of(reason: str) -> int:
    """The byte that stands for a reason; 0 for :attr:`Uncovered.NO_SOURCE`, and for what is no reason."""
    return _NUMBERS.get(reason, 0)


def reason_of(number: int) -> Uncovered:
    """The reason that a byte stands for."""
    return _REASONS.get(number, Uncovered.NO_SOURCE)


def reasons_of(numbers: Iterable[int]) -> Mapping[Uncovered, int]:
    """How many of the bytes stand for each reason."""
    reasons = Counter[Uncovered]()
    for number, times in Counter(numbers).items():
        reasons[reason_of(number)] += times
    return reasons
