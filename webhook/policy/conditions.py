"""Conditions: what gives a type to a vulnerability by itself, and which type counts where several do.

A type can name a range of CVSS scores, that the vulnerability is known to be exploited (KEV), and a least probability
of exploitation (EPSS); one of them is enough. Where conditions of several types hold, the strictest action counts; of
equal ones the type that lives longest, or shortest if they allow, then the first type in the table. Only the ranges
may not overlap, see :mod:`webhook.policy.scores`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, NamedTuple

from webhook.errors import ConfigError
from webhook.model.actions import Action
from webhook.model.assessments import AssessmentType
from webhook.model.exploitation import EPSS_STEP, Exploitation
from webhook.policy.scores import is_scored, round_score

if TYPE_CHECKING:
    from webhook.model.vulnerabilities import Vulnerability

KEV, EPSS = "KEV", "EPSS"
"""The first words of conditions, by which records tell what gave them."""
_SEPARATOR = ", "


class Automatic(NamedTuple):
    """A type whose conditions hold for a vulnerability.

    Attributes:
        type: which one.
        conditions: those that hold, such as ``9.0–10.0`` and ``KEV``.
    """

    type: AssessmentType
    conditions: tuple[str, ...]

    @property
    def rule(self) -> str:
        """How records name it, such as ``Blocked 9.0–10.0, KEV``."""
        return f"{self.type.name} {_SEPARATOR.join(self.conditions)}"


def conditions(one: AssessmentType) -> tuple[str, ...]:
    """What gives a type by itself, in words; empty for a type that only people give."""
    found = [] if one.auto_assess is None else [str(one.auto_assess)]
    if one.auto_kev:
        found.append(KEV)
    if one.auto_epss is not None:
        found.append(epss_condition(one.auto_epss))
    return tuple(found)


def epss_condition(least: Decimal) -> str:
    """``EPSS ≥ 0.1``."""
    return f"{EPSS} ≥ {least.normalize():f}"


def match(one: AssessmentType, vulnerability: Vulnerability) -> Automatic | None:
    """The conditions of a type that hold for a vulnerability; None when none does."""
    held = []
    score, band = vulnerability.cvss_score, one.auto_assess
    if band is not None and score is not None and is_scored(score) and band.low <= round_score(score) <= band.high:
        held.append(str(band))
    held += exploited(one, vulnerability.exploitation)
    return Automatic(one, tuple(held)) if held else None


def exploited(one: AssessmentType, known: Exploitation | None) -> list[str]:
    """The conditions of a type that hold because of attacks."""
    held: list[str] = []
    if known is None:
        return held
    if one.auto_kev and known.kev is not None:
        held.append(KEV)
    if one.auto_epss is not None and known.epss is not None and known.epss >= one.auto_epss:
        held.append(epss_condition(one.auto_epss))
    return held


def strictest(types: Iterable[AssessmentType], vulnerability: Vulnerability) -> Automatic | None:
    """The type that a vulnerability gets by itself; None when no condition holds."""
    return strictest_of(held for each in types if (held := match(each, vulnerability)) is not None)


def strictest_of(found: Iterable[Automatic]) -> Automatic | None:
    """The strictest of several types whose conditions hold; None of none."""
    return max(found, key=_strictness, default=None)  # the first of equal ones


def _strictness(held: Automatic) -> tuple[Action, float]:
    """Sort key: the action, then the life, longer if it is stricter than none."""
    action, days = held.type.action, held.type.expires_after_days
    life = math.inf if days is None else days
    return action, -life if action is Action.ALLOW else life


def names_condition(rule: str, name: str, condition: str) -> bool:
    """Whether the rule of a record names a condition of the same kind for a type.

    Args:
        rule: of the record.
        name: of the type.
        condition: such as ``EPSS ≥ 0.1``; with another least probability it is of the same kind.
    """
    head, word = f"{name} ", condition.partition(" ")[0]
    if not rule.startswith(head):
        return False
    return any(part.partition(" ")[0] == word for part in rule.removeprefix(head).split(_SEPARATOR))


def make_epss(least: object) -> Decimal:
    """A validated least probability.

    Args:
        least: a number or its text.

    Raises:
        ConfigError: it is none; the sentence shows the value.
    """
    try:
        number = Decimal(str(least))
        is_valid = number.is_finite() and EPSS_STEP <= number <= 1 and number == number.quantize(EPSS_STEP)
    except InvalidOperation:
        is_valid = False
    if not is_valid or isinstance(least, bool):
        raise ConfigError(
            f"{str(least)[:50]!r} is not a minimum EPSS score.",
            remedy="It is a probability from 0.00001 to 1 with at most five decimals, such as 0.1.",
        )
    return number.normalize()
