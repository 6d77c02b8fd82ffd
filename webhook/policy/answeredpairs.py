"""Pairs of a vulnerability and a package that answers name, and how their scores have moved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from msgspec import structs

from webhook.model.assessments import Assessment, Scope
from webhook.model.exploitation import Exploitation
from webhook.model.vulnerabilities import ComponentAnswer, Rescored, Vulnerability
from webhook.policy.scores import round_score


class AnsweredPair(NamedTuple):
    """A vulnerability in a package, as an answer has just named it.

    Attributes:
        vulnerability: with its present score.
        package: canonical purl without version.
        is_new: whether no answer named the two together before.
        former: the score of the answer before; None when it had none.
        formerly: what was known of attacks on it before.
    """

    vulnerability: Vulnerability
    package: str
    is_new: bool
    former: Decimal | None = None
    formerly: Exploitation | None = None

    @property
    def is_rescored(self) -> bool:
        """Whether the answer has brought another score."""
        return not self.is_new and moved(self.former, self.vulnerability.cvss_score)


def named_pairs(answers: Iterable[ComponentAnswer]) -> dict[tuple[str, str], Vulnerability]:
    """The (identifier, package) pairs that answers name, sorted, each as the version with the highest score has it."""
    found: dict[tuple[str, str], Vulnerability] = {}
    for answer in answers:
        package = answer.purl.package if answer.vulnerabilities else ""
        for vulnerability in answer.vulnerabilities:
            key = (vulnerability.id, package)
            if key not in found or _height(vulnerability) > _height(found[key]):
                found[key] = vulnerability
    return {key: found[key] for key in sorted(found)}


def with_move(one: Vulnerability, stored: Vulnerability | None, now: dt.datetime) -> Vulnerability:
    """A vulnerability as an answer describes it, with what is known of its score before.

    Args:
        one: from the answer.
        stored: as it was; None when it is new.
        now: UTC, aware.
    """
    if stored is None:
        return one
    # What is known of attacks changes with the sets alone, so that what follows from that is done once.
    if one.exploitation != stored.exploitation:
        one = structs.replace(one, exploitation=stored.exploitation)
    if moved(stored.cvss_score, one.cvss_score):
        return structs.replace(one, rescored=Rescored(stored.cvss_score, now))
    return structs.replace(one, rescored=stored.rescored) if stored.rescored is not None else one


def by_name(records: Iterable[Assessment]) -> dict[str, list[Assessment]]:
    """Records by the name of the vulnerability, without case."""
    found: dict[str, list[Assessment]] = {}
    for record in records:
        found.setdefault(record.vulnerability.casefold(), []).append(record)
    return found


def history_of(pair: AnsweredPair, known: Mapping[str, Sequence[Assessment]]) -> list[Assessment]:
    """What was recorded about a pair, for all its versions and images, oldest first."""
    names = {name.casefold() for name in pair.vulnerability.identifiers}
    found = [
        assessment
        for name in names
        for assessment in known.get(name, ())
        if assessment.scope in (Scope(), Scope(pair.package))
    ]
    return sorted(found, key=lambda assessment: assessment.sequence)


def stands_by_hand(history: Sequence[Assessment]) -> bool:
    """Whether people's decision stands; a newer withdrawal ends an older one of the same source and scope."""
    newest = {
        (assessment.source, assessment.vulnerability.casefold(), assessment.scope): assessment
        for assessment in history
        if assessment.by_hand
    }
    return any(assessment.type is not None for assessment in newest.values())


def moved(before: Decimal | None, after: Decimal | None) -> bool:
    """Whether a score differs from what it was, seen on one decimal."""
    return _rounded(before) != _rounded(after)


def score_move(before: Decimal | None, after: Decimal | None) -> str:
    """``score moved 7.5 → 9.8``, ``score moved none → 9.8``."""
    return f"score moved {'none' if before is None else before} → {'none' if after is None else after}"


def _height(one: Vulnerability) -> Decimal:
    score = _rounded(one.cvss_score)
    return Decimal(-1) if score is None else score


def _rounded(score: Decimal | None) -> Decimal | None:
    return round_score(score) if score is not None and score.is_finite() else None
