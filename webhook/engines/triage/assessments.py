"""Assessments, page by page, each with whether it counts now."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain, repeat

from msgspec.structs import replace

from webhook.engines.readmodel import ReadModel
from webhook.engines.triage.board import Board
from webhook.engines.triage.boards import BoardSource
from webhook.model.assessments import Assessment, Scope
from webhook.model.triage import AssessmentScan, Key, Page
from webhook.policy.scopes import ParsedScope
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
        for portion in chain((most + 1,), repeat(max(_PORTION, most + 1))):
            lines = self._store.assessments(scan, after, portion)
            for line in lines:
                row = AssessmentRow(line.assessment, self.standing(line.assessment, now), line.key)
                if (standing is None or row.standing is standing) and may_see(line.assessment):
                    if len(found) == most:
                        return Page(tuple(found), found[-1].key)
                    found.append(row)
            if len(lines) < portion:
                break
            after = lines[-1].key
            if self._clock.monotonic() >= stop:
                return Page(tuple(found), after)
        return Page(tuple(found))

    def _sees(self) -> Callable[[Assessment], bool]:
        """Whether a record may be seen: it is of a namespace that may be, or of none and about something there.

        One that is narrowed to packages or images names them, so one of the packages has to be in one of the images.
        """
        if self._boards is None or (limits := self._boards.limits) is None:
            return lambda _: True  # and no board has to be made, which a command would wait for
        board, known = self._boards.now(), dict[tuple[str, Scope], bool]()

        def sees(one: Assessment) -> bool:
            if one.scope.namespace is not None:
                return one.scope.namespace in limits
            about = (one.vulnerability.casefold(), one.scope)
            if about not in known:
                known[about] = _is_about(board, *about)
            return known[about]

        return sees

    def standing(self, one: Assessment, now: dt.datetime) -> Standing:
        """What a stored record is worth."""
        if one.type is None:
            return Standing.WITHDRAWAL
        if one.expired(now):
            return Standing.ENDED
        return Standing.IN_FORCE if self._model.assessments.holds(one) else Standing.REPLACED


def _is_about(board: Board, name: str, scope: Scope) -> bool:
    """Whether a vulnerability, under this name, affects something of a board that a scope holds."""
    there, parsed = board.affected_there, ParsedScope.of(scope)
    held = [
        number
        for key in board.catalog.affected.named((name,))
        for number, purl in there.get(key, ())
        if parsed.holds(purl)
    ]
    if scope.image is None or not held:
        return bool(held)
    images = (board.by_digest.get(digest) for digest in board.where.images(held))
    return any(image is not None and image.is_of(parsed) for image in images)


def _narrowed(scan: AssessmentScan, standing: Standing | None, now: dt.datetime) -> AssessmentScan:
    """As far as the store itself can tell what records are worth."""
    if standing is None:
        return scan
    if standing is Standing.WITHDRAWAL:
        return replace(scan, withdrawals=True)
    if standing is Standing.ENDED:
        return replace(scan, withdrawals=False, ended_at=now)
    return replace(scan, withdrawals=False, going_on_at=now)
