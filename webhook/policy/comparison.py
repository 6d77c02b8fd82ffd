"""Comparison: whether a finding ever gets something milder with some records of a scope than without them.

The judge that admission has is asked, with each other record that may be in force, or may have ended, for the same
finding: of several, the weighing of records leaves one of them. What may be decided later in a wider scope is among
them, and so is what a vulnerability may get by itself. A version of which nobody knows whether a range holds it is
asked about as such. What lasts until a fixed version is known may be over at any moment, or go on to its date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from webhook.model.actions import Action, worst
from webhook.model.assessments import Assessment, AssessmentSource, OnExpiry, Scope
from webhook.model.policies import LocalRule
from webhook.model.purls import parse_purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.evaluation import Judge, Rules
from webhook.policy.fleetprecedence import Passes, is_local, is_not_local, strictest
from webhook.policy.matching import AssessmentIndex, Effective
from webhook.policy.outlooks import Outlook
from webhook.policy.precedence import Entry, Weight

_COMPONENT = parse_purl("pkg:generic/any@1")
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


class Comparison:
    """Compares what findings get.

    Args:
        rules: types and policy.
        now: UTC, aware.
    """

    def __init__(self, rules: Rules, now: dt.datetime) -> None:
        self._judge, self._now = Judge(rules, AssessmentIndex(), now), now
        days = {kind.expires_after_days for kind in rules.types if kind.is_automatic}
        self._lives = [dt.timedelta(days=life) for life in days if life is not None]

    def is_milder(
        self, before: Sequence[Entry], after: Sequence[Entry], others: Iterable[Entry], outlooks: Iterable[Outlook]
    ) -> bool:
        """Whether a finding ever gets something milder.

        Args:
            before: the records of one scope that count or have ended, the strongest claim first.
            after: those with which it is compared, likewise.
            others: what else may match the same findings.
            outlooks: what the vulnerability may be like.
        """
        kept = tuple(others)
        chains = [(before, after)]
        if any(entry.assessment.until_fixed for entry in (*before, *after)):
            chains.append((self._fixed(before), self._fixed(after)))
        fixed = [entry for entry in kept if entry.assessment.until_fixed]
        rivals = (*kept, *self._fixed(fixed))
        return any(
            self._action(will, setting, outlook.vulnerability, at)
            < self._action(was, setting, outlook.vulnerability, at)
            for was, will in chains
            for outlook in outlooks
            for setting in self._settings((*was, *will), rivals, outlook)
            for at in self._moments((*was, *will), setting)
        )

    def _fixed(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """The entries as they are once a fixed version is known, which may be at any time."""
        return [
            replace(entry, assessment=structs.replace(entry.assessment, until=self._now, fixed_in="?"))
            if entry.assessment.until_fixed
            else entry
            for entry in entries
        ]

    def _settings(self, compared: Sequence[Entry], others: Sequence[Entry], outlook: Outlook) -> Iterator[_Setting]:
        has_range = any(entry.versions is not None for entry in compared)
        for is_open in (False, True) if has_range else (False,):
            yield _Setting(is_chain_open=is_open)
            for floor in (Action.ALLOW, Action.DENY):
                yield _Setting(floor=floor, is_chain_open=is_open)
            for entry in (*others, *self._given(compared, outlook)):
                yield _Setting(entry, is_chain_open=is_open)
                yield _Setting(entry, is_chain_open=is_open, is_entry_open=True)

    def _given(self, compared: Sequence[Entry], outlook: Outlook) -> Iterator[Entry]:
        """What a vulnerability may have got by itself that has ended since, and is assessed again."""
        ends = [self._now, *(end for end in _ends_of(compared) if end > self._now)]
        far = max(ends) + 2 * max(self._lives, default=_LONG)
        for kind in outlook.given:
            if kind.on_expiry is OnExpiry.REASSESS and kind.expires_after_days is not None:
                for end in (*ends, far):
                    record = Assessment(
                        "", kind.name, Scope(), AssessmentSource.AUTO, "", "", self._now, end + _SOON, sequence=-1
                    )
                    yield Entry(record, _WEAKEST, None, None)

    def _moments(self, compared: Sequence[Entry], setting: _Setting) -> Iterator[dt.datetime]:
        """Now, and every moment at which one ends, or what stands in for one that has ended."""
        yield self._now
        for end in _ends_of((*compared, *([] if setting.entry is None else [setting.entry]))):
            yield from (at for at in (end, *(end + life for life in self._lives)) if at > self._now)

    def _action(self, chain: Sequence[Entry], setting: _Setting, one: Vulnerability, at: dt.datetime) -> Action:
        """What a finding gets at a moment; at a member of a fleet as :mod:`webhook.policy.fleetprecedence` has it."""
        whole, rule = self._usual(chain, setting, one, at), self._judge.rules.policy.local_rule
        if rule is LocalRule.ORDINARY:
            return whole
        others = self._usual(_those(chain, is_not_local), _of(setting, is_not_local), one, at)
        own = _those(chain, is_local), _of(setting, is_local)
        has_local = any(not entry.assessment.expired(at) for entry in (*own[0], *filter(None, (own[1].entry,))))
        local = self._usual(own[0], replace(own[1], floor=Action.ALLOW), one, at) if has_local else None
        return strictest(rule, whole, others, local)

    def _usual(self, chain: Sequence[Entry], setting: _Setting, one: Vulnerability, at: dt.datetime) -> Action:
        """What a finding gets at a moment by the usual precedence."""
        judge, other = replace(self._judge, now=at), [] if setting.entry is None else [setting.entry]
        firm = [*([] if setting.is_chain_open else chain), *([] if setting.is_entry_open else other)]
        unclear = [*(chain if setting.is_chain_open else ()), *(other if setting.is_entry_open else ())]
        firm.sort(key=lambda entry: entry.rank, reverse=True)
        best = next((entry for entry in firm if not entry.assessment.expired(at)), None)
        doubtful = tuple(
            entry.assessment
            for entry in sorted(unclear, key=lambda entry: entry.rank)
            if best is None or entry.rank > best.rank
        )
        if best is None and setting.floor is not None:
            return worst((setting.floor, *(_claim(judge, claimed, one) for claimed in doubtful)))
        lapsed = firm[0].assessment if best is None and firm else None
        effective = Effective(None if best is None else best.assessment, lapsed, doubtful)
        return judge.finding_by(effective, _COMPONENT, one).action


def _claim(judge: Judge, claimed: Assessment, one: Vulnerability) -> Action:
    """What a doubtful record asks for by itself."""
    is_over = claimed.expired(judge.now)
    effective = Effective(None if is_over else claimed, claimed if is_over else None)
    finding = judge.finding_by(effective, _COMPONENT, one)
    return Action.ALLOW if finding.assessment is None else finding.action


def _those(entries: Sequence[Entry], passes: Passes) -> Sequence[Entry]:
    return [entry for entry in entries if passes(entry.assessment)]


def _of(setting: _Setting, passes: Passes) -> _Setting:
    """The same where only some records are looked at."""
    kept = setting.entry is None or passes(setting.entry.assessment)
    return setting if kept else replace(setting, entry=None)


def _ends_of(entries: Iterable[Entry]) -> Sequence[dt.datetime]:
    return list(dict.fromkeys(entry.assessment.until for entry in entries if entry.assessment.until is not None))
