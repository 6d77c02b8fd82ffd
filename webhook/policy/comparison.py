"""Comparison: whether a finding ever gets something milder with some records of a scope than without them.

The judge that admission has is asked, with each other record that may be in force, or may have ended, for the same
finding: of several, the weighing of records leaves one of them. What may be decided later in a wider scope is among
them, and so is what a vulnerability may get by itself. A version of which nobody knows whether a range holds it is
asked about as such. What lasts until a fixed version is known may be over at any moment, or go on to its date.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from webhook.model.actions import Action, worst
from webhook.model.assessments import Assessment, AssessmentSource, OnExpiry, Scope
from webhook.model.policies import LocalRule
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.claims import Claims, Lives, Phase
from webhook.policy.evaluation import Rules
from webhook.policy.expiry import later
from webhook.policy.fleetprecedence import Passes, is_local, is_not_local, strictest
from webhook.policy.judge import Judge
from webhook.policy.matching import AssessmentIndex
from webhook.policy.outlooks import Outlook
from webhook.policy.precedence import Effective, Entry, Weight

_COMPONENT = Purl("pkg:generic/any@1")
_SOON, _LONG = dt.timedelta(seconds=1), dt.timedelta(days=1)
_WEAKEST: Weight = (False, -1, (-1, 0, 0), False, False, False, False)


@dataclass(frozen=True, slots=True)
class _Setting:
    """What else is there.

    Attributes:
        entry: another record that may match; None for none.
        floor: what a weaker record that never ends asks for; None for none.
        is_chain_open: whether nobody knows if the ranges of the compared records hold the version.
        is_entry_open: whether nobody knows that of the other record.
    """

    entry: Entry | None = None
    floor: Action | None = None
    is_chain_open: bool = False
    is_entry_open: bool = False


_Situation = tuple[int, Action | None, Phase | None, Phase | None, frozenset[Phase]]
"""Outlook, floor, what is in force, what has ended, and what is in doubt: all that an action depends on."""


class Comparison:
    """Compares what findings get.

    Args:
        rules: types and policy.
        now: UTC, aware.
    """

    def __init__(self, rules: Rules, now: dt.datetime) -> None:
        self._judge, self._now = Judge(rules, AssessmentIndex(), now), now
        days = [kind.expires_after_days for kind in rules.types if kind.is_automatic]
        self._lives = Lives([life for life in days if life is not None])
        self._known: dict[_Situation, Action] = {}

    def is_milder(
        self, before: Sequence[Entry], after: Sequence[Entry], others: Iterable[Entry], outlooks: Iterable[Outlook]
    ) -> bool:
        """Whether a finding ever gets something milder.

        Args:
            before: the records of one scope that count or have ended.
            after: those with which it is compared, likewise.
            others: what else may match the same findings.
            outlooks: what the vulnerability may be like.
        """
        kept, looks = tuple(others), tuple(outlooks)
        self._known = {}
        chains = [(Claims(before), Claims(after))]
        if any(entry.assessment.until_fixed for entry in (*before, *after)):
            chains.append((Claims(self._fixed(before)), Claims(self._fixed(after))))
        fixed = [entry for entry in kept if entry.assessment.until_fixed]
        rivals = (*kept, *self._fixed(fixed))
        return any(
            self._action(will, setting, number, outlook, at) < self._action(was, setting, number, outlook, at)
            for was, will in chains
            for number, outlook in enumerate(looks)
            for setting, at in self._cases((*was.entries, *will.entries), rivals, outlook)
        )

    def _fixed(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """The entries as they are once a fixed version is known, which may be at any time."""
        return [
            replace(entry, assessment=structs.replace(entry.assessment, until=self._now, fixed_in="?"))
            if entry.assessment.until_fixed
            else entry
            for entry in entries
        ]

    def _cases(
        self, compared: Sequence[Entry], others: Sequence[Entry], outlook: Outlook
    ) -> Iterator[tuple[_Setting, dt.datetime]]:
        """What else there may be, now and at every moment at which something ends."""
        has_range = any(entry.versions is not None for entry in compared)
        ends = _ends_of(compared)
        moments = self._moments(ends)
        given = list(self._given(compared, outlook, moments))
        for is_open in (False, True) if has_range else (False,):
            for at in moments:
                for floor in (None, Action.ALLOW, Action.DENY):
                    yield _Setting(floor=floor, is_chain_open=is_open), at
            for entry in others:
                own = [*moments, *self._moments(_ends_of([entry]))[1:]]
                yield from ((setting, at) for at in own for setting in _with(entry, is_open))
            for entry, at in given:
                yield from ((setting, at) for setting in _with(entry, is_open))

    def _given(
        self, compared: Sequence[Entry], outlook: Outlook, moments: Sequence[dt.datetime]
    ) -> Iterator[tuple[Entry, dt.datetime]]:
        """What a vulnerability may have got by itself that has ended since, and is assessed again.

        At a moment only these differ: what has not ended, what has just ended, and what ended first.
        """
        kinds = [
            kind
            for kind in outlook.given
            if kind.on_expiry is OnExpiry.REASSESS and kind.expires_after_days is not None
        ]
        if not kinds:
            return
        begins = sorted({self._now, *(end for end in _ends_of(compared) if end > self._now)})
        far = later(begins[-1], 2 * max(self._lives.all, default=_LONG))
        ends = [later(begin, _SOON) for begin in (*begins, far)]
        for at in dict.fromkeys([*moments, *self._moments(ends)]):
            ended = ends[: bisect_right(ends, at)]
            for kind in kinds:
                for end in dict.fromkeys((ends[-1], *ended[-1:], *ended[:1])):
                    record = Assessment(
                        "", kind.name, Scope(), AssessmentSource.AUTO, "", "", self._now, end, sequence=-1
                    )
                    yield Entry(record, _WEAKEST, None, None), at

    def _moments(self, ends: Iterable[dt.datetime]) -> Sequence[dt.datetime]:
        """Now, and every moment at which one ends, or what stands in for one that has ended."""
        later_on = (at for end in ends for at in self._lives.moments(end) if at > self._now)
        return list(dict.fromkeys([self._now, *later_on]))

    def _action(self, chain: Claims, setting: _Setting, number: int, outlook: Outlook, at: dt.datetime) -> Action:
        """What a finding gets at a moment; at a member of a fleet as :mod:`webhook.policy.fleetprecedence` has it."""
        rule = self._judge.rules.policy.local_rule
        whole = self._usual(chain, setting, number, outlook, at)
        if rule is LocalRule.ORDINARY:
            return whole
        others = self._usual(chain.those(is_not_local), _of(setting, is_not_local), number, outlook, at)
        own, mine = chain.those(is_local), _of(setting, is_local)
        counts = mine.entry is not None and not mine.entry.assessment.expired(at)
        has_local = counts or own.best(at) is not None
        floored = replace(mine, floor=Action.ALLOW)
        local = self._usual(own, floored, number, outlook, at) if has_local else None
        return strictest(rule, whole, others, local)

    def _usual(self, chain: Claims, setting: _Setting, number: int, outlook: Outlook, at: dt.datetime) -> Action:
        """What a finding gets at a moment by the usual precedence."""
        entry, phase = setting.entry, self._lives.phase
        firm = None if setting.is_entry_open else entry
        best = None if setting.is_chain_open else chain.best(at)
        if firm is not None and not firm.assessment.expired(at) and (best is None or firm.rank > best.rank):
            best = firm
        doubtful = chain.phases(at, chain.above(best), self._lives) if setting.is_chain_open else frozenset[Phase]()
        if entry is not None and setting.is_entry_open and (best is None or entry.rank > best.rank):
            doubtful |= {phase(entry.assessment, at)}
        ended: Phase | None = None
        if best is None:
            top = None if setting.is_chain_open or not chain.entries else chain.entries[0]
            lapsed = max(filter(None, (top, firm)), key=lambda one: one.rank, default=None)
            ended = None if lapsed is None else phase(lapsed.assessment, at)
        floor = setting.floor if best is None else None
        situation = (number, floor, None if best is None else phase(best.assessment, at), ended, doubtful)
        found = self._known.get(situation)
        if found is None:
            found = self._known[situation] = self._judged(situation, outlook.vulnerability)
        return found

    def _judged(self, situation: _Situation, one: Vulnerability) -> Action:
        _, floor, best, ended, doubtful = situation
        records = tuple(self._lives.stand_in(claimed, self._now) for claimed in sorted(doubtful))
        if floor is not None:
            return worst((floor, *(self._claim(claimed, one) for claimed in records)))
        given, lapsed = (None if phase is None else self._lives.stand_in(phase, self._now) for phase in (best, ended))
        effective = Effective(given, lapsed, records)
        return self._judge.finding_by(effective, _COMPONENT, one).action

    def _claim(self, claimed: Assessment, one: Vulnerability) -> Action:
        """What a doubtful record asks for by itself."""
        is_over = claimed.expired(self._now)
        effective = Effective(None if is_over else claimed, claimed if is_over else None)
        finding = self._judge.finding_by(effective, _COMPONENT, one)
        return Action.ALLOW if finding.assessment is None else finding.action


def _with(entry: Entry, is_open: bool) -> tuple[_Setting, _Setting]:
    return _Setting(entry, None, is_open), _Setting(entry, None, is_open, True)


def _of(setting: _Setting, passes: Passes) -> _Setting:
    """The same where only some records are looked at."""
    kept = setting.entry is None or passes(setting.entry.assessment)
    return setting if kept else replace(setting, entry=None)


def _ends_of(entries: Iterable[Entry]) -> Sequence[dt.datetime]:
    return list(dict.fromkeys(entry.assessment.until for entry in entries if entry.assessment.until is not None))
