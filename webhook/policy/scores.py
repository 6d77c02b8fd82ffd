"""CVSS scores: rounding to one decimal, and the ranges that assign assessment types automatically.

A range is closed at both ends and stands on one decimal, as the labels of the CVSS severities read (7.0–8.9). A score
is rounded half-up to one decimal before it is compared, so that 6.95 is High and nothing falls between two ranges.
Source: CVSS v3.1 specification, section 5 (qualitative severity rating scale).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from itertools import pairwise

from webhook.errors import ConfigError
from webhook.model.assessments import AssessmentType, CvssRange

UNSCORED = "unscored"
"""The word for a vulnerability without a score."""
STEP = Decimal("0.1")
LOWEST = Decimal("0.0")
HIGHEST = Decimal("10.0")
SEVERITIES = {
    "Low": CvssRange(Decimal("0.1"), Decimal("3.9")),
    "Medium": CvssRange(Decimal("4.0"), Decimal("6.9")),
    "High": CvssRange(Decimal("7.0"), Decimal("8.9")),
    "Critical": CvssRange(Decimal("9.0"), Decimal("10.0")),
}


def round_score(score: Decimal) -> Decimal:
    """The score rounded half-up to one decimal: 6.95 gives 7.0."""
    return score.quantize(STEP, rounding=ROUND_HALF_UP)


def is_scored(score: Decimal | None) -> bool:
    """Whether a source gave a score. None, NaN, and anything that rounds to 0.0 or less are *unscored*."""
    return score is not None and score.is_finite() and round_score(score) > LOWEST


def severity(score: Decimal | None) -> str:
    """``Low``, ``Medium``, ``High`` or ``Critical``; ``unscored`` without a score."""
    if score is None or not is_scored(score):
        return UNSCORED
    rounded = round_score(score)
    return next((name for name, band in SEVERITIES.items() if band.low <= rounded <= band.high), "Critical")


def type_for_score(types: Iterable[AssessmentType], score: Decimal | None) -> AssessmentType | None:
    """The type that a new vulnerability of this score gets automatically.

    Args:
        types: assessment types whose ranges do not overlap, see :func:`check_ranges`.
        score: as the source gave it; None, and 0.0, match no range whatever the ranges are.
    """
    if score is None or not is_scored(score):
        return None
    rounded = round_score(score)
    for assessment_type in types:
        if (
            assessment_type.auto_assess is not None
            and assessment_type.auto_assess.low <= rounded <= assessment_type.auto_assess.high
        ):
            return assessment_type
    return None


def make_range(low: object, high: object) -> CvssRange:
    """A validated range.

    Args:
        low: a number or its text, on one decimal, 0.0 to 10.0.
        high: likewise.

    Raises:
        ConfigError: they are not; the sentence shows the value.
    """
    found = CvssRange(_bound(low), _bound(high))
    if found.low > found.high:
        raise ConfigError(
            f"The CVSS range {found} has its bounds reversed.",
            remedy="Write the smaller score first, such as min: 7.0, max: 8.9.",
        )
    return found


def check_ranges(types: Iterable[AssessmentType]) -> None:
    """Refuse invalid and overlapping ranges.

    Raises:
        ConfigError: the sentence names the type, or both types.
    """
    for assessment_type in types:
        if assessment_type.auto_assess is not None:
            try:
                make_range(assessment_type.auto_assess.low, assessment_type.auto_assess.high)
            except ConfigError as problem:
                raise ConfigError(
                    f"Assessment type {assessment_type.name}: {problem.message}", remedy=problem.remedy
                ) from problem
    for (first, left), (second, right) in pairwise(_in_order(types)):
        if right.low <= left.high:
            raise ConfigError(
                f"The CVSS ranges of the assessment types {first.name} ({left}) and {second.name} ({right}) overlap.",
                remedy="Change autoAssess of one of them so that each score belongs to one type at most.",
            )


def gaps(types: Iterable[AssessmentType]) -> Sequence[CvssRange]:
    """The ranges between 0.1 and 10.0 that no type covers, lowest first; for types whose ranges do not overlap."""
    found: list[CvssRange] = []
    start = STEP
    for _, band in _in_order(types):
        if band.low > start:
            found.append(CvssRange(start, band.low - STEP))
        start = max(start, band.high + STEP)
    if start <= HIGHEST:
        found.append(CvssRange(start, HIGHEST))
    return found


def _in_order(types: Iterable[AssessmentType]) -> list[tuple[AssessmentType, CvssRange]]:
    ranged = [
        (assessment_type, assessment_type.auto_assess)
        for assessment_type in types
        if assessment_type.auto_assess is not None
    ]
    return sorted(ranged, key=lambda pair: (pair[1].low, pair[1].high))


def _bound(value: object) -> Decimal:
    try:
        number = Decimal(str(value))
        valid = number.is_finite() and LOWEST <= number <= HIGHEST and number == round_score(number)
    except InvalidOperation:
        valid = False
    if not valid:
        raise ConfigError(
            f"{str(value)[:50]!r} is not a bound of a CVSS range.",
            remedy="Bounds are 0.0 to 10.0 with at most one decimal.",
        )
    return round_score(number)
