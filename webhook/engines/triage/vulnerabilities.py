"""Vulnerabilities, page by page, each with what was decided about it and where it runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, islice, repeat

from msgspec.structs import replace

from webhook.engines.assessing.rules import RuleSource
from webhook.engines.readmodel import ReadModel
from webhook.engines.triage.board import Board
from webhook.engines.triage.boards import BoardSource
from webhook.engines.triage.packageindex import package_matcher
from webhook.engines.triage.vulnerabilityrows import MOST_COUNTED, VulnerabilityFilter, VulnerabilityRow
from webhook.errors import InvalidInput, TooBroad
from webhook.model.images import Digest
from webhook.model.purls import Purl
from webhook.model.triage import Key, Page, VulnerabilityLine, VulnerabilityOrder
from webhook.model.verdicts import Finding
from webhook.policy.judge import Judge, worst_first
from webhook.policy.precedence import Place
from webhook.policy.scores import SEVERITIES, UNSCORED
from webhook.policy.selections import state_of
from webhook.ports import Clock, TriageStore

_PORTIONS = (100, 250, 500, 1000)
_SECONDS = 1.0

_FEW = 32
"""A filter holds few components when not more than one of so many."""


class VulnerabilityLists:
    """Gives lists of vulnerabilities.

    Args:
        store: where they are.
        model: what is known.
        boards: what runs.
        rules: types and policy.
        clock: time.
    """

    def __init__(
        self, store: TriageStore, model: ReadModel, boards: BoardSource, rules: RuleSource, clock: Clock
    ) -> None:
        self._store, self._model, self._boards, self._rules, self._clock = store, model, boards, rules, clock

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
        affected, meant = board.catalog.affected, self._meant(wanted, board)
        candidates = self._candidates(wanted, board, meant.numbers)
        judge, is_meant = self._judge(wanted), meant.test
        found: list[VulnerabilityRow] = []
        walked = affected.walk(wanted.order, _beginning(wanted, after), candidates)
        if is_meant is not None:  # in memory: what is passed over is not asked for
            walked = (key for key in walked if affected.affects_some(key, is_meant))
        for portion in chain((most + 1,), _PORTIONS, repeat(_PORTIONS[-1])):
            keys = list(islice(walked, portion))
            lines = {line.vulnerability.id: line for line in (self._store.vulnerabilities(keys) if keys else ())}
            for key in keys:
                line = lines.get(key)
                row = None if line is None else self._row(line, judge, board, is_meant, wanted)
                if row is not None:
                    if len(found) == most:
                        return Page(tuple(found), found[-1].key)
                    found.append(row)
            if len(keys) < portion:
                break
            if self._clock.monotonic() >= end:
                if not found:
                    raise TooBroad("Searching this list with these filters takes too long.")
                return Page(tuple(found), affected.key(wanted.order, keys[-1]))
        return Page(tuple(found))

    def one(self, identifier: str, namespace: str = "") -> VulnerabilityRow | None:
        """One vulnerability by id or alias, with its description; None when nobody knows it.

        Raises:
            StoreError: the store did not answer.
        """
        line, board = self.line(identifier), self._boards.now()
        if line is None:
            return None
        judge = self._judge(VulnerabilityFilter(namespace=namespace))
        return self._row(line, judge, board, None, VulnerabilityFilter())

    def line(self, identifier: str) -> VulnerabilityLine | None:
        """One by id or alias as the store has it; None when nobody knows it.

        Raises:
            StoreError: the store did not answer.
        """
        line = self._store.vulnerability(identifier)
        return None if line is None else _seen(line, self._boards.now().seen)

    def lines(self, identifiers: Sequence[str]) -> dict[str, VulnerabilityLine]:
        """Those that affect something now, by id, as the store has them.

        Raises:
            StoreError: the store did not answer.
        """
        found: dict[str, VulnerabilityLine] = {}
        for start in range(0, len(identifiers), _PORTIONS[-1]):
            lines = self._store.vulnerabilities(identifiers[start : start + _PORTIONS[-1]])
            found |= {line.vulnerability.id: line for line in lines}
        seen = self._boards.now().seen
        if seen is None:
            return found
        return {name: left for name, line in found.items() if (left := _seen(line, seen)) is not None}

    # -- parts ------------------------------------------------------------------------------------------------------

    def _judge(self, wanted: VulnerabilityFilter) -> Judge:
        namespace = _judged_in(wanted, self._boards.now())
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
        is_meant: Callable[[int, Purl], bool] | None,
        wanted: VulnerabilityFilter,
    ) -> VulnerabilityRow | None:
        held = [pair for pair in line.components if is_meant is None or is_meant(*pair)]
        if is_meant is not None and not held:
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
        key = board.catalog.affected.key(wanted.order, line.vulnerability.id)
        return VulnerabilityRow(
            line.vulnerability,
            line.first_seen,
            tuple(findings),
            len(places),
            len(workloads),
            key,
            tuple(number for number, _ in held),
        )

    def _candidates(self, wanted: VulnerabilityFilter, board: Board, numbers: Set[int] | None) -> Set[str] | None:
        """Ids among which everything that is wanted is, given the numbers of the components that count."""
        catalog, now = board.catalog, self._clock.now()
        sets: list[Set[str]] = []
        if numbers is not None and len(numbers) * _FEW < len(catalog.affected.affecting):
            sets.append(catalog.affected.affected_by(numbers))  # of many, the next page is found by walking
        if wanted.ends_within is not None:
            sets.append(catalog.ending(now, now + dt.timedelta(days=wanted.ends_within)))
        if not wanted.image and (wanted.state is not None or wanted.type):
            unsettled = catalog.changed_by(now) | catalog.decided_in(_judged_in(wanted, board))
            if wanted.state is not None:
                sets.append(_united(catalog.in_state(wanted.state), unsettled))
            if wanted.type:
                sets.append(_united(catalog.of_type(wanted.type), unsettled))
        low, high = _ranks(wanted.severity)
        if low is not None and high is not None:
            sets.append(catalog.affected.ranked(low, high))
        if wanted.scores is not None:
            sets.append(catalog.affected.ranked(max(int(wanted.scores[0] * 10), 0), int(wanted.scores[1] * 10)))
        if wanted.since is not None:
            sets.append(catalog.affected.seen_since(wanted.since))
        if wanted.kev:
            sets.append(catalog.listed)
        if wanted.text:
            sets.append(catalog.affected.containing(wanted.text))
        sets = sorted((held for held in sets if len(held) < len(catalog.affected.facts)), key=len)
        if len(sets) < 2:
            return sets[0] if sets else None
        return frozenset(sets[0]).intersection(*sets[1:])

    def _meant(self, wanted: VulnerabilityFilter, board: Board) -> _Meant:
        """The vulnerable components to which filters by place and package restrict."""
        found: Set[int] | None = None
        if wanted.running or wanted.namespace or board.limits is not None:
            found = board.vulnerable_in(wanted.namespace or None)
        if wanted.image and board.limits is not None and Digest(wanted.image) not in board.by_digest:
            found = set()
        elif wanted.image:
            held = set(self._model.components_of(Digest(wanted.image)) or ())
            found = held if found is None else found & held
        if wanted.package:
            named = board.catalog.affected.in_packages(wanted.package)
            if named is None:
                return _Meant(found, package_matcher(wanted.package))
            found = named if found is None else found & named
        return _Meant(found)


@dataclass(frozen=True, slots=True)
class _Meant:
    """The vulnerable components that count.

    Attributes:
        numbers: among which they are; None means all.
        named: what tells them by their purls; None where the numbers do.
    """

    numbers: Set[int] | None
    named: Callable[[Purl], bool] | None = None

    @property
    def test(self) -> Callable[[int, Purl], bool] | None:
        """Whether a component, given by number and purl, is meant; None where all are."""
        numbers, named = self.numbers, self.named
        if named is None:
            return None if numbers is None else lambda number, _: number in numbers
        if numbers is None:
            return lambda _, purl: named(purl)
        return lambda number, purl: number in numbers and named(purl)


def _beginning(wanted: VulnerabilityFilter, after: Key | None) -> Key | None:
    """Where a page begins: in the order of scores no vulnerability of a severity is before its highest one."""
    _, high = _ranks(wanted.severity)
    if high is None or wanted.order is not VulnerabilityOrder.SCORE:
        return after
    first = (high + 1, "")
    return first if after is None or after > first else after


def _united(held: Set[str], others: Set[str]) -> Set[str]:
    """All of both, copied only where there are others: the first can be most of all vulnerabilities."""
    return held | others if others else held


def _judged_in(wanted: VulnerabilityFilter, board: Board) -> str:
    """The namespace that findings are judged for; the only one that may be seen, where there is just one."""
    if wanted.namespace or wanted.judged_in or board.limits is None or len(board.limits) != 1:
        return wanted.namespace or wanted.judged_in or ""
    return next(iter(board.limits))


def _seen(line: VulnerabilityLine, numbers: Set[int] | None) -> VulnerabilityLine | None:
    """A line with the components that may be seen; None without one."""
    if numbers is None:
        return line
    left = tuple(pair for pair in line.components if pair[0] in numbers)
    return replace(line, components=left) if left else None


def _is_of(finding: Finding, kind: str) -> bool:
    given = finding.assessment or finding.expired
    return given is not None and (given.type or "").casefold() == kind.casefold()


def _ranks(severity: str | None) -> tuple[int | None, int | None]:
    """A severity as ranks of the store."""
    if not severity:
        return None, None
    if severity == UNSCORED:
        return -1, 0
    band = next((span for name, span in SEVERITIES.items() if name.lower() == severity.lower()), None)
    if band is None:
        known = ", ".join([*(name.lower() for name in SEVERITIES), UNSCORED])
        raise InvalidInput(f"{severity[:40]!r} is not a severity.", remedy=f"Write one of: {known}.")
    return int(band.low * Decimal(10)), int(band.high * Decimal(10))
