"""Answers of a source: which ones replace what is stored, and which descriptions differ."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from operator import attrgetter

from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability

_compared = attrgetter(*(name for name in Vulnerability.__struct_fields__ if name != "reference"))


def is_outdated(answer: ComponentAnswer, spellings: Collection[str]) -> bool:
    """Whether an answer would call a component clean although an SBOM has spelled it differently since.

    Args:
        answer: of the source.
        spellings: what SBOMs call the component today, as package URLs.
    """
    return not answer.vulnerabilities and not {*spellings} <= {*answer.spellings}


def counts(answered_at: int, stored_at: int) -> bool:
    """Whether an answer replaces the stored one. An older one never does; one of the same second does.

    Args:
        answered_at: of the answer, in seconds since the epoch.
        stored_at: of the stored answer, in seconds since the epoch; 0 without one.
    """
    return answered_at >= stored_at


def descriptions(answers: Iterable[ComponentAnswer]) -> dict[str, Vulnerability]:
    """The vulnerabilities named in answers, by identifier. If descriptions differ, the last one wins."""
    described: dict[str, Vulnerability] = {}
    for answer in answers:
        for vulnerability in answer.vulnerabilities:
            known = described.get(vulnerability.id)
            if known is None or not (known is vulnerability or same_description(known, vulnerability)):
                described[vulnerability.id] = vulnerability
    return described


def same_description(one: Vulnerability, other: Vulnerability) -> bool:
    """Whether two descriptions are equivalent.

    The query of the reference does not count: OSS Index names the component there, so that one vulnerability has
    another reference in each package, and would change with each answer.
    """
    same_page = one.reference.partition("?")[0] == other.reference.partition("?")[0]
    return same_page and bool(_compared(one) == _compared(other))
