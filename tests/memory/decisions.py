"""Assessments and vulnerabilities."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tests.memory.facts import Facts
from webhook.model.assessments import Assessment, AssessmentSource, AssessmentType, Scope, StoredType
from webhook.model.images import Digest
from webhook.model.records import (
    AssessmentQuery,
    VulnerabilityQuery,
    VulnerabilityRecord,
)
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.scores import round_score


class MemoryAssessments:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def append(self, assessments: Sequence[Assessment]) -> int:
        if assessments:
            self._facts.revision += 1
            self._facts.append(assessments)
        return self._facts.revision

    def provision(self, assessments: Sequence[Assessment], *, author: str, now: dt.datetime) -> int:
        wanted = {(one.vulnerability, one.scope): one for one in assessments}
        there: dict[tuple[str, Scope], Assessment] = {}
        for one in self._facts.assessments:
            if one.source is AssessmentSource.PROVISIONED and one.author == author:
                there[one.vulnerability, one.scope] = one
        records = [
            replace(one, source=AssessmentSource.PROVISIONED, author=author)
            for key, one in wanted.items()
            if key not in there or _words(there[key]) != _words(one)
        ]
        records += [
            replace(
                one,
                type=None,
                comment="No longer stated by its source.",
                assessed_at=now,
                until=None,
                rule="",
                score=None,
            )
            for key, one in there.items()
            if key not in wanted and one.type is not None
        ]
        self.append(records)
        return len(records)

    def find(self, query: AssessmentQuery) -> Sequence[Assessment]:
        return [
            one
            for one in self._facts.assessments
            if query.vulnerability in (None, one.vulnerability)
            and query.source in (None, one.source.value)
            and query.batch in (None, one.batch)
        ]


def _words(one: Assessment) -> tuple[object, ...]:
    return (one.type, one.comment, one.until, one.rule)


class MemoryTypes:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def list(self) -> Sequence[StoredType]:
        return [one for _, (one, _) in sorted(self._facts.types.items())]

    def provision(self, types: Sequence[AssessmentType]) -> int:
        there = {name: one for name, (one, _) in self._facts.types.items()}
        wanted = {one.name: StoredType(one) for one in types}
        wanted |= {name: replace(one, retired=True) for name, one in there.items() if name not in wanted}
        changed = {name: one for name, one in wanted.items() if there.get(name) != one}
        if changed:
            self._facts.revision += 1
            self._facts.types |= {name: (one, self._facts.revision) for name, one in changed.items()}
        return len(changed)


class MemoryVulnerabilities:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def find(self, query: VulnerabilityQuery) -> Sequence[VulnerabilityRecord]:
        records = [self._record(identifier, query) for identifier in self._facts.vulnerabilities]
        found = [one for one in records if one.components and _matches(one.vulnerability, query)]
        return sorted(found, key=_worst_first)

    def knows_image(self, image: str) -> bool:
        digest, _ = self._facts.tags.get(image, (Digest(image), 0))
        return digest in self._facts.images()

    def knows_package(self, package: str) -> bool:
        return any(package in (one.purl, one.purl.package) for one in self._facts.components.values())

    def show(self, identifier: str) -> VulnerabilityRecord | None:
        wanted = identifier.casefold()
        ids = [
            (one.id.casefold() != wanted, one.id)
            for one, _, _ in self._facts.vulnerabilities.values()
            if wanted in [name.casefold() for name in one.identifiers]
        ]
        return self._record(min(ids)[1], VulnerabilityQuery()) if ids else None

    def _record(self, identifier: str, query: VulnerabilityQuery) -> VulnerabilityRecord:
        facts, images = self._facts, self._facts.images()
        affected = [one for one in facts.components.values() if identifier in one.findings]
        if query.package is not None:
            affected = [one for one in affected if query.package in (one.purl, one.purl.package)]
        if query.image is not None:
            digest, _ = facts.tags.get(query.image, (Digest(query.image), 0))
            affected = [one for one in affected if one.id in images.get(digest, set())]
        ids = {one.id for one in affected}
        vulnerability, first_seen, _ = facts.vulnerabilities[identifier]
        holders = sorted(digest for digest, contents in images.items() if contents & ids)
        return VulnerabilityRecord(
            vulnerability,
            tuple(sorted(one.purl for one in affected)),
            tuple((digest, facts.names(digest)) for digest in holders),
            first_seen,
        )


def _worst_first(one: VulnerabilityRecord) -> tuple[Decimal, str]:
    score = one.vulnerability.cvss_score
    return (Decimal(1) if score is None else -score, one.vulnerability.id)


def _matches(vulnerability: Vulnerability, query: VulnerabilityQuery) -> bool:
    names = [name.casefold() for name in vulnerability.identifiers]
    if query.identifier is not None and query.identifier.casefold() not in names:
        return False
    if query.score_low is None and query.score_high is None:
        return True
    score = None if vulnerability.cvss_score is None else round_score(vulnerability.cvss_score)
    if score is None:
        return False
    low = query.score_low is None or score >= query.score_low
    return low and (query.score_high is None or score <= query.score_high)
