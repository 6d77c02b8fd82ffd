"""Components and what a source said about them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from tests.memory.facts import Facts
from webhook.model.components import ComponentState
from webhook.model.downloads import Names, RecordResult, WantedComponent
from webhook.model.leases import Lease
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability
from webhook.policy.answeredpairs import AnsweredPair, named_pairs, with_move
from webhook.policy.answers import counts, descriptions, is_outdated, same_description
from webhook.policy.automatic import assessments_by_score
from webhook.policy.workorder import components_of, positions, urgencies
from webhook.ports import AutoAssess


class MemoryComponents:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def wanted(self, *, now: dt.datetime, ttl: dt.timedelta) -> Sequence[WantedComponent]:
        images = self._facts.images()
        used = Counter(number for ids in images.values() for number in ids)
        digests = {
            sighting.digest or self._facts.tags.get(sighting.name, (None,))[0]
            for sighting in self._facts.sightings.values()
        }
        seen = {number for digest, ids in images.items() if digest in digests for number in ids}
        purls = {component.id: component.purl for component in self._facts.components.values()}
        due = [
            (component.id, component.answered_at)
            for component in self._facts.components.values()
            if component.state != ComponentState.NOT_COVERED and not component.asked_after(now - ttl)
        ]
        order = sorted(positions(due, used, {number: number in seen for number in purls}))
        parts = zip(components_of(order), urgencies(order), strict=True)
        return [WantedComponent(purls[number], *urgency) for number, urgency in parts]

    def fresh(self, purls: Sequence[Purl], *, now: dt.datetime, ttl: dt.timedelta) -> frozenset[Purl]:
        return frozenset(
            component.purl
            for component in self._facts.components.values()
            if component.purl in purls
            and component.state != ComponentState.NOT_COVERED
            and component.asked_after(now - ttl)
        )

    def names(self, purls: Sequence[Purl], *, settled_after: dt.datetime) -> Mapping[Purl, Names]:
        after, found = int(settled_after.timestamp()), dict[Purl, Names]()
        for purl in purls:
            spellings = tuple(sorted(self._facts.spellings.get(purl, ())))
            settled = {
                form
                for (other_purl, form), answered in self._facts.forms.items()
                if other_purl == purl and answered > after
            }
            if spellings or settled:
                found[purl] = Names(spellings, frozenset(settled))
        return found

    def covered(self) -> int:
        return sum(row.state != ComponentState.NOT_COVERED for row in self._facts.components.values())

    def not_covered(self) -> Mapping[str, int]:
        rows = self._facts.components.values()
        return dict(Counter(row.purl.type for row in rows if row.state == ComponentState.NOT_COVERED))

    def record(
        self,
        answers: Sequence[ComponentAnswer],
        *,
        unanswered: Sequence[Purl] = (),
        assess: AutoAssess,
        now: dt.datetime,
        settled: Sequence[tuple[Purl, Purl]] = (),
        reassess_on_score_change: bool = False,
        lease: Lease | None = None,
    ) -> RecordResult:
        facts = self._facts
        if not answers and not unanswered:
            return RecordResult(0, 0, 0, facts.revision)
        if lease is not None and not facts.holds(lease):
            raise lease.lost()
        facts.revision += 1
        kept = [answer for answer in answers if not is_outdated(answer, facts.spellings.get(answer.purl, ()))]
        newer = [
            answer
            for answer in kept
            if counts(int(answer.answered_at.timestamp()), facts.component(answer.purl).answered_at)
        ]
        for answer in newer:
            self._answer(answer, now)
        self._describe(newer, now)
        pairs = [
            AnsweredPair(named_pair, package, (key, package) not in facts.pairs, facts.pairs.get((key, package)))
            for (key, package), named_pair in named_pairs(newer).items()
        ]
        facts.pairs.update({(pair.vulnerability.id, pair.package): pair.vulnerability.cvss_score for pair in pairs})
        for pair in settled:
            facts.forms[pair] = int(now.timestamp())
        for purl in unanswered:
            facts.component(purl).asked_at = int(now.timestamp())
        assessed = assessments_by_score(assess, pairs, facts.assessments, reassess=reassess_on_score_change)
        facts.append(assessed)
        vulnerable = sum(bool(answer.vulnerabilities) for answer in answers)
        return RecordResult(sum(pair.is_new for pair in pairs), len(assessed), vulnerable, facts.revision)

    def _answer(self, answer: ComponentAnswer, now: dt.datetime) -> None:
        facts, row = self._facts, self._facts.component(answer.purl)
        row.state = ComponentState.VULNERABLE if answer.vulnerabilities else ComponentState.CLEAN
        row.answered_at, row.asked_at = int(answer.answered_at.timestamp()), int(now.timestamp())
        former = () if answer.complete else row.findings
        row.findings = tuple(sorted({*former, *(vulnerability.id for vulnerability in answer.vulnerabilities)}))
        row.revision = facts.revision

    def _describe(self, answers: Sequence[ComponentAnswer], now: dt.datetime) -> None:
        for description in descriptions(answers).values():
            old = self._facts.vulnerabilities.get(description.id)
            description = with_move(description, old[0] if old else None, now)
            if old is None or not same_description(old[0], description):
                self._facts.vulnerabilities[description.id] = (
                    description,
                    old[1] if old else now,
                    self._facts.revision,
                )

    def unassessed_pairs(self) -> Iterable[tuple[Vulnerability, str]]:
        rows = self._facts.components.values()
        pairs = {(identifier, row.purl.package) for row in rows for identifier in row.findings}
        return [(self._facts.vulnerabilities[identifier][0], package) for identifier, package in sorted(pairs)]
