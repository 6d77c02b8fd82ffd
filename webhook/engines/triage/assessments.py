"""Assessments, page by page, each with whether it counts now."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from webhook.engines.readmodel import ReadModel
from webhook.engines.triage.board import BoardSource
from webhook.model.assessments import Assessment
from webhook.model.triage import AssessmentScan, Key, Page
from webhook.ports import Clock, TriageStore

_PORTION = 200
_SECONDS = 1.0


class Standing(enum.StrEnum):
    """What a record is worth now."""

    IN_FORCE = "in force"
    ENDED = "ended"
    REPLACED = "replaced"
    """A newer record of the same source and scope counts in its place, or it was withdrawn."""
    WITHDRAWAL = "withdrawal"
    """It withdraws others."""


@dataclass(frozen=True, slots=True)
class AssessmentRow:
    """A record as people see it."""

    assessment: Assessment
    standing: Standing
    key: Key


@dataclass(frozen=True, slots=True)
class AssessmentFilter:
    """Which records people want to see; each None means any.

    Attributes:
        standing: what they are worth now.
        ends_within: they are in force and end within so many days; sorted by their ends.
        scan: further conditions.
    """

    standing: Standing | None = None
    ends_within: int | None = None
    scan: AssessmentScan = field(default_factory=AssessmentScan)


class AssessmentLists:
    """Gives lists of assessments.

    Args:
        store: where they are.
        model: which of them count.
        clock: time.
        boards: of what runs in the namespaces that may be seen; None where everything may be.
    """

    def __init__(
        self,
        store: TriageStore,
        model: ReadModel,
        clock: Clock,
        boards: BoardSource | None = None,
    ) -> None:
        self._store, self._model, self._clock, self._boards = store, model, clock, boards

    def page(self, wanted: AssessmentFilter, after: Key | None = None, most: int = 50) -> Page[AssessmentRow]:
        """A page of the list, newest first; the soonest end first where it is about ends.

        Raises:
            TooBroad: it took too long.
            StoreError: the store did not answer.
        """
        scan, now = wanted.scan, self._clock.now()
        standing = wanted.standing
        if wanted.ends_within is not None:
            standing = Standing.IN_FORCE
            end = now + dt.timedelta(days=wanted.ends_within)
            scan = replace(scan, ends_after=now, ends_before=end)
        scan = _narrowed(scan, standing, now)
        found: list[AssessmentRow] = []
        may_see = self._sees()
        stop = self._clock.monotonic() + _SECONDS
        while True:
            lines = self._store.assessments(scan, after, max(_PORTION, most + 1))
            for line in lines:
                row = AssessmentRow(line.assessment, self.standing(line.assessment, now), line.key)
                if (standing is None or row.standing is standing) and may_see(line.assessment):
                    if len(found) == most:
                        return Page(tuple(found), found[-1].key)
                    found.append(row)
            if len(lines) < max(_PORTION, most + 1):
                return Page(tuple(found))
            after = lines[-1].key
            if self._clock.monotonic() >= stop:
                return Page(tuple(found), after)

    def _sees(self) -> Callable[[Assessment], bool]:
        """Whether a record may be seen: it is of a namespace that may be, or of none and about something there."""
        board = None if self._boards is None else self._boards.now()
        if board is None or board.limits is None:
            return lambda _: True
        limits, there = board.limits, board.catalog.affected.affected_by(board.vulnerable_in())

        def sees(one: Assessment) -> bool:
            if one.scope.namespace is not None:
                return one.scope.namespace in limits
            return not there.isdisjoint(board.catalog.affected.named((one.vulnerability.casefold(),)))

        return sees

    def standing(self, one: Assessment, now: dt.datetime) -> Standing:
        """What a stored record is worth."""
        if one.type is None:
            return Standing.WITHDRAWAL
        if one.expired(now):
            return Standing.ENDED
        return Standing.IN_FORCE if self._model.assessments.holds(one) else Standing.REPLACED


def _narrowed(scan: AssessmentScan, standing: Standing | None, now: dt.datetime) -> AssessmentScan:
    """As far as the store itself can tell what records are worth."""
    if standing is None:
        return scan
    if standing is Standing.WITHDRAWAL:
        return replace(scan, withdrawals=True)
    if standing is Standing.ENDED:
        return replace(scan, withdrawals=False, ended_at=now)
    return replace(scan, withdrawals=False, going_on_at=now)
