"""The store in memory: a fake of all of its ports at once, on which the port suites and the engines' tests run.

It keeps plain dictionaries and does everything the slow and obvious way, so that it can serve as the description of
what the real store has to do.
"""

from __future__ import annotations

import datetime as dt
import threading
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.changes import UINT32, Changes, StoredSbom
from webhook.model.components import ComponentState, Sbom, SkipReason
from webhook.model.downloads import DownloadReport, RecordResult, WantedComponent
from webhook.model.images import Digest, ImageRef
from webhook.model.places import is_more_trusted
from webhook.model.purls import Purl
from webhook.model.records import (
    AssessmentQuery,
    RunRecord,
    SbomRecord,
    Sighting,
    StoreStatus,
    VulnerabilityQuery,
    VulnerabilityRecord,
)
from webhook.model.searches import SearchClaim, SearchOutcome, SearchState
from webhook.model.verdicts import SbomStatus
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability
from webhook.policy.scores import round_score
from webhook.ports import AutoAssess, Clock


class MemoryHotStart:
    """Keeps the last saved model in ``saved``."""

    def __init__(self) -> None:
        self.saved: Changes | None = None

    def load(self) -> Changes | None:
        return self.saved

    def save(self, changes: Changes) -> None:
        self.saved = replace(changes, complete=True)


@dataclass
class _Component:
    id: int
    purl: Purl
    state: ComponentState
    answered_at: int = 0
    asked_at: int = 0
    findings: tuple[str, ...] = ()
    revision: int = 0

    def asked_after(self, moment: dt.datetime) -> bool:
        return max(self.answered_at, self.asked_at) > int(moment.timestamp())


@dataclass
class _Sbom:
    stored: StoredSbom
    sbom: Sbom
    added_at: dt.datetime
    revision: int


@dataclass
class _Facts:
    """All rows; each port of the fake is a view of them."""

    clock: Clock
    revision: int = 0
    components: dict[Purl, _Component] = field(default_factory=dict)
    sboms: dict[tuple[Digest, str], _Sbom] = field(default_factory=dict)
    tags: dict[str, tuple[Digest, int]] = field(default_factory=dict)
    sightings: dict[tuple[str, Digest | None], Sighting] = field(default_factory=dict)
    vulnerabilities: dict[str, tuple[Vulnerability, dt.datetime, int]] = field(default_factory=dict)
    pairs: set[tuple[str, str]] = field(default_factory=set)
    assessments: list[Assessment] = field(default_factory=list)
    runs: list[RunRecord] = field(default_factory=list)
    lease: tuple[str, dt.datetime] | None = None

    def component(self, purl: Purl) -> _Component:
        if purl not in self.components:
            state = ComponentState.UNKNOWN if purl.is_covered else ComponentState.NOT_COVERED
            self.components[purl] = _Component(len(self.components), purl, state, revision=self.revision)
        return self.components[purl]

    def append(self, records: Sequence[Assessment]) -> None:
        for record in records:
            sequence = len(self.assessments) + 1
            self.assessments.append(replace(record, revision=self.revision, sequence=sequence))

    def names(self, digest: Digest) -> tuple[str, ...]:
        return tuple(sorted(name for name, (target, _) in self.tags.items() if target == digest))

    def images(self) -> dict[Digest, set[int]]:
        found: dict[Digest, set[int]] = {}
        for (digest, _), row in self.sboms.items():
            found.setdefault(digest, set()).update(row.stored.component_ids)
        return found


class MemoryFeed:
    def __init__(self, facts: _Facts) -> None:
        self._facts = facts

    def revision(self) -> int:
        return self._facts.revision

    def changes(self, since: int) -> Changes:
        facts = self._facts
        complete = since <= 0 or since > facts.revision
        after = -1 if complete else since
        changed = [one for one in facts.components.values() if one.revision > after]
        vulnerable = [one for one in changed if one.state == ComponentState.VULNERABLE]
        return Changes(
            revision=facts.revision,
            complete=complete,
            component_ids=array(UINT32, [one.id for one in changed]),
            states=bytes(one.state for one in changed),
            answered_at=array(UINT32, [one.answered_at for one in changed]),
            purls={one.id: one.purl for one in vulnerable},
            findings={one.id: one.findings for one in vulnerable},
            vulnerabilities=tuple(
                replace(known, description="")
                for _, (known, _, revision) in sorted(facts.vulnerabilities.items())
                if revision > after
            ),
            assessments=tuple(one for one in facts.assessments if one.revision > after),
            sboms=tuple(row.stored for row in facts.sboms.values() if row.revision > after),
            tags={name: digest for name, (digest, revision) in facts.tags.items() if revision > after},
        )


class MemorySboms:
    def __init__(self, facts: _Facts) -> None:
        self._facts = facts

    def add(self, digest: Digest, sbom: Sbom, *, place: str, image: ImageRef | None = None) -> StoredSbom:
        facts, key = self._facts, (digest, sbom.document_digest)
        tag = image.tagged if image is not None and image.tag else None
        moved = tag is not None and facts.tags.get(tag, ("", 0))[0] != digest
        better = key in facts.sboms and is_more_trusted(place, facts.sboms[key].stored.place)
        if key in facts.sboms and not moved and not better:
            return facts.sboms[key].stored
        facts.revision += 1
        if better:
            row = facts.sboms[key]
            facts.sboms[key] = replace(row, stored=replace(row.stored, place=place), revision=facts.revision)
        if tag is not None and moved:
            facts.tags[tag] = (digest, facts.revision)
        if key not in facts.sboms:
            ids = sorted({facts.component(purl).id for purl in sbom.components})
            skipped: dict[SkipReason, int] = dict(Counter(one.reason for one in sbom.skipped))
            stored = StoredSbom(digest, sbom.document_digest, array(UINT32, ids), skipped, place, sbom.format)
            facts.sboms[key] = _Sbom(stored, sbom, facts.clock.now(), facts.revision)
        return facts.sboms[key].stored

    def point(self, image: ImageRef, digest: Digest) -> None:
        facts = self._facts
        if image.tag and facts.tags.get(image.tagged, ("", 0))[0] != digest:
            facts.revision += 1
            facts.tags[image.tagged] = (digest, facts.revision)

    def component_ids(self, purls: Sequence[Purl]) -> Mapping[Purl, int]:
        return {purl: self._facts.components[purl].id for purl in purls if purl in self._facts.components}

    def list(self) -> Sequence[SbomRecord]:
        return [self._record(row) for row in reversed(self._facts.sboms.values())]

    def show(self, digest: Digest) -> Sequence[SbomRecord]:
        rows = [row for row in reversed(self._facts.sboms.values()) if row.stored.digest == digest]
        by_id = {one.id: one for one in self._facts.components.values()}
        return [
            replace(
                self._record(row),
                contents=tuple(sorted((by_id[one].purl, by_id[one].state) for one in row.stored.component_ids)),
                skipped_components=row.sbom.skipped[:200],
            )
            for row in rows
        ]

    def _record(self, row: _Sbom) -> SbomRecord:
        sbom, stored = row.sbom, row.stored
        return SbomRecord(
            stored.digest,
            self._facts.names(stored.digest),
            stored.document_digest,
            sbom.format,
            sbom.version,
            sbom.tool,
            stored.place,
            row.added_at,
            len(stored.component_ids),
            {reason.value: count for reason, count in stored.skipped.items()},
        )


class MemorySightings:
    def __init__(self, facts: _Facts) -> None:
        self._facts = facts

    def record(self, sightings: Sequence[Sighting]) -> None:
        self._facts.sightings.update({(one.name, one.digest): one for one in sightings})


class MemoryComponents:
    def __init__(self, facts: _Facts) -> None:
        self._facts = facts

    def wanted(self, *, now: dt.datetime, ttl: dt.timedelta) -> Sequence[WantedComponent]:
        images = self._facts.images()
        used = Counter(number for ids in images.values() for number in ids)
        digests = {one.digest or self._facts.tags.get(one.name, (None,))[0] for one in self._facts.sightings.values()}
        seen = {number for digest, ids in images.items() if digest in digests for number in ids}
        due = [
            one
            for one in self._facts.components.values()
            if one.state != ComponentState.NOT_COVERED and not one.asked_after(now - ttl)
        ]
        due.sort(key=lambda one: (one.id not in seen, one.answered_at > 0, -used[one.id], one.id))
        return [WantedComponent(one.purl, one.answered_at == 0, one.id in seen, used[one.id]) for one in due]

    def not_covered(self) -> Mapping[str, int]:
        rows = self._facts.components.values()
        return dict(Counter(one.purl.type for one in rows if one.state == ComponentState.NOT_COVERED))

    def record(
        self,
        answers: Sequence[ComponentAnswer],
        *,
        unanswered: Sequence[Purl] = (),
        assess: AutoAssess,
        now: dt.datetime,
        reassess_on_score_change: bool = False,
    ) -> RecordResult:
        facts = self._facts
        if not answers and not unanswered:
            return RecordResult(0, 0, 0, facts.revision)
        facts.revision += 1
        newer = [one for one in answers if facts.component(one.purl).answered_at <= int(one.answered_at.timestamp())]
        for answer in newer:
            self._answer(answer, now)
        self._describe(newer, now)
        named = sorted({(one.id, answer.purl.package) for answer in newer for one in answer.vulnerabilities})
        new = [(facts.vulnerabilities[key][0], package) for key, package in named if (key, package) not in facts.pairs]
        known = [(facts.vulnerabilities[key][0], package) for key, package in named if (key, package) in facts.pairs]
        facts.pairs.update(named)
        for purl in unanswered:
            facts.component(purl).asked_at = int(now.timestamp())
        assessed = [made for pair in new if (made := assess(*pair)) is not None]
        again: list[Assessment] = []
        if reassess_on_score_change:
            again = [made for pair in known if self._moved(*pair) and (made := assess(*pair)) is not None]
        facts.append([*assessed, *again])
        vulnerable = sum(bool(answer.vulnerabilities) for answer in answers)
        return RecordResult(len(new), len(assessed), vulnerable, facts.revision)

    def _answer(self, answer: ComponentAnswer, now: dt.datetime) -> None:
        facts, row = self._facts, self._facts.component(answer.purl)
        row.state = ComponentState.VULNERABLE if answer.vulnerabilities else ComponentState.CLEAN
        row.answered_at, row.asked_at = int(answer.answered_at.timestamp()), int(now.timestamp())
        row.findings = tuple(sorted({one.id for one in answer.vulnerabilities}))
        row.revision = facts.revision

    def _describe(self, answers: Sequence[ComponentAnswer], now: dt.datetime) -> None:
        told: dict[str, Vulnerability] = {}
        for one in (one for answer in answers for one in answer.vulnerabilities):
            if one.id not in told or _without_query(told[one.id]) != _without_query(one):
                told[one.id] = one
        for one in told.values():
            old = self._facts.vulnerabilities.get(one.id)
            if old is None or _without_query(old[0]) != _without_query(one):
                self._facts.vulnerabilities[one.id] = (one, old[1] if old else now, self._facts.revision)

    def _moved(self, vulnerability: Vulnerability, package: str) -> bool:
        records = [
            one
            for one in self._facts.assessments
            if one.vulnerability in vulnerability.identifiers and one.scope in (Scope(), Scope(package))
        ]
        newest = {(one.scope, one.by_hand, one.vulnerability): one for one in records}
        if any(one.by_hand and one.type is not None for one in newest.values()):
            return False
        automatic = [one for one in records if not one.by_hand]
        return bool(automatic) and _rounded(automatic[-1].score) != _rounded(vulnerability.cvss_score)

    def unassessed_pairs(self) -> Iterable[tuple[Vulnerability, str]]:
        rows = self._facts.components.values()
        pairs = {(identifier, one.purl.package) for one in rows for identifier in one.findings}
        return [(self._facts.vulnerabilities[identifier][0], package) for identifier, package in sorted(pairs)]


class MemoryAssessments:
    def __init__(self, facts: _Facts) -> None:
        self._facts = facts

    def append(self, assessments: Sequence[Assessment]) -> int:
        if assessments:
            self._facts.revision += 1
            self._facts.append(assessments)
        return self._facts.revision

    def provision(self, assessments: Sequence[Assessment], *, now: dt.datetime) -> int:
        wanted = {(one.vulnerability, one.scope): one for one in assessments}
        there: dict[tuple[str, Scope], Assessment] = {}
        for one in self._facts.assessments:
            if one.source is AssessmentSource.PROVISIONED:
                there[one.vulnerability, one.scope] = one
        records = [
            replace(one, source=AssessmentSource.PROVISIONED)
            for key, one in wanted.items()
            if key not in there or _words(there[key]) != _words(one)
        ]
        records += [
            replace(
                one,
                type=None,
                comment="No longer in the configuration.",
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
            if query.vulnerability in (None, one.vulnerability) and query.source in (None, one.source.value)
        ]


def _without_query(one: Vulnerability) -> Vulnerability:
    return replace(one, reference=one.reference.partition("?")[0])


def _rounded(score: Decimal | None) -> Decimal | None:
    return None if score is None else round_score(score)


def _words(one: Assessment) -> tuple[object, ...]:
    return (one.type, one.author, one.comment, one.until)


class MemoryVulnerabilities:
    def __init__(self, facts: _Facts) -> None:
        self._facts = facts

    def find(self, query: VulnerabilityQuery) -> Sequence[VulnerabilityRecord]:
        records = [self._record(identifier, query) for identifier in self._facts.vulnerabilities]
        found = [one for one in records if one.components and _matches(one.vulnerability, query)]
        return sorted(found, key=_worst_first)

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
    score = _rounded(vulnerability.cvss_score)
    if score is None:
        return False
    low = query.score_low is None or score >= query.score_low
    return low and (query.score_high is None or score <= query.score_high)


class MemoryRuns:
    def __init__(self, facts: _Facts) -> None:
        self._facts = facts

    def acquire(self, holder: str, *, now: dt.datetime, lease: dt.timedelta) -> str | None:
        held = self._facts.lease
        if held is not None and held[0] != holder and now < held[1]:
            return held[0]
        self._facts.lease = (holder, now + lease)
        return None

    def release(self, holder: str) -> None:
        if self._facts.lease is not None and self._facts.lease[0] == holder:
            self._facts.lease = None

    def finish(self, report: DownloadReport, *, started: dt.datetime, finished: dt.datetime) -> None:
        self._facts.runs.append(RunRecord(started, finished, report))

    def last(self, *, complete: bool = False) -> RunRecord | None:
        runs = [run for run in self._facts.runs if run.report.complete or not complete]
        return runs[-1] if runs else None


class MemorySearches:
    def __init__(self) -> None:
        self._claims: dict[str, tuple[str, dt.datetime, SearchOutcome | None]] = {}
        self._lock = threading.Lock()

    def begin(self, key: str, holder: str, *, now: dt.datetime, lease_seconds: float) -> SearchClaim | None:
        with self._lock:
            there = self._claims.get(key)
            if there is None or there[1] <= now:
                self._claims[key] = (holder, now + dt.timedelta(seconds=lease_seconds), None)
                return None
            if there[2] is None:
                if there[0] == holder:
                    return None
                return SearchClaim(there[0], SearchState.RUNNING, SearchOutcome(SbomStatus.REFUSED))
            return SearchClaim(there[0], SearchState.FAILED, there[2])

    def end(self, key: str, holder: str, outcome: SearchOutcome, *, now: dt.datetime, seconds: float) -> None:
        with self._lock:
            there = self._claims.get(key)
            if there is None or there[0] != holder:
                return
            if outcome.status is SbomStatus.FOUND or seconds <= 0:
                del self._claims[key]
            else:
                self._claims[key] = (holder, now + dt.timedelta(seconds=seconds), outcome)


class MemoryAdmin:
    def __init__(self, facts: _Facts) -> None:
        self._facts = facts

    def upgrade(self) -> None:
        """There is nothing to bring up to date."""

    def status(self) -> StoreStatus:
        facts = self._facts
        states = Counter(one.state for one in facts.components.values())
        counts = {
            "components": len(facts.components),
            "sboms": len(facts.sboms),
            "images": len({digest for digest, _ in facts.sboms}),
            "vulnerabilities": len(facts.vulnerabilities),
            "assessments": len(facts.assessments),
        }
        for state in ComponentState:
            if state is not ComponentState.UNUSABLE:
                counts[state.name.lower()] = states[state]
        last = facts.runs[-1] if facts.runs else None
        return StoreStatus("memory:", "memory", "memory", facts.revision, counts, last)


class MemoryStore:
    """All ports of the store, with the same attributes as :class:`webhook.store.opening.Store`."""

    def __init__(self, clock: Clock) -> None:
        facts = _Facts(clock)
        self.components = MemoryComponents(facts)
        self.sboms = MemorySboms(facts)
        self.assessments = MemoryAssessments(facts)
        self.vulnerabilities = MemoryVulnerabilities(facts)
        self.runs = MemoryRuns(facts)
        self.sightings = MemorySightings(facts)
        self.searches = MemorySearches()
        self.feed = MemoryFeed(facts)
        self.admin = MemoryAdmin(facts)

    def close(self) -> None:
        """There is nothing to give back."""
