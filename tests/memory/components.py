"""Components and what a source said about them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from tests.memory.facts import Facts
from webhook.model.assessments import Assessment, Scope
from webhook.model.components import ComponentState
from webhook.model.downloads import RecordResult, WantedComponent
from webhook.model.leases import Lease
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability
from webhook.policy.scores import round_score
from webhook.ports import AutoAssess


class MemoryComponents:
    def __init__(self, facts: Facts) -> None:
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
        lease: Lease | None = None,
    ) -> RecordResult:
        facts = self._facts
        if not answers and not unanswered:
            return RecordResult(0, 0, 0, facts.revision)
        if lease is not None and not facts.holds(lease):
            raise lease.lost()
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
        return bool(automatic) and rounded(automatic[-1].score) != rounded(vulnerability.cvss_score)

    def unassessed_pairs(self) -> Iterable[tuple[Vulnerability, str]]:
        rows = self._facts.components.values()
        pairs = {(identifier, one.purl.package) for one in rows for identifier in one.findings}
        return [(self._facts.vulnerabilities[identifier][0], package) for identifier, package in sorted(pairs)]


def _without_query(one: Vulnerability) -> Vulnerability:
    return replace(one, reference=one.reference.partition("?")[0])


def rounded(score: Decimal | None) -> Decimal | None:
    return None if score is None else round_score(score)
