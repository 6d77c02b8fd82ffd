"""Sameness: what several sources call differently, and is one vulnerability.

Vulnerabilities of one component are the same when they share an id or an alias, directly or through others. Every name
of one counts for all: for assessments, and in what people are shown. Each is judged with its own score, and the worst
counts, so that no source makes another's milder.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter

from msgspec import structs

from webhook.model.purls import Purl
from webhook.model.verdicts import Finding
from webhook.model.vulnerabilities import ASKED, Vulnerability

_source = attrgetter("source")
_MOST_SHARED = 100_000
"""Names that a group gets together; thousands of records that share one name are no descriptions of one flaw."""


def with_shared_names(vulnerabilities: tuple[Vulnerability, ...]) -> tuple[Vulnerability, ...]:
    """The vulnerabilities of one component, each with the names of all that are the same.

    A group that is too large for that keeps its own names: what blocks one of them blocks the image all the same, and
    what allows one allows no other.

    Args:
        vulnerabilities: of a component; what one asked source says is never the same twice.
    """
    if len(vulnerabilities) < 2 or set(map(_source, vulnerabilities)) == {ASKED}:
        return vulnerabilities
    groups = _groups(vulnerabilities)
    if len(groups) == len(vulnerabilities):
        return vulnerabilities
    shared = list(vulnerabilities)
    for places in groups:
        if len(places) > 1:
            every = {name for place in places for name in vulnerabilities[place].identifiers}
            for place in places if len(places) * len(every) <= _MOST_SHARED else ():
                mine = vulnerabilities[place]
                shared[place] = structs.replace(mine, aliases=tuple(sorted(every - {mine.id})))
    return tuple(shared)


def _groups(vulnerabilities: Sequence[Vulnerability]) -> list[list[int]]:
    """The places of those that are the same, together; in nearly linear time, as a kernel has thousands."""
    leaders = list(range(len(vulnerabilities)))

    def leader(place: int) -> int:
        while leaders[place] != place:
            leaders[place] = place = leaders[leaders[place]]
        return place

    first: dict[str, int] = {}
    for place, one in enumerate(vulnerabilities):
        for name in one.identifiers:
            other, mine = leader(first.setdefault(name.casefold(), place)), leader(place)
            leaders[max(other, mine)] = min(other, mine)
    groups: dict[int, list[int]] = {}
    for place in range(len(vulnerabilities)):
        groups.setdefault(leader(place), []).append(place)
    return list(groups.values())


def one_of_each(findings: Sequence[Finding]) -> list[Finding]:
    """Of findings that are the same in one component the first, which is the worst.

    Args:
        findings: worst first, of vulnerabilities with shared names.
    """
    seen: set[tuple[Purl, str]] = set()
    kept: list[Finding] = []
    for finding in findings:
        names = {(finding.purl, name.casefold()) for name in finding.vulnerability.identifiers}
        if seen.isdisjoint(names):
            kept.append(finding)
        seen |= names
    return kept


def are_of_several_sources(vulnerabilities: Iterable[Vulnerability]) -> bool:
    """Whether some may be the same."""
    return any(vulnerability.source != ASKED for vulnerability in vulnerabilities)
