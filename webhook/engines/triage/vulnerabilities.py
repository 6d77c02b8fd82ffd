"""Vulnerabilities, page by page, each with what was decided about it and where it runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from webhook.engines.assessing.rules import RuleSource
from webhook.engines.readmodel import ReadModel
from webhook.engines.triage.board import Board, Boards
from webhook.errors import InvalidInput, TooBroad
from webhook.model.actions import Action, worst
from webhook.model.images import Digest
from webhook.model.purls import Purl
from webhook.model.records import AssessmentState
from webhook.model.triage import Key, Page, VulnerabilityLine, VulnerabilityOrder, VulnerabilityScan
from webhook.model.verdicts import Finding
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.evaluation import Judge, worst_first
from webhook.policy.imagenames import matches_wildcards
from webhook.policy.matching import Place
from webhook.policy.scores import SEVERITIES, UNSCORED
from webhook.policy.selections import state_of
from webhook.ports import Clock, TriageStore

MOST_COUNTED = 1000
"""Images beyond which a line says "1,000+"."""
_MOST_IDS = 2000
"""Ids that the store is asked for by name; more are looked for while the list is walked."""
_MOST_ENDING = 20_000
_PORTIONS = (100, 250, 500, 1000)
_SECONDS = 1.0
_MOST_PATTERN = 200


@dataclass(frozen=True, slots=True)
class VulnerabilityFilter:
    """Which vulnerabilities people want to see; each None, and each empty text, means any.

    Attributes:
        order: how they are sorted.
        severity: ``critical``, ``high``, ``medium``, ``low`` or ``unscored``.
        scores: from and to, both included.
        since: first seen then or later.
        state: of at least one affected component.
        type: of the assessment in force, or of the expired one, for at least one affected component.
        running: only what runs.
        namespace: only what runs there, judged as there.
        judged_in: judged as in this namespace, wherever it runs.
        package: a glob, matched with the name of the package or with its purl.
        image: digest of an image that has it.
        text: a part of the identifier, an alias or the title.
        ends_within: an assessment ends within so many days.
    """

    order: VulnerabilityOrder = VulnerabilityOrder.SCORE
    severity: str | None = None
    scores: tuple[Decimal, Decimal] | None = None
    since: dt.datetime | None = None
    state: AssessmentState | None = None
    type: str | None = None
    running: bool = False
    namespace: str | None = None
    judged_in: str | None = None
    package: str | None = None
    image: str | None = None
    text: str | None = None
    ends_within: int | None = None


@dataclass(frozen=True, slots=True)
class VulnerabilityRow:
    """A vulnerability as people see it.

    Attributes:
        vulnerability: without its description, unless it was asked for alone.
        first_seen: when it entered the store.
        findings: one for each affected component that the filter holds, worst first.
        images: how many images have one of them, bounded by :data:`MOST_COUNTED` + 1.
        workloads: how many running workloads have one of them, likewise.
        key: of the list.
        numbers: of the affected components.
    """

    vulnerability: Vulnerability
    first_seen: dt.datetime
    findings: tuple[Finding, ...]
    images: int
    workloads: int
    key: Key
    numbers: tuple[int, ...] = ()

    @property
    def action(self) -> Action:
        """The worst that a finding asks for."""
        return worst(finding.action for finding in self.findings)

    @property
    def state(self) -> AssessmentState:
        """The state of the component that most needs a person."""
        states = {state_of(finding) for finding in self.findings}
        order = (AssessmentState.UNASSESSED, AssessmentState.EXPIRED)
        return next((state for state in order if state in states), AssessmentState.ASSESSED)

    @property
    def packages(self) -> tuple[str, ...]:
        """Affected packages, sorted."""
        return tuple(sorted({finding.purl.package for finding in self.findings}))

    @property
    def types(self) -> tuple[str, ...]:
        """Types of the assessments in force, sorted."""
        given = (finding.assessment for finding in self.findings if finding.assessment is not None)
        return tuple(sorted({assessment.type or "" for assessment in given}))

    @property
    def until(self) -> dt.datetime | None:
        """When the first of them ends."""
        given = (finding.assessment for finding in self.findings if finding.assessment is not None)
        return min((assessment.until for assessment in given if assessment.until is not None), default=None)


class VulnerabilityLists:
    """Gives lists of vulnerabilities.

    Args:
        store: where they are.
        model: what is known.
        boards: what runs.
        rules: types and policy.
        clock: time.
    """

    def __init__(self, store: TriageStore, model: ReadModel, boards: Boards, rules: RuleSource, clock: Clock) -> None:
        self._store, self._model, self._boards, self._rules, self._clock = store, model, boards, rules, clock
        self._findings: tuple[int, Sequence[tuple[int, Purl, tuple[str, ...]]]] = (-1, ())

    def page(self, wanted: VulnerabilityFilter, after: Key | None = None, most: int = 50) -> Page[VulnerabilityRow]:
        """A page of the list.

        A page may be shorter than asked for, and still not the last one, when much had to be passed over.

        Args:
            wanted: which ones.
            after: where the page before ended.
            most: how many.

        Raises:
            InvalidInput: a part of the filter cannot be used.
            TooBroad: nothing was found in the time that a page may take.
            StoreError: the store did not answer.
        """
        board, end = self._boards.now(), self._clock.monotonic() + _SECONDS
        ids, numbers = self._restricted(wanted, board)
        if ids is not None and not ids:
            return Page(())
        scan = self._scan(wanted, ids)
        is_exact = numbers is None and wanted.state is None and wanted.type is None
        judge = self._judge(wanted)
        found: list[VulnerabilityRow] = []
        for portion in (most + 1, *_PORTIONS) if is_exact else _endless(_PORTIONS):
            lines = self._store.vulnerabilities(scan, after, portion)
            for line in lines:
                row = (
                    None
                    if ids is not None and line.vulnerability.id not in ids
                    else self._row(line, judge, board, numbers, wanted)
                )
                if row is not None:
                    if len(found) == most:
                        return Page(tuple(found), found[-1].key)
                    found.append(row)
            if len(lines) < portion:
                return Page(tuple(found))
            after = lines[-1].key
            if self._clock.monotonic() >= end:
                if not found:
                    raise TooBroad("This list takes too long to search with these filters.")
                return Page(tuple(found), after)
        return Page(tuple(found), after)

    def one(self, identifier: str, namespace: str = "") -> VulnerabilityRow | None:
        """One vulnerability by id or alias, with its description; None when nobody knows it.

        Raises:
            StoreError: the store did not answer.
        """
        line = self._store.vulnerability(identifier)
        if line is None:
            return None
        judge = Judge(self._rules(), self._model.assessments, self._clock.now(), Place(namespace=namespace))
        return self._row(line, judge, self._boards.now(), None, VulnerabilityFilter())

    def line(self, identifier: str) -> VulnerabilityLine | None:
        """One by id or alias as the store has it; None when nobody knows it.

        Raises:
            StoreError: the store did not answer.
        """
        return self._store.vulnerability(identifier)

    def lines(self, identifiers: Sequence[str]) -> dict[str, VulnerabilityLine]:
        """Those that affect something now, by id, as the store has them.

        Raises:
            StoreError: the store did not answer.
        """
        found: dict[str, VulnerabilityLine] = {}
        for start in range(0, len(identifiers), _PORTIONS[-1]):
            some = tuple(identifiers[start : start + _PORTIONS[-1]])
            scan = VulnerabilityScan(VulnerabilityOrder.ID, ids=some)
            found |= {
                vulnerability.vulnerability.id: vulnerability
                for vulnerability in self._store.vulnerabilities(scan, None, len(some))
            }
        return found

    # -- parts ------------------------------------------------------------------------------------------------------

    def _scan(self, wanted: VulnerabilityFilter, ids: set[str] | None) -> VulnerabilityScan:
        low, high = _ranks(wanted.severity)
        if wanted.scores is not None:
            low = max(int(wanted.scores[0] * 10), 0 if low is None else low)
            high = min(int(wanted.scores[1] * 10), 100 if high is None else high)
        return VulnerabilityScan(
            order=wanted.order,
            rank_low=low,
            rank_high=high,
            since=wanted.since,
            text=wanted.text or None,
            ids=tuple(ids) if ids is not None and len(ids) <= _MOST_IDS else None,
            uncovered_at=self._clock.now() if wanted.state is AssessmentState.UNASSESSED else None,
        )

    def _judge(self, wanted: VulnerabilityFilter) -> Judge:
        namespace = wanted.namespace or wanted.judged_in or ""
        place = Place(namespace=namespace)
        if wanted.image:
            known = self._boards.now().by_digest.get(Digest(wanted.image))
            if known is not None:
                place = Place(known.verdict.image, known.digest, namespace)
        return Judge(self._rules(), self._model.assessments, self._clock.now(), place)

    def _row(
        self,
        line: VulnerabilityLine,
        judge: Judge,
        board: Board,
        numbers: set[int] | None,
        wanted: VulnerabilityFilter,
    ) -> VulnerabilityRow | None:
        held = [pair for pair in line.components if numbers is None or pair[0] in numbers]
        if numbers is not None and not held:
            return None
        findings = sorted((judge.finding(purl, line.vulnerability) for _, purl in held), key=worst_first)
        if wanted.state is not None and not any(state_of(finding) is wanted.state for finding in findings):
            return None
        if wanted.type and not any(_is_of(finding, wanted.type) for finding in findings):
            return None
        places = board.where.places((number for number, _ in held), MOST_COUNTED)
        workloads: set[int] = set()
        for place in places:
            workloads.update(board.running.get(board.where.digests[place], ()))
        return VulnerabilityRow(
            line.vulnerability,
            line.first_seen,
            tuple(findings),
            len(places),
            len(workloads),
            line.key,
            tuple(number for number, _ in held),
        )

    def _restricted(self, wanted: VulnerabilityFilter, board: Board) -> tuple[set[str] | None, set[int] | None]:
        """The vulnerabilities, and the numbers of the components, to which filters by place and package restrict."""
        ids: set[str] | None = None
        numbers: set[int] | None = None
        inside = self._inside(wanted, board)
        if inside is not None or wanted.package:
            matches = _matcher(wanted.package or "*")
            ids, numbers = set(), set()
            for number, purl, found in self._vulnerable():
                if (inside is None or number in inside) and matches(purl):
                    numbers.add(number)
                    ids.update(found)
        if wanted.ends_within is not None:
            now = self._clock.now()
            ending = set(self._store.ending(now, now + dt.timedelta(days=wanted.ends_within), _MOST_ENDING))
            ids = ending if ids is None else ids & ending
        return ids, numbers

    def _inside(self, wanted: VulnerabilityFilter, board: Board) -> set[int] | None:
        """Numbers of the components in the images that a filter names; None when it names none."""
        digests: set[Digest] | None = None
        if wanted.running or wanted.namespace:
            digests = board.digests_in(wanted.namespace or None)
        if wanted.image:
            named = {Digest(wanted.image)}
            digests = named if digests is None else digests & named
        if digests is None:
            return None
        found: set[int] = set()
        for digest in digests:
            found.update(self._model.components_of(digest) or ())
        return found

    def _vulnerable(self) -> Sequence[tuple[int, Purl, tuple[str, ...]]]:
        generation = self._model.generation
        if self._findings[0] != generation:
            self._findings = (generation, self._model.findings())
        return self._findings[1]


def _endless(portions: Sequence[int]) -> Iterable[int]:
    yield from portions
    while True:
        yield portions[-1]


def _is_of(finding: Finding, kind: str) -> bool:
    given = finding.assessment or finding.expired
    return given is not None and (given.type or "").casefold() == kind.casefold()


def _matcher(pattern: str) -> Callable[[Purl], bool]:
    wanted = pattern[:_MOST_PATTERN].lower()
    if pattern.startswith("pkg:"):
        return lambda purl: matches_wildcards(wanted, purl.package.lower()) or matches_wildcards(wanted, purl.lower())
    return lambda purl: matches_wildcards(wanted, purl.package.rpartition("/")[2].lower())


def _ranks(severity: str | None) -> tuple[int | None, int | None]:
    """A severity as ranks of the store."""
    if not severity:
        return None, None
    if severity == UNSCORED:
        return -1, 0
    band = next((span for name, span in SEVERITIES.items() if name.lower() == severity.lower()), None)
    if band is None:
        known = ", ".join([*(name.lower() for name in SEVERITIES), UNSCORED])
        raise InvalidInput(f"{severity[:40]!r} is no severity.", remedy=f"Write one of: {known}.")
    return int(band.low * Decimal(10)), int(band.high * Decimal(10))
