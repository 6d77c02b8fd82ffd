"""Precedence: when an assessment matches, which of two wins, and when one replaces the other.

:mod:`webhook.policy.matching` states the rules.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from webhook.errors import InvalidInput
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.purls import STANDARD_LIBRARY, Purl, parse_purl
from webhook.policy.imagenames import ImagePattern, parse_pattern
from webhook.policy.ranges import VersionRange
from webhook.policy.rangetexts import read_range

if TYPE_CHECKING:
    from webhook.model.images import Digest, ImageRef


Same = tuple[AssessmentSource, str, str, Scope]
Order = tuple[int, dt.datetime, str, str, str]
Weight = tuple[bool, int, tuple[int, int, int], bool, bool, bool, bool]
_NO_IMAGE = (-1, 0, 0)
_GO = "pkg:golang/"

_WITHOUT_CASE = (_GO, "pkg:npm/")
"""Package types whose former keys may have lost their case."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a component was found. Assessments narrowed to an image or a namespace depend on it.

    Attributes:
        image: the image's reference; None when the question is not about an image.
        digest: the image's digest; None when it is not known.
        namespace: the Kubernetes namespace; empty when it is not known.
    """

    image: ImageRef | None = None
    digest: Digest | None = None
    namespace: str = ""


ANYWHERE = Place()
"""Nowhere in particular: assessments narrowed to an image or a namespace do not match."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An assessment with its weight (source and narrowness; the larger wins) and its parsed scope."""

    assessment: Assessment
    weight: Weight
    versions: VersionRange | None
    image: ImagePattern | None

    @property
    def rank(self) -> tuple[Weight, Order]:
        """Sorts entries from the weakest claim to the strongest."""
        return (self.weight, age(self.assessment))

    @property
    def same(self) -> Same:
        """See :func:`same_scope`."""
        return same_scope(self.assessment)

    @property
    def is_narrowed(self) -> bool:
        """Whether it depends on the place whether the scope matches."""
        return self.image is not None or self.assessment.scope.namespace is not None

    def is_for(self, place: Place) -> bool:
        """Whether image and namespace of the scope match."""
        namespace = self.assessment.scope.namespace
        if namespace is not None and namespace != place.namespace:
            return False
        return self.image is None or self.image.matches(place.image, place.digest)

    def matches(self, purl: Purl, place: Place) -> bool | None:
        """Whether the scope matches; None if only the version leaves that open."""
        if not self.is_for(place):
            return False
        if self.versions is None:
            return True
        contained = self.versions.contains(purl.version, purl.type)
        if contained is False and _respelled(self.versions, _example_of(purl)).contains(purl.version, purl.type):
            return None
        return contained


def read_entry(assessment: Assessment, weights: dict[Weight, Weight]) -> Entry | None:
    """The entry of a record; None if its scope cannot be parsed.

    Args:
        assessment: the record.
        weights: one object for equal weights.
    """
    scope = assessment.scope
    try:
        versions = None if scope.version_range is None else read_range(scope.version_range)
        image = None if scope.image is None else parse_pattern(scope.image)
    except InvalidInput:
        return None
    if versions is not None and versions.is_everything:
        versions = None
    weight: Weight = (
        assessment.by_hand,
        sum(part is not None for part in (scope.package, versions, image, scope.namespace)) + assessment.is_for_cluster,
        _NO_IMAGE if image is None else image.narrowness,
        versions is not None and versions.is_exact,
        versions is not None,
        scope.namespace is not None,
        scope.package is not None,
    )
    return Entry(assessment, weights.setdefault(weight, weight), versions, image)


def unreadable(records: Iterable[Assessment], now: dt.datetime) -> list[Assessment]:
    """Records that match nothing, because their scope cannot be read, and that nobody has withdrawn yet.

    Args:
        records: any; of one source and scope all of them.
        now: UTC, aware; what has ended is left out.
    """
    left: dict[Same, Assessment] = {}
    for record in sorted(records, key=age):
        if record.type is None:
            left.pop(same_scope(record), None)
        elif read_entry(record, {}) is None:
            left[same_scope(record)] = record
    return [record for record in left.values() if not record.expired(now)]


@lru_cache(maxsize=1024)
def _respelled(versions: VersionRange, package: str) -> VersionRange:
    """A range with its versions spelled as in today's keys."""
    return versions.respelled(lambda version: _version(version, package))


def _example_of(purl: Purl) -> str:
    """A package whose versions are spelled by the same rules; few of them, so that ranges are respelled once."""
    return purl.package if purl.package == STANDARD_LIBRARY else f"pkg:{purl.type}/x/x"


def _version(version: str, package: str) -> str:
    try:
        return parse_purl(f"{package}@{quote(version, safe='')}").version or version
    except InvalidInput:
        return version


def former_packages(package: str) -> Iterator[str]:
    """What a package may once have been taken for: its name without case, and the Go modules above it."""
    has_case = package.startswith(_WITHOUT_CASE) and (lower := package.lower()) != package
    if has_case:
        yield lower
    if package.startswith(_GO):
        parent = package.rpartition("/")[0]
        while "/" in parent[len(_GO) :]:
            yield parent
            if has_case and parent.lower() != parent:
                yield parent.lower()
            parent = parent.rpartition("/")[0]


def package_key(package: str) -> str:
    """A package as it is spelled in today's keys; as given where it cannot be read."""
    try:
        return str(parse_purl(package))
    except InvalidInput:
        return package


def claims_above(best: Entry | None, entries: Sequence[Entry]) -> tuple[Assessment, ...]:
    """The records of entries that claim more than another one, the weakest first; all where there is none."""
    ranked = sorted(entries, key=lambda entry: entry.rank)
    return tuple(entry.assessment for entry in ranked if best is None or entry.rank > best.rank)


def same_scope(assessment: Assessment) -> Same:
    """The identity of a record: of two with the same one, the newer replaces or withdraws the older."""
    return (assessment.source, assessment.provisioner, assessment.vulnerability.casefold(), assessment.scope)


def counting(history: Iterable[Assessment]) -> list[Assessment]:
    """The records that no newer one has replaced or withdrawn.

    Args:
        history: oldest first.
    """
    newest: dict[Same, Assessment] = {}
    for record in history:
        newest.pop(same_scope(record), None)
        newest[same_scope(record)] = record
    return [record for record in newest.values() if record.type is not None]


def replaced_by(records: Iterable[Assessment], history: Iterable[Assessment]) -> list[Assessment]:
    """What counts and would no longer count once some records do.

    Args:
        records: that are to be added.
        history: what there is, oldest first.
    """
    scopes = {same_scope(record) for record in records}
    return [record for record in counting(history) if same_scope(record) in scopes]


def age(assessment: Assessment) -> Order:
    """Sort key: oldest records first."""
    return (
        assessment.sequence,
        assessment.assessed_at,
        assessment.type or "",
        assessment.author,
        assessment.comment,
    )


def lives_as_long(one: Entry, other: Entry) -> bool:
    """Whether one never ends before the other; if it is also the stronger claim, the other never counts again."""
    if one.assessment.until_fixed and not other.assessment.until_fixed:
        return False  # a fix may end it at any time
    end, other_end = one.assessment.until, other.assessment.until
    return end is None or (other_end is not None and end >= other_end)


@dataclass(frozen=True, slots=True)
class Effective:
    """What is in force for one vulnerability in one component.

    Attributes:
        assessment: the assessment in force; None when unassessed.
        expired: when unassessed, the assessment that would be in force if none had expired.
        doubtful: those that would be in force instead if their range held the version, the weakest claim first; expired
            ones, too.
    """

    assessment: Assessment | None = None
    expired: Assessment | None = None
    doubtful: tuple[Assessment, ...] = ()

    @property
    def next_change(self) -> dt.datetime | None:
        """When this changes without new records: only when the assessment in force expires."""
        return None if self.assessment is None else self.assessment.until
