"""Decision events: the duty ``decision-events``, which publishes decisions from the audit log as Events.

The audit log has a row for each change, from any face and any machine, so nothing that writes needs a way to the API
server. A row is told at the namespace that it is about; that of a request also at the workloads that run there with
what is asked for, and at the ``Assessment`` object that it stands for.

Each row is told once, whoever leads: the store keeps how far they are told, and the name of an Event follows from its
row. What a leader had told when it was killed, and had not noted, is told again, and the API server has it already. The
same holds for rows of the last minute, which transactions may commit in another order than that of their numbers. An
Event lives for an hour, so what is older is not told.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from webhook.errors import Final
from webhook.model.audits import AuditResult
from webhook.model.records import AssessmentQuery
from webhook.model.reports import EventType, ObjectEvent
from webhook.model.requests import OF_ASSESSMENTS, ExceptionRequest
from webhook.model.running import ObjectRef
from webhook.model.triage import AuditLine, AuditScan
from webhook.policy.plaintext import plain
from webhook.ports import AssessmentStore, Clock, CursorStore, EventSink
from webhook.ports.requesting import RequestStore
from webhook.ports.triaging import TriageStore

log = logging.getLogger("bomgate.events")
_LOOK_BACK = dt.timedelta(seconds=60)
"""For how long rows may come that have a lower number than rows which were told."""
_EVENT_LIVES = dt.timedelta(hours=1)
_MOST_ROWS = 100
"""Rows that are told in one pass."""
_MOST_WORKLOADS = 20
_MOST_TEXT = 300
_BY_CONSOLE = ("assess", "undo", "withdraw")
"""What the console tells itself, at once, by the batch; if it was killed before, this does."""
_ABOUT_REQUESTS: Mapping[str, str] = {
    "request": "ExceptionRequested",
    "join-request": "ExceptionJoined",
    "change-request": "ExceptionChanged",
    "approve-request": "ExceptionApproved",
    "deny-request": "ExceptionDenied",
    "leave-request": "ExceptionLeft",
    "withdraw-request": "ExceptionWithdrawn",
    "reopen-request": "ExceptionReopened",
}
"""The reason of an Event by the action of a row."""


@dataclass(frozen=True, slots=True)
class DecisionEventParts:
    """What the duty works with.

    Attributes:
        audit: the audit log.
        requests: requests, which a row names by its batch.
        assessments: assessments, likewise.
        cursors: how far rows are told.
        events: where Events go.
        home: the namespace at which what holds everywhere is told.
        latest: gives the last audit; None before the first one.
    """

    audit: TriageStore
    requests: RequestStore
    assessments: AssessmentStore
    cursors: CursorStore
    events: EventSink
    home: str
    latest: Callable[[], AuditResult | None]


class DecisionEvents:
    """Tells who decided what; implements ``Duty``.

    Args:
        parts: what it works with.
        clock: time.
        interval_seconds: between two passes.
    """

    name = "decision-events"

    def __init__(self, parts: DecisionEventParts, clock: Clock, interval_seconds: float = 10.0) -> None:
        self._parts, self._clock = parts, clock
        self.interval_seconds = interval_seconds
        self._told: dict[int, dt.datetime] = {}

    def run(self) -> None:
        """One pass; what cannot be told now is told in the next one.

        Raises:
            SourceError: the API server did not answer.
            StoreError: the store did not answer.
        """
        lines, now = self._untold(), self._clock.now()
        reached: int | None = None
        try:
            for line in lines:
                for event in self._events(line):
                    self._tell(event, line)
                self._told[line.number], reached = now, max(reached or 0, line.number)
        finally:
            self._told = {number: at for number, at in self._told.items() if at >= now - 2 * _LOOK_BACK}
            if reached is not None:
                self._parts.cursors.advance(self.name, reached)

    def _tell(self, event: ObjectEvent, line: AuditLine) -> None:
        try:
            self._parts.events.emit(event)
        except Final as problem:  # such as a namespace that is gone
            log.warning("an event could not be told", extra={"row": line.number, "error": problem.message})

    def _untold(self) -> Sequence[AuditLine]:
        """Rows behind the cursor, and those of the last minute that this process has not told, oldest first."""
        now, last = self._clock.now(), self._parts.cursors.position(self.name)
        recent, oldest = now - _LOOK_BACK, now - _EVENT_LIVES
        found: list[AuditLine] = []
        rows = self._parts.audit.audit(AuditScan(), None, _MOST_ROWS)
        while rows:
            for row in rows:
                is_new = row.number > last if last is not None else False
                if row.number not in self._told and row.at >= (oldest if is_new else recent):
                    found.append(row)
            is_behind = last is None or rows[-1].number <= last
            if rows[-1].at < (recent if is_behind else oldest):
                break
            rows = self._parts.audit.audit(AuditScan(), (rows[-1].number,), _MOST_ROWS)
        return found[::-1][:_MOST_ROWS]

    def _events(self, line: AuditLine) -> Iterator[ObjectEvent]:
        note = line.note
        is_told = note.action in _BY_CONSOLE and note.recorded_by.startswith("console,") and line.batch
        key = line.batch if is_told else f"audit-{line.number}"
        comment = note.detail.get("comment", "")
        told = f"{plain(note.actor, 100)}: {note.action.replace('-', ' ')} {plain(note.subject, _MOST_TEXT)}"
        message = f"{told}: {plain(comment, _MOST_TEXT)}" if comment else told
        reason = _ABOUT_REQUESTS.get(note.action, "BomgateDecided")
        kind = EventType.WARNING if note.action == "deny-request" else EventType.NORMAL
        for about in self._objects(line):
            yield ObjectEvent(about, reason, message, kind, key, once=True)

    def _objects(self, line: AuditLine) -> Iterator[ObjectRef]:
        """What a row is about."""
        request = self._request(line)
        if request is None:
            records = self._parts.assessments.find(AssessmentQuery(batch=line.batch)) if line.batch else ()
            for namespace in sorted({record.scope.namespace or "" for record in records}) or ("",):
                yield _namespace(namespace or self._parts.home)
            return
        yield _namespace(request.scope.namespace or self._parts.home)
        if request.is_of_assessment:
            name = request.origin.removeprefix(f"{OF_ASSESSMENTS} ")
            yield ObjectRef("bomgate.dev", "v1alpha1", OF_ASSESSMENTS, "", name, request.origin_uid)
        yield from self._running(request)

    def _request(self, line: AuditLine) -> ExceptionRequest | None:
        number = line.batch.removeprefix("request-")
        if line.note.action not in _ABOUT_REQUESTS or not number.isdecimal():
            return None
        return self._parts.requests.find(int(number))

    def _running(self, request: ExceptionRequest) -> Iterator[ObjectRef]:
        """Workloads in the namespace of a request that run what it is about, as the last audit saw them."""
        latest, scope = self._parts.latest(), request.scope
        if latest is None or scope.namespace is None:
            return
        names, shown = {name.casefold() for name in request.vulnerabilities}, 0
        for workload in latest.workloads:
            owner = workload.workload.owner
            if owner.namespace != scope.namespace or not any(
                scope.package in (None, finding.purl.package)
                and names & {name.casefold() for name in finding.vulnerability.identifiers}
                for image in workload.verdict.images
                for finding in image.verdict.findings
            ):
                continue
            yield owner
            shown += 1
            if shown == _MOST_WORKLOADS:
                return


def _namespace(name: str) -> ObjectRef:
    return ObjectRef("", "v1", "Namespace", name, name, "")
