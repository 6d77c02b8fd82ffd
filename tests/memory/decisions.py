"""Assessments and vulnerabilities."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from tests.copies import replace
from tests.memory.facts import Facts
from webhook.errors import ChangedMeanwhile
from webhook.model.assessments import Assessment, AssessmentType, StoredType, TypeOrigin
from webhook.model.images import Digest
from webhook.model.records import (
    AssessmentQuery,
    VulnerabilityQuery,
    VulnerabilityRecord,
)
from webhook.model.triage import AuditNote
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.scores import round_score
from webhook.policy.statements import changes_of


class MemoryAssessments:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def append(
        self, assessments: Sequence[Assessment], *, note: AuditNote | None = None, since: int | None = None
    ) -> int:
        names = all_names(self._facts, {assessment.vulnerability for assessment in assessments})
        for assessment in self._facts.assessments if since is not None else ():
            if assessment.vulnerability.casefold() in names and assessment.by_hand and assessment.revision > since:
                raise ChangedMeanwhile(f"{assessment.author} has decided about {assessment.vulnerability} since.")
        if assessments:
            self._facts.revision += 1
            self._facts.append(assessments)
        return self._facts.revision

    def provision(self, assessments: Sequence[Assessment], *, author: str, now: dt.datetime) -> int:
        records = changes_of(self._facts.assessments, assessments, author, now)
        self.append(records)
        return len(records)

    def find(self, query: AssessmentQuery) -> Sequence[Assessment]:
        about = None if query.about is None else all_names(self._facts, query.about)
        return [
            assessment
            for assessment in self._facts.assessments
            if query.vulnerability in (None, assessment.vulnerability)
            and query.source in (None, assessment.source.value)
            and query.batch in (None, assessment.batch)
            and (about is None or assessment.vulnerability.casefold() in about)
        ]


def all_names(facts: Facts, names: Collection[str]) -> set[str]:
    found = {name.casefold() for name in names}
    while True:
        more = {
            name.casefold()
            for vulnerability, _, _ in facts.vulnerabilities.values()
            for name in vulnerability.identifiers
            if not found.isdisjoint(map(str.casefold, vulnerability.identifiers))
        }
        if more <= found:
            return found
        found |= more


class MemoryTypes:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def list(self) -> Sequence[StoredType]:
        return [stored for _, (stored, _) in sorted(self._facts.types.items())]

    def provision(self, types: Sequence[AssessmentType]) -> int:
        stored_types = {name: stored for name, (stored, _) in self._facts.types.items()}
        made = {n for n, stored in stored_types.items() if stored.origin is TypeOrigin.CONSOLE and not stored.retired}
        there = {name: stored for name, stored in stored_types.items() if name not in made}
        taken = {name.casefold() for name in made}
        wanted = {known.name: StoredType(known) for known in types if known.name.casefold() not in taken}
        wanted |= {n: replace(stored, retired=True) for n, stored in there.items() if n not in wanted}
        changed = {name: stored for name, stored in wanted.items() if there.get(name) != stored}
        if changed:
            self._facts.revision += 1
            self._facts.types |= {name: (stored, self._facts.revision) for name, stored in changed.items()}
        return len(changed)

    def edit(self, one: AssessmentType, *, retired: bool, note: AuditNote, at: dt.datetime, since: int) -> int:
        if any(revision > since for _, revision in self._facts.types.values()):
            raise ChangedMeanwhile("Some type was changed since.")
        self._facts.revision += 1
        self._facts.types[one.name] = (StoredType(one, retired, TypeOrigin.CONSOLE), self._facts.revision)
        return self._facts.revision


class MemoryVulnerabilities:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def find(self, query: VulnerabilityQuery) -> Sequence[VulnerabilityRecord]:
        records = [self._record(identifier, query) for identifier in self._facts.vulnerabilities]
        found = [record for record in records if record.components and _matches(record.vulnerability, query)]
        return sorted(found, key=_worst_first)

    def knows_image(self, image: str) -> bool:
        digest, _ = self._facts.tags.get(image, (Digest(image), 0))
        return digest in self._facts.images()

    def knows_package(self, package: str) -> bool:
        return any(package in (component.purl, component.purl.package) for component in self._facts.components.values())

    def show(self, identifier: str) -> VulnerabilityRecord | None:
        wanted = identifier.casefold()
        ids = [
            (vulnerability.id.casefold() != wanted, vulnerability.id)
            for vulnerability, _, _ in self._facts.vulnerabilities.values()
            if wanted in [name.casefold() for name in vulnerability.identifiers]
        ]
        return self._record(min(ids)[1], VulnerabilityQuery()) if ids else None

    def fixed_in(self, records: Sequence[Assessment]) -> Sequence[str]:
        return [""] * len(records)  # the source in memory tells of no fixed version

    def same(self, names: Collection[str]) -> Mapping[str, Sequence[Vulnerability]]:
        found = {}
        for name in names:
            every = all_names(self._facts, [name])
            same = [
                record.vulnerability
                for record in self.find(VulnerabilityQuery())
                if not every.isdisjoint(map(str.casefold, record.vulnerability.identifiers))
            ]
            if same:
                found[name.casefold()] = sorted(same, key=lambda one: one.id)
        return found

    def _record(self, identifier: str, query: VulnerabilityQuery) -> VulnerabilityRecord:
        facts, images = self._facts, self._facts.images()
        affected = [component for component in facts.components.values() if identifier in component.findings]
        if query.package is not None:
            affected = [
                component for component in affected if query.package in (component.purl, component.purl.package)
            ]
        if query.image is not None:
            digest, _ = facts.tags.get(query.image, (Digest(query.image), 0))
            affected = [component for component in affected if component.id in images.get(digest, set())]
        ids = {component.id for component in affected}
        vulnerability, first_seen, _ = facts.vulnerabilities[identifier]
        holders = sorted(digest for digest, contents in images.items() if contents & ids)
        return VulnerabilityRecord(
            vulnerability,
            tuple(sorted(component.purl for component in affected)),
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
