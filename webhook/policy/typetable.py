"""The table of assessment types: looked up by name, ignoring case; validated when it is made.

A *retired* type is one that the cluster named once and does not name any more. It cannot be given to anything new, but
what was given keeps its action, and nothing that it denied opens because its definition went away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from webhook.errors import ConfigError, InvalidInput
from webhook.model.actions import Action
from webhook.model.assessments import AssessmentType, CvssRange
from webhook.policy.conditions import Automatic, make_epss, strictest
from webhook.policy.plaintext import is_plain
from webhook.policy.scores import check_ranges, type_for_score

if TYPE_CHECKING:
    from webhook.model.vulnerabilities import Vulnerability

MAX_DAYS = 36_500
"""A hundred years: far beyond any use, and still a date that every component can represent."""

_MAX_NAME = 60
_MOST_SCORES = 1024
"""Number of scores whose type is cached; there are hardly more than a hundred."""


class TypeTable:
    """The assessment types of this installation.

    Args:
        types: in the order in which people should see them.
        retired: types that are not to be given any more; one that shares its name with another type does not count.

    Raises:
        ConfigError: two have one name, a name or a number of days cannot be used, or two CVSS ranges overlap.
    """

    def __init__(self, types: Iterable[AssessmentType], retired: Iterable[AssessmentType] = ()) -> None:
        self._types = tuple(types)
        self._retired = {assessment_type.name.casefold(): assessment_type for assessment_type in retired}
        self._by_name: dict[str, AssessmentType] = {}
        self._by_score: dict[Decimal, Automatic | None] = {}
        for assessment_type in self._types:
            _check(assessment_type)
            other = self._by_name.setdefault(assessment_type.name.casefold(), assessment_type)
            if other is not assessment_type:
                raise ConfigError(
                    f"Two assessment types have one name: {other.name} and {assessment_type.name}.",
                    remedy="Names are compared without case; rename one of them in assessmentTypes.",
                )
        check_ranges(self._types)

    def __iter__(self) -> Iterator[AssessmentType]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in order."""
        return tuple(assessment_type.name for assessment_type in self._types)

    def get(self, name: str) -> AssessmentType | None:
        """The type with that name, ignoring case; None if it is not configured."""
        return self._by_name.get(name.casefold())

    def retired(self, name: str) -> AssessmentType | None:
        """The retired type with that name, ignoring case; None if there is none or a current type has the name."""
        key = name.casefold()
        return None if key in self._by_name else self._retired.get(key)

    @property
    def all_retired(self) -> Iterable[AssessmentType]:
        """The retired types."""
        return self._retired.values()

    def allows(self, name: str) -> bool:
        """Whether the type with that name, ignoring case, allows; one that is not configured does not."""
        found = self.get(name)
        return found is not None and found.action is Action.ALLOW

    def require(self, name: str) -> AssessmentType:
        """The type with that name, ignoring case.

        Raises:
            InvalidInput: there is none; the remedy names those that there are.
        """
        found = self.get(name.strip())
        if found is None:
            raise InvalidInput(
                f"{name[:_MAX_NAME]!r} is not an assessment type.",
                remedy=f"The configured types are: {', '.join(self.names) or 'none'}.",
            )
        return found

    def for_score(self, score: Decimal | None) -> AssessmentType | None:
        """The type whose range holds the score, see :func:`webhook.policy.scores.type_for_score`."""
        found = self._of_score(score)
        return None if found is None else found.type

    def _of_score(self, score: Decimal | None) -> Automatic | None:
        if score is None or not score.is_finite():
            return None
        if score not in self._by_score:
            if len(self._by_score) >= _MOST_SCORES:
                self._by_score.clear()
            kind = type_for_score(self._types, score)
            self._by_score[score] = None if kind is None else Automatic(kind, (str(kind.auto_assess),))
        return self._by_score[score]

    def automatic(self, vulnerability: Vulnerability) -> Automatic | None:
        """The type that a vulnerability gets by itself, see :mod:`webhook.policy.conditions`."""
        if vulnerability.exploitation is not None:
            return strictest(self._types, vulnerability)
        return self._of_score(vulnerability.cvss_score)

    @property
    def mildest(self) -> AssessmentType | None:
        """The first type of the mildest action: the type a user would choose to allow a finding."""
        return min(self._types, key=lambda assessment_type: assessment_type.action, default=None)


def default_types() -> TypeTable:
    """Ignore, Caution and Blocked with the recommended ranges and expiries."""
    return TypeTable(
        (
            AssessmentType("Ignore", Action.ALLOW, _band("0.1", "3.9"), 90, "purple"),
            AssessmentType("Caution", Action.WARN, _band("7.0", "8.9"), 30, "orange"),
            AssessmentType("Blocked", Action.DENY, _band("9.0", "10.0"), 30, "red"),
        )
    )


def _band(low: str, high: str) -> CvssRange:
    return CvssRange(Decimal(low), Decimal(high))


def _check(one: AssessmentType) -> None:
    if not one.name or one.name != one.name.strip() or len(one.name) > _MAX_NAME or not is_plain(one.name):
        raise ConfigError(
            f"{one.name[:_MAX_NAME]!r} cannot name an assessment type.",
            remedy=f"A name has 1 to {_MAX_NAME} printable characters and no space at its ends.",
        )
    if one.auto_epss is not None:
        make_epss(one.auto_epss)
    days = one.expires_after_days
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise ConfigError(
            f"Assessment type {one.name}: an assessment cannot expire after {days} days.",
            remedy=f"expiresAfterDays is 1 to {MAX_DAYS}; leave it out for a type that does not expire.",
        )
