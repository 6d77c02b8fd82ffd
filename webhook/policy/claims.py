"""Claims: the records of one scope, and which of them weighs at a moment, found without looking at all of them."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.policy.expiry import LAST, later
from webhook.policy.precedence import Entry

Phase = tuple[str, bool, int]
"""A type, whether a person gave it, and whether the record counts (0) or has ended: one more than the number of lives
that are over since, or -1 where it had no end.

Two records in the same phase give the same to a finding.
"""
_FIRST = dt.datetime.min.replace(tzinfo=dt.UTC)


class Lives:
    """How long what types give by themselves lasts.

    Args:
        days: of each automatic type that ends.
    """

    def __init__(self, days: Sequence[int]) -> None:
        self.all = sorted({dt.timedelta(days=life) for life in days})

    def phase(self, record: Assessment, at: dt.datetime) -> Phase:
        """The phase of a record at a moment."""
        kind, by_hand = record.type or "", record.by_hand
        if not record.expired(at):
            return (kind, by_hand, 0)
        if record.until is None:
            return (kind, by_hand, -1)
        return (kind, by_hand, 1 + bisect_right(self.all, at - record.until))

    def stand_in(self, phase: Phase, at: dt.datetime) -> Assessment:
        """A record that is in a phase at a moment."""
        kind, by_hand, number = phase
        since = self.all[number - 2] if number > 1 else dt.timedelta()
        until = at - since if number > 0 else None
        source = AssessmentSource.MANUAL if by_hand else AssessmentSource.AUTO
        return Assessment("", kind, Scope(), source, "", "", at, until, fixed_in="?" if number < 0 else "")

    def moments(self, end: dt.datetime) -> Sequence[dt.datetime]:
        """An end, and when what stands in for that record ends."""
        return [end, *(later(end, life) for life in self.all)]


class Claims:
    """Records that can match the same findings, such as those of one scope.

    Args:
        entries: in any order.

    Attributes:
        entries: the strongest claim first.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = sorted(entries, key=lambda entry: entry.rank, reverse=True)
        self._ranks = [entry.rank for entry in reversed(self.entries)]
        self._lasting = list(accumulate(map(_end_of, self.entries), max))
        self._phases: dict[tuple[dt.datetime, int], frozenset[Phase]] = {}

    def best(self, at: dt.datetime) -> Entry | None:
        """The strongest that counts at a moment."""
        position = bisect_right(self._lasting, at)
        return self.entries[position] if position < len(self.entries) else None

    def above(self, other: Entry | None) -> int:
        """How many are stronger than an entry; all where there is none."""
        if other is None:
            return len(self.entries)
        return len(self.entries) - bisect_right(self._ranks, other.rank)

    def phases(self, at: dt.datetime, first: int, lives: Lives) -> frozenset[Phase]:
        """The phases of the first few."""
        found = self._phases.get((at, first))
        if found is None:
            found = frozenset(lives.phase(entry.assessment, at) for entry in self.entries[:first])
            self._phases[at, first] = found
        return found

    def those(self, passes: Callable[[Assessment], bool]) -> Claims:
        """The same with some records alone."""
        kept = [entry for entry in self.entries if passes(entry.assessment)]
        return self if len(kept) == len(self.entries) else Claims(kept)


def _end_of(entry: Entry) -> dt.datetime:
    record = entry.assessment
    if record.fixed_in:
        return _FIRST
    return LAST if record.until is None else record.until
