"""Requests: the duty ``requests``, which brings ``AssessmentRequest`` objects to the desk and writes their status.

The store is the record and the object mirrors it: what somebody writes into a status has no effect. An object counts
by its uid, so that one that was deleted and made again is a new request, and by its specification, so that one that was
changed needs a new approval.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from webhook.engines.requesting.desk import RequestDesk
from webhook.errors import BomgateError, Final, InvalidInput, SourceError
from webhook.model.deadlines import Deadline
from webhook.model.people import KUBERNETES, Person
from webhook.model.reports import EventType, ObjectEvent
from webhook.model.requestobjects import RequestObject, RequestStatus
from webhook.model.requests import ExceptionRequest, Phase, RequestCounts
from webhook.model.running import ObjectRef
from webhook.policy.phrases import moment
from webhook.policy.plaintext import plain
from webhook.ports import Clock, EventSink, TicketGuard
from webhook.ports.requesting import RequestObjects

log = logging.getLogger("bomgate.requests")
_OPEN = (Phase.WAITING, Phase.APPROVED)
_GUARD_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class RequestParts:
    """What the duty works with.

    Attributes:
        desk: where requests are made.
        objects: the objects; None where there is no cluster to keep them.
        guard: what keeps others from asking in somebody's name.
        events: told when something becomes of a request; None tells nobody.
    """

    desk: RequestDesk
    objects: RequestObjects
    guard: TicketGuard
    events: EventSink | None


class RequestDuty:
    """Makes requests of objects, and says what became of them; implements ``Duty``.

    Args:
        parts: what it works with.
        clock: time.
        publish: told how many requests there are.
        interval_seconds: between two passes.
    """

    name = "requests"

    def __init__(
        self,
        parts: RequestParts,
        clock: Clock,
        publish: Callable[[RequestCounts], None],
        interval_seconds: float = 10.0,
    ) -> None:
        self._parts, self._clock, self._publish = parts, clock, publish
        self.interval_seconds = interval_seconds

    def run(self) -> None:
        """One pass.

        Raises:
            SourceError: the API server did not answer, or refused to.
            StoreError: the store did not answer.
        """
        objects = self._parts.objects.list()
        if objects is not None:
            deadline = Deadline(self._clock.monotonic() + _GUARD_SECONDS)
            self._take(objects, self._parts.guard.since(deadline))
        self._publish(self._parts.desk.counts())

    def _take(self, objects: Sequence[RequestObject], guarded: dt.datetime | None) -> None:
        desk = self._parts.desk
        known = {(request.origin, request.origin_uid): request for request in desk.with_origin("AssessmentRequest")}
        there = {(each.origin, each.uid) for each in objects if not each.is_going}
        for key, request in known.items():
            if key not in there and request.phase in _OPEN and not request.askers[0].left:
                desk.withdraw(request.number, request.askers[0].person, "the object is gone")
        failure: SourceError | None = None
        for asked in objects:
            if asked.is_going:
                continue
            status = self._status(asked, known.get((asked.origin, asked.uid)), guarded)
            try:
                self._report(asked, status)
            except Final as problem:  # one that cannot be written keeps none of the others from it
                failure = problem
        if failure is not None:
            raise failure

    def _status(self, one: RequestObject, known: ExceptionRequest | None, guarded: dt.datetime | None) -> RequestStatus:
        is_same = known is not None and known.definition == one.definition
        if not is_same and (guarded is None or one.created < guarded):
            text = (
                "The policy that makes sure of the requester is not there."
                if guarded is None
                else "It is older than the policy that makes sure of the requester; make it again."
            )
            self._close(one, known)
            return RequestStatus(one.generation, False, "Unguarded", text)
        if known is None or not is_same:
            try:
                known = self._adopt(one, known)
            except InvalidInput as problem:
                self._close(one, known)
                text = f"{problem.message} {problem.remedy}".strip()
                return RequestStatus(one.generation, False, "Refused", plain(text, 1_000))
        return _told(one, known, self._clock.now())

    def _adopt(self, one: RequestObject, known: ExceptionRequest | None) -> ExceptionRequest:
        if one.wish is None:
            raise one.problem if isinstance(one.problem, InvalidInput) else InvalidInput("It cannot be read.")
        person = Person(one.requester, "API server", issuer=KUBERNETES, username=one.requester)
        return self._parts.desk.adopt(one, person, known)

    def _close(self, one: RequestObject, known: ExceptionRequest | None) -> None:
        """End what was made of an earlier specification, which nobody asks for any more."""
        if known is not None and known.phase in _OPEN:
            self._parts.desk.close(known.number, known.askers[0].person, f"{one.origin} was changed")

    def _report(self, one: RequestObject, status: RequestStatus) -> None:
        before = one.status
        if before == status:
            return
        self._parts.objects.report(one, status)
        if before is not None and (before.reason, before.message) == (status.reason, status.message):
            return
        log.info("%s: %s", one.origin, status.message, extra={"reason": status.reason})
        if self._parts.events is None:
            return
        about = ObjectRef("bomgate.dev", "v1alpha1", "AssessmentRequest", one.namespace, one.name, one.uid)
        kind = EventType.NORMAL if status.ready and status.reason != "Denied" else EventType.WARNING
        try:
            self._parts.events.emit(ObjectEvent(about, f"Request{status.reason}", status.message, kind))
        except BomgateError as problem:
            log.warning("an event was not told", extra={"error": problem.message})


def _told(one: RequestObject, request: ExceptionRequest, now: dt.datetime) -> RequestStatus:
    """What the status of an object says of its request."""
    phase, answer = request.phase_at(now), request.answer
    reason = phase.value.capitalize()
    text = {
        Phase.WAITING: f"Request {request.number} waits for another person to answer.",
        Phase.WITHDRAWN: f"Request {request.number} was withdrawn.",
        Phase.LAPSED: f"Request {request.number} ended before anybody answered it.",
    }.get(phase, "")
    if answer is not None and phase in (Phase.APPROVED, Phase.DENIED):
        earlier = "" if answer.until is None else f" until {moment(answer.until)}"
        who, comment = plain(answer.person.name, 100), plain(answer.comment, 500)
        text = f"{who} has {phase} request {request.number}{earlier}: {comment}"
        if phase is Phase.APPROVED and request.ends is not None and now >= request.ends:
            reason, text = "Ended", f"The exception ended on {moment(request.ends)}."
        if phase is Phase.APPROVED and request.fixed_in:
            reason, text = "Ended", f"The exception ended, as a fixed version is known: {request.fixed_in}."
    return RequestStatus(
        one.generation,
        True,
        reason,
        text,
        request.number,
        phase.value,
        answer.person.name if answer is not None else "",
        answer.comment if answer is not None else "",
        request.ends,
    )
