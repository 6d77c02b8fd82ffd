"""The advisory index: what all sources of advisories together say of a component, at any moment and offline."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from webhook.model.advisories import FORMAT, Advisory, AdvisorySet, AdvisorySetInfo
from webhook.model.components import ComponentState
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.advisories import score_of_vector
from webhook.policy.advisorykeys import DISTRIBUTIONS, LANGUAGES, advisory_keys, ecosystem_of
from webhook.policy.affected import VersionOrder


class AdvisoryAnswer(NamedTuple):
    """What the advisories say of a component.

    Attributes:
        state: NOT_COVERED when no set is about it; UNKNOWN when its version cannot be compared, and nothing else says
            that it is vulnerable.
        vulnerabilities: those that it has, by id.
        fixed: by id of a vulnerability, the next version that does not have it; where one is known.
    """

    state: ComponentState
    vulnerabilities: tuple[Vulnerability, ...] = ()
    fixed: Mapping[str, str] = {}


_NOT_COVERED, _CLEAN, _UNKNOWN = (
    AdvisoryAnswer(state) for state in (ComponentState.NOT_COVERED, ComponentState.CLEAN, ComponentState.UNKNOWN)
)


class AdvisoryIndex:
    """The advisories of some sets.

    Args:
        sets: by name of the source and ecosystem.
    """

    def __init__(self, sets: Mapping[tuple[str, str], AdvisorySet]) -> None:
        self._sets: dict[str, list[tuple[str, AdvisorySet]]] = {}
        for (source, ecosystem), content in sorted(sets.items()):
            self._sets.setdefault(ecosystem, []).append((source, content))
        self._orders = {kind: VersionOrder(kind) for kind in _kinds()}
        self._described: dict[tuple[str, str], Vulnerability] = {}
        self._vectors: dict[str, str] | None = None

    @property
    def ecosystems(self) -> frozenset[str]:
        """Those that are covered."""
        return frozenset(self._sets)

    def covers(self, purl: Purl) -> bool:
        """Whether advisories are about such a component."""
        return ecosystem_of(purl) in self._sets and bool(advisory_keys(purl))

    def match(self, purl: Purl) -> AdvisoryAnswer:
        """What is known of a component.

        Args:
            purl: its key, with a version and its context.
        """
        sets = self._sets.get(ecosystem_of(purl), ())
        keys = advisory_keys(purl) if sets else ()
        if not keys:
            return _NOT_COVERED
        order = self._orders[purl.type]
        found: dict[str, Vulnerability] = {}
        fixed: dict[str, str] = {}
        unsure = False
        for source, content in sets:
            decided: set[int] = set()
            for name, version, decides in keys:
                for affected in content.packages.get(name, ()):
                    if affected.advisory in decided:
                        continue
                    if decides:
                        decided.add(affected.advisory)
                    matched = order.match(version, affected)
                    if matched.is_affected:
                        vulnerability = self._vulnerability(source, content.advisories[affected.advisory])
                        found[vulnerability.id] = vulnerability
                        if matched.fixed:
                            fixed[vulnerability.id] = matched.fixed
                    unsure = unsure or matched.is_affected is None
        if found:
            return AdvisoryAnswer(ComponentState.VULNERABLE, tuple(found[key] for key in sorted(found)), fixed)
        return _UNKNOWN if unsure else _CLEAN

    def _vulnerability(self, source: str, advisory: Advisory) -> Vulnerability:
        key = (source, advisory.id)
        if key not in self._described:
            self._described[key] = self._describe(source, advisory)
        return self._described[key]

    def _describe(self, source: str, advisory: Advisory) -> Vulnerability:
        vector, origin = advisory.vector, ""
        score = score_of_vector(vector) if vector else None
        if score is None:
            score, vector, origin = self._borrowed(advisory)
        notes = [f"The score is that of {origin}." if origin else ""]
        if len(advisory.parts) > 1:
            notes.append(f"About {', '.join(advisory.parts[:20])}.")
        title = advisory.summary or advisory.details.partition(". ")[0][:300]
        # What asked sources call by its CVE is theirs: a source says nothing about another's.
        is_cve = advisory.id.startswith("CVE-")
        return Vulnerability(
            id=f"{source}:{advisory.id}" if is_cve else advisory.id,
            title=title,
            cvss_score=score,
            cvss_vector=vector or None,
            reference=advisory.reference or f"https://osv.dev/vulnerability/{advisory.id}",
            aliases=tuple(sorted({*advisory.aliases, *([advisory.id] if is_cve else [])})),
            description=" ".join(filter(None, [*notes, advisory.details])),
            source=source,
            scored_from_vector=score is not None,
        )

    def _borrowed(self, advisory: Advisory) -> tuple[Decimal | None, str, str]:
        """The highest score that other advisories have for the same vulnerability, or for a part of it."""
        if self._vectors is None:
            self._vectors = dict(_vectors(self._all()))
        best: tuple[Decimal | None, str, str] = (None, "", "")
        for name in (*advisory.aliases, *advisory.parts):
            vector = self._vectors.get(name)
            score = score_of_vector(vector) if vector else None
            if vector and score is not None and (best[0] is None or score > best[0]):
                best = (score, vector, name)
        return best

    def _all(self) -> Iterator[Advisory]:
        for sets in self._sets.values():
            for _, content in sets:
                yield from content.advisories


def fingerprint_of(sets: Iterable[AdvisorySetInfo]) -> str:
    """What is equal for equal sets; empty for none."""
    names = sorted(f"{info.source}\n{info.ecosystem}\n{info.digest}" for info in sets)
    return hashlib.sha256("\n\n".join([str(FORMAT), *names]).encode()).hexdigest() if names else ""


def _vectors(advisories: Iterable[Advisory]) -> Iterator[tuple[str, str]]:
    for advisory in advisories:
        if advisory.vector:
            for name in (advisory.id, *advisory.aliases):
                yield name, advisory.vector


def _kinds() -> set[str]:
    return {*LANGUAGES.values(), *(kind for kind, _ in DISTRIBUTIONS.values())}
