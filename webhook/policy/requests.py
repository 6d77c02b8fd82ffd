"""Requests: what asking, joining, answering and withdrawing make of a request.

Every face comes here: command line, console, API and objects of the cluster. A rule gets the request as the
transaction sees it, so that of two people who answer at once the second one sees what the first one did.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from msgspec import structs
from msgspec.structs import replace

from webhook.errors import ChangedMeanwhile, InvalidInput
from webhook.model.assessments import Assessment
from webhook.model.people import Person
from webhook.model.requests import Asker, ExceptionRequest, Phase, RequestAnswer, RequestChange
from webhook.model.triage import AuditNote
from webhook.policy.asking import RequestRefused, asks_for_same, check_approver, covers, is_same, subject
from webhook.policy.evaluation import Rules
from webhook.policy.loosening import without_loosening
from webhook.policy.phrases import moment
from webhook.policy.plaintext import plain
from webhook.policy.undo import BatchHistory, undone

MOST_ASKERS = 100


@dataclass(frozen=True, slots=True)
class RequestView:
    """What a rule sees, all as of one moment in one transaction.

    Attributes:
        request: that the rule is about; None for a new one.
        waiting: those of the same namespace that wait.
        covered: those that the approval of the request has answered, too.
        history: gives what a batch of assessments is about.
    """

    request: ExceptionRequest | None
    waiting: Sequence[ExceptionRequest]
    covered: Sequence[ExceptionRequest]
    history: Callable[[str], BatchHistory]


RequestRule = Callable[[RequestView], RequestChange]


def asked(request: ExceptionRequest, recorded_by: str) -> RequestRule:
    """A new request.

    Raises (when it is used):
        InvalidInput: the same is asked for already.
    """

    def rule(view: RequestView) -> RequestChange:
        now = request.created
        for other in view.waiting:
            if not request.origin and other.phase_at(now) is Phase.WAITING and asks_for_same(request, other):
                raise InvalidInput(
                    f"Request {other.number} asks for the same.",
                    remedy=f"Join it: bomgate requests join {other.number} --reason '<why>'.",
                )
        return noted(request, "request", request.askers[0].person, recorded_by, request.askers[0].reason)

    return rule


def joined(asker: Asker, recorded_by: str) -> RequestRule:
    """Somebody further asks for the same."""

    def rule(view: RequestView) -> RequestChange:
        request = _own(still_waiting(view, asker.at))
        if any(is_same(asker.person, other.person) and not other.left for other in request.askers):
            raise InvalidInput(
                f"{plain(asker.person.name, 100)} has already joined this request.", remedy="Wait for the answer."
            )
        if len(request.askers) >= MOST_ASKERS:
            raise InvalidInput("No more people can join this request.", remedy="Wait for the answer.")
        others = tuple(other for other in request.askers if other.person.identity != asker.person.identity)
        made = replace(request, askers=(*others, asker))  # whoever comes back in another form stays in the former, too
        return noted(made, "join-request", asker.person, recorded_by, asker.reason)

    return rule


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval.

    Attributes:
        answer: who, why and when.
        version: of the request that the records were made of.
        allow_self: see :func:`check_approver`.
        records: what it records; their batch is set by the rule.
        until: the end that they have.
        recorded_by: from where it came.
    """

    answer: RequestAnswer
    version: int
    allow_self: bool
    records: tuple[Assessment, ...]
    until: dt.datetime | None
    recorded_by: str


def approved(approval: Approval) -> RequestRule:
    """Somebody approves; requests that this covers are answered as well."""
    given = next((record.type or "" for record in approval.records), "")
    answer = replace(approval.answer, until=approval.until, type=given)

    def rule(view: RequestView) -> RequestChange:
        request = still_waiting(view, answer.at)
        check_version(request, approval.version)
        until = approval.until if approval.until is not None else request.until
        covered = [
            other
            for other in view.waiting
            if other.number != request.number
            and other.phase_at(answer.at) is Phase.WAITING
            and not other.is_of_assessment
            and covers(request, until, other)
        ]
        check_approver(answer.person, (request, *covered), allow_self=approval.allow_self)
        records = tuple(
            structs.replace(record, batch=request.batch, recorded_by=approval.recorded_by)
            for record in approval.records
        )
        main = replace(request, phase=Phase.APPROVED, answer=answer)
        rest = [
            replace(other, phase=Phase.APPROVED, answer=replace(answer, covered_by=request.number)) for other in covered
        ]
        detail = {"covers": ", ".join(str(other.number) for other in covered)} if covered else {}
        notes = [(0, _note("approve-request", main, answer.person, approval.recorded_by, answer.comment, detail))]
        for place, other in enumerate(rest, 1):
            by = {"covered_by": str(request.number)}
            notes.append(
                (place, _note("approve-request", other, answer.person, approval.recorded_by, answer.comment, by))
            )
        return RequestChange((main, *rest), records, tuple(notes))

    return rule


def denied(answer: RequestAnswer, version: int | None, recorded_by: str, *, allow_self: bool) -> RequestRule:
    """Somebody denies who did not ask; who did may withdraw."""

    def rule(view: RequestView) -> RequestChange:
        request = still_waiting(view, answer.at)
        check_version(request, version)
        check_approver(answer.person, (request,), allow_self=allow_self)
        made = replace(request, phase=Phase.DENIED, answer=answer)
        return noted(made, "deny-request", answer.person, recorded_by, answer.comment)

    return rule


def withdrawn(person: Person, at: dt.datetime, recorded_by: str, rules: Rules) -> RequestRule:
    """Somebody no longer asks; when nobody does, the request is withdrawn, and what its approval made ends."""

    def rule(view: RequestView) -> RequestChange:
        request = view.request
        if request is None or request.phase not in (Phase.WAITING, Phase.APPROVED):
            raise _closed(request)
        _own(request)
        askers = tuple(replace(asker, left=asker.left or is_same(person, asker.person)) for asker in request.askers)
        if askers == request.askers:
            raise RequestRefused(
                f"{plain(person.name, 100)} has not joined request {request.number}.",
                remedy="Only its requesters withdraw it; an approver denies it, or undoes its batch.",
            )
        made = replace(request, askers=askers)
        if made.asking:
            return noted(made, "leave-request", person, recorded_by)
        return closed(made, view, person, at, recorded_by, rules)

    return rule


def closed(
    request: ExceptionRequest, view: RequestView, person: Person, at: dt.datetime, recorded_by: str, rules: Rules
) -> RequestChange:
    """Withdraw a request altogether; what its approval recorded is taken back."""
    made = replace(request, phase=Phase.WITHDRAWN)
    change = noted(made, "withdraw-request", person, recorded_by)
    return _taken_back(view, change, person, at, recorded_by, rules)


def changed(
    request: ExceptionRequest, view: RequestView, person: Person, at: dt.datetime, recorded_by: str, rules: Rules
) -> RequestChange:
    """What is asked for has changed: it waits again, and what was recorded for its former words is taken back."""
    before = view.request
    assert before is not None
    author = request.askers[0].person.identity
    kept = tuple(asker for asker in before.askers if asker.person.identity != author)
    former = tuple(replace(asker, left=True) for asker in kept)  # they asked for something else
    made = replace(
        before,
        vulnerabilities=request.vulnerabilities,
        scope=request.scope,
        until=request.until,
        type=request.type,
        until_fixed=request.until_fixed,
        fixed_in="",
        definition=request.definition,
        member=request.member,
        askers=(*request.askers, *former),
        phase=Phase.WAITING,
        version=before.version + 1,
        answer=None,
    )
    change = noted(made, "change-request", person, recorded_by, request.askers[0].reason)
    return _taken_back(view, change, person, at, recorded_by, rules)


def _taken_back(
    view: RequestView, change: RequestChange, person: Person, at: dt.datetime, recorded_by: str, rules: Rules
) -> RequestChange:
    """End what an approval made; what somebody decided since counts on, and requests that it covered wait again."""
    request = view.request
    if request is None or request.phase is not Phase.APPROVED:
        return change
    history = view.history(request.batch)
    undo = undone(history.batch, history.every, person.name, at.replace(microsecond=0)).records
    undo = without_loosening(undo, history.every, rules, at, history.known)
    records = tuple(
        structs.replace(record, batch=record.batch or request.batch, recorded_by=recorded_by) for record in undo
    )
    again = tuple(replace(other, phase=Phase.WAITING, answer=None, version=other.version + 1) for other in view.covered)
    notes = tuple(
        (place, _note("reopen-request", other, person, recorded_by, ""))
        for place, other in enumerate(again, len(change.requests))
    )
    return RequestChange(
        (*change.requests, *again),
        records,
        (*change.notes, *notes),
    )


# -- parts -----------------------------------------------------------------------------------------------------------


def still_waiting(view: RequestView, now: dt.datetime) -> ExceptionRequest:
    """The request of a rule; raises ChangedMeanwhile where nobody waits for its answer."""
    request = view.request
    if request is None or request.phase_at(now) is not Phase.WAITING:
        raise _closed(request)
    return request


def _own(request: ExceptionRequest) -> ExceptionRequest:
    """The request, where it was made in this cluster."""
    if request.member is not None:
        raise RequestRefused(
            f"Request {request.number} was made in {request.cluster}.", remedy="Join or withdraw it in that cluster."
        )
    return request


def check_version(request: ExceptionRequest, version: int | None) -> None:
    """Raise ChangedMeanwhile where this is not the version that somebody looked at."""
    if version is not None and version != request.version:
        raise ChangedMeanwhile(f"Request {request.number} was changed after you looked at it.")


def _closed(request: ExceptionRequest | None) -> ChangedMeanwhile:
    if request is None:
        return ChangedMeanwhile("There is no such request.", remedy="`bomgate requests list` shows those that wait.")
    if request.answer is not None and request.phase in (Phase.APPROVED, Phase.DENIED):
        by, at = plain(request.answer.person.name, 100), moment(request.answer.at)
        return ChangedMeanwhile(f"Request {request.number} was {request.phase} by {by} on {at}.")
    word = "withdrawn" if request.phase is Phase.WITHDRAWN else "over before anybody answered it"
    return ChangedMeanwhile(f"Request {request.number} is {word}.", remedy="Ask again if it is still needed.")


def noted(request: ExceptionRequest, action: str, person: Person, recorded_by: str, comment: str = "") -> RequestChange:
    """A request as it is now, with its row in the audit log."""
    return RequestChange((request,), notes=((0, _note(action, request, person, recorded_by, comment)),))


def _note(
    action: str,
    request: ExceptionRequest,
    person: Person,
    recorded_by: str,
    comment: str,
    detail: Mapping[str, str] | None = None,
) -> AuditNote:
    known = {"comment": comment, "issuer": person.issuer, "uid": person.uid, "version": str(request.version)}
    if request.until is not None:
        known["until"] = moment(request.until)
    if request.until_fixed:
        known["until_fixed"] = "yes"
    if request.origin:
        known["object"] = request.origin
    if request.cluster:
        known["cluster"] = request.cluster
    requested_for = next(
        (asker.requested_for for asker in request.askers if is_same(asker.person, person) and asker.requested_for), ""
    )
    if requested_for:
        known["requested_for"] = requested_for
    kept = {name: text for name, text in {**known, **(detail or {})}.items() if text}
    return AuditNote(person.name, recorded_by, action, subject(request), kept)
