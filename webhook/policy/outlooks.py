"""Outlooks: what a vulnerability may be like, now or later, as far as the conditions of types tell it apart.

What is known of a vulnerability may rise: its score, the probability of an attack, and whether attacks are known. That
it falls is not counted on, as no block with an end could be recorded by one person then. Of a vulnerability that is not
known nothing is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from msgspec import structs

from webhook.model.assessments import AssessmentType
from webhook.model.exploitation import Exploitation
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.conditions import match
from webhook.policy.scores import HIGHEST, STEP, is_scored
from webhook.policy.typetable import TypeTable

_UNKNOWN = Vulnerability("not known yet")
_LISTED = dt.date(2000, 1, 1)


class Outlook(NamedTuple):
    """What a vulnerability may be like.

    Attributes:
        vulnerability: with a score, and with what is known of attacks.
        given: the types that it may have got by itself until then.
    """

    vulnerability: Vulnerability
    given: tuple[AssessmentType, ...]


def outlooks(types: TypeTable, known: Iterable[Vulnerability]) -> Sequence[Outlook]:
    """All that vulnerabilities may be like, one for each that the types tell apart.

    Args:
        types: the table of types.
        known: what sources say of a vulnerability; of none it may be anything.
    """
    found: dict[tuple[str, ...], Outlook] = {}
    for base in list(known) or [_UNKNOWN]:
        later = list(_later(types, base))
        for risen in later:
            given = {
                got.type.name: got.type
                for other in later
                if _is_below(other, risen) and (got := types.automatic(other)) is not None
            }
            today = types.automatic(risen)
            found.setdefault(("" if today is None else today.type.name, *given), Outlook(risen, tuple(given.values())))
    return list(found.values())


def told_apart(tables: Sequence[TypeTable]) -> Sequence[Vulnerability]:
    """A vulnerability of each kind that any of several tables tells apart."""
    every = [kind for table in tables for kind in table]
    found: dict[tuple[object, ...], Vulnerability] = {}
    for vulnerability in _later(every, _UNKNOWN):
        held = [match(kind, vulnerability) for kind in every]
        found.setdefault(tuple(each and each.conditions for each in held), vulnerability)
    return list(found.values())


def _later(types: Iterable[AssessmentType], base: Vulnerability) -> Iterable[Vulnerability]:
    """A vulnerability as it is, and with each higher value at which a condition of a type begins to hold or ends."""
    types, exploitation = tuple(types), base.exploitation or Exploitation()
    scores = [base.cvss_score]
    for kind in types:
        if kind.auto_assess is not None:
            scores += [max(kind.auto_assess.low, STEP), min(kind.auto_assess.high + STEP, HIGHEST)]
    likely = [exploitation.epss, *(kind.auto_epss for kind in types if kind.auto_epss is not None)]
    listed = [exploitation.kev, *([_LISTED] if any(kind.auto_kev for kind in types) else [])]
    for score in dict.fromkeys(scores):
        for epss in dict.fromkeys(likely):
            for kev in dict.fromkeys(listed):
                attacked = structs.replace(exploitation, epss=epss, kev=kev)
                one = structs.replace(
                    base, cvss_score=score, exploitation=None if attacked == Exploitation() else attacked
                )
                if _is_below(base, one):
                    yield one


def _is_below(one: Vulnerability, other: Vulnerability) -> bool:
    """Whether nothing that is known of one is more than what is known of another."""
    mine, theirs = one.exploitation or Exploitation(), other.exploitation or Exploitation()
    is_likelier = (mine.epss or 0) > (theirs.epss or 0) or (mine.kev is not None and theirs.kev is None)
    return not is_likelier and _score(one) <= _score(other)


def _score(one: Vulnerability) -> Decimal:
    return one.cvss_score if one.cvss_score is not None and is_scored(one.cvss_score) else Decimal(0)
