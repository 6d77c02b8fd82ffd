"""Severities: the vectors and words with which a record says how bad a vulnerability is.

Vectors are in ``severity``, of the record or of a package. Words are there, too (Ubuntu), in the fields that the schema
leaves to distributions and databases (Debian's urgency, GitHub's and Bitnami's severity), or in the title (Red Hat's
family).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from webhook.policy.advisories import score_of_vector
from webhook.policy.severitywords import worst_word

_LONGEST = 300
_TITLED = re.compile(r"(Critical|Important|Moderate|Low): ")


class Severity(msgspec.Struct, gc=False):
    """An entry of ``severity``."""

    type: str = ""
    score: str = ""


class Specific(msgspec.Struct, gc=False):
    """What ``ecosystem_specific`` and ``database_specific`` say of it."""

    urgency: str | None = None
    severity: str | None = None


_SPECIFIC = msgspec.json.Decoder(Specific)
_NOTHING = Specific()


def specific_of(raw: msgspec.Raw) -> Specific:
    """What a distribution or database says in its own fields; nothing where that cannot be read."""
    content = bytes(raw)
    if b'"urgency"' not in content and b'"severity"' not in content:
        return _NOTHING
    try:
        return _SPECIFIC.decode(content)
    except ValueError:
        return _NOTHING


@dataclass
class Rated:
    """All that one record says.

    Attributes:
        severities: of the record and its packages.
        words: of distributions and databases; some are empty.
        ended: releases that get no fix any more, with their ecosystem.
    """

    severities: list[Severity]
    words: list[str]
    ended: set[str] = field(default_factory=set)

    def add(self, release: str, said: Specific, severities: list[Severity] | None) -> None:
        """Take in what it says of a package in a release."""
        self.severities += severities or ()
        self.words += [said.urgency or "", said.severity or ""]
        if said.urgency == "end-of-life":
            self.ended.add(release)

    def vector(self) -> str:
        """The vector with the highest score, of equal ones that of the newest version of CVSS; empty without any."""
        given = {
            rated.score for rated in self.severities if rated.type.startswith("CVSS_V") and len(rated.score) < _LONGEST
        }
        return worst_vector(given)

    def word(self, title: str) -> str:
        """The worst word, in lower case; that of the title where no field has one; empty without any."""
        words = [*self.words, *(rated.score for rated in self.severities if not rated.type.startswith("CVSS_"))]
        titled = _TITLED.match(title)
        return worst_word(word for word in words if word != "end-of-life") or (titled[1].lower() if titled else "")


def worst_vector(vectors: Collection[str]) -> str:
    """The one with the highest score, of equal ones that of the newest version of CVSS; empty without any."""
    return max(sorted(vectors), key=_rank) if len(vectors) > 1 else next(iter(vectors), "")


def _rank(vector: str) -> tuple[Decimal, str]:
    """By the score; those of CVSS 2, which mostly are without prefix, come before all others."""
    score = score_of_vector(vector)
    return -Decimal(1) if score is None else score, vector if vector.startswith("CVSS:") else ""
