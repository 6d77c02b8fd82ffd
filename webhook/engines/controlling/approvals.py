"""Approvals of ``Assessment`` objects: with ``requests.required``, what loosens counts once another person approves it.

An object that loosens is a request of its author, and its approval lets it be provisioned; nothing else is recorded.
It counts by its uid and its specification, as an ``AssessmentRequest`` does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from webhook.engines.requesting.desk import RequestDesk
from webhook.errors import BomgateError, InvalidInput
from webhook.model.people import KUBERNETES, Person
from webhook.model.requests import OF_ASSESSMENTS, ExceptionRequest, Phase
from webhook.model.resources import AssessmentResource
from webhook.policy.clusterassessments import denies
from webhook.policy.plaintext import plain
from webhook.policy.typetable import TypeTable
from webhook.ports import Clock

_OPEN = (Phase.WAITING, Phase.APPROVED)


class ApprovalWaits(InvalidInput):
    """An object that loosens waits for an approval."""

    code = "approval-waits"
    default_remedy = "Let somebody else approve it, in the console or with bomgate requests approve."


class ApprovalMissing(InvalidInput):
    """An object that loosens was not approved: somebody denied it, or its request is over."""

    code = "approval-missing"
    default_remedy = "Change the object to ask again."


class AuthorUnknown(InvalidInput):
    """It is not known who wrote an object, so nobody can tell whether somebody else approves it."""

    code = "author-unknown"
    default_remedy = "Make the object again, with your user name as spec.author."


class AssessmentApprovals:
    """Says which objects wait for an approval.

    Args:
        desk: where requests are made and answered.
        clock: time.
    """

    def __init__(self, desk: RequestDesk, clock: Clock) -> None:
        self._desk, self._clock = desk, clock
        self._approved: dict[str, str] = {}
        self._is_tidy = False

    @property
    def required(self) -> bool:
        """Whether what loosens takes another person."""
        return self._desk.options.required

    def held(
        self,
        resources: Sequence[AssessmentResource],
        types: TypeTable,
        guarded: dt.datetime | None,
        is_harmless: Callable[[AssessmentResource], bool],
    ) -> Mapping[str, BomgateError] | None:
        """Why objects do not count, by name; None where no approval is needed.

        Args:
            resources: all objects.
            types: the table of types.
            guarded: since when the API server makes sure who wrote an object; None while it does not.
            is_harmless: whether what an object states, which denies or has ended, makes nothing milder; asked in the
                order of the objects.

        Raises:
            StoreError: the store did not answer.
        """
        self._approved = {}
        if not self.required:
            self._close_needless()
            return None
        self._is_tidy = False
        known = {(request.origin, request.origin_uid): request for request in self._desk.with_origin(OF_ASSESSMENTS)}
        there = {(str(each.resource), each.uid) for each in resources}
        for key, request in known.items():
            if key not in there and request.phase in _OPEN:
                self._close(request, "the object is gone")
        found: dict[str, BomgateError] = {}
        for resource in resources:
            problem = self._problem(
                resource, known.get((str(resource.resource), resource.uid)), types, guarded, is_harmless
            )
            if problem is not None:
                found[resource.resource.name] = problem
        return found

    def approval(self, name: str) -> str:
        """Who has approved an object, in words; empty when nobody had to."""
        return self._approved.get(name, "")

    def _problem(
        self,
        one: AssessmentResource,
        known: ExceptionRequest | None,
        types: TypeTable,
        guarded: dt.datetime | None,
        is_harmless: Callable[[AssessmentResource], bool],
    ) -> BomgateError | None:
        definition, now = one.definition, self._clock.now()
        if definition is None:
            return None  # it is refused for that
        is_over = definition.until is not None and definition.until <= now
        may_be_harmless = is_over or denies(definition.type, types)
        if types.get(definition.type.strip()) is None or (may_be_harmless and is_harmless(one)):
            if known is not None and known.phase in _OPEN and known.definition != one.digest:
                self._close(known, f"{one.resource} was changed")
            return None
        if known is None or known.definition != one.digest:
            try:
                known = self._asked(one, known, guarded)
            except InvalidInput as problem:
                if known is not None and known.phase in _OPEN:
                    self._close(known, f"{one.resource} was changed")
                return problem
        return self._answered(one, known)

    def _asked(
        self, one: AssessmentResource, known: ExceptionRequest | None, guarded: dt.datetime | None
    ) -> ExceptionRequest:
        if not one.author or guarded is None or one.resource.created < guarded:
            why = (
                "it has no spec.author"
                if not one.author
                else "the policy that makes sure of it is not there"
                if guarded is None
                else "the object is older than the policy that makes sure of it"
            )
            raise AuthorUnknown(f"It needs an approval, and its author is not known: {why}.")
        person = Person(one.author, "API server", issuer=KUBERNETES, username=one.author)
        return self._desk.adopt_assessment(one, person, known)

    def _answered(self, one: AssessmentResource, request: ExceptionRequest) -> BomgateError | None:
        phase, answer, name = request.phase_at(self._clock.now()), request.answer, f"request {request.number}"
        who = "" if answer is None else plain(answer.person.name, 100)
        if phase is Phase.APPROVED:
            self._approved[one.resource.name] = f"{who} has approved it ({name})"
            return None
        if phase is Phase.WAITING:
            return ApprovalWaits(f"It waits until another person approves it ({name}).")
        if phase is Phase.DENIED and answer is not None:
            return ApprovalMissing(f"{who} has denied it ({name}): {plain(answer.comment, 500)}")
        return ApprovalMissing(f"Nobody has approved it, and {name} is {phase.value}.")

    def _close(self, request: ExceptionRequest, why: str) -> None:
        self._desk.close(request.number, request.askers[0].person, why)

    def _close_needless(self) -> None:
        """What waits is no longer asked for once no approval is needed; looked at once."""
        if self._is_tidy:
            return
        for request in self._desk.with_origin(OF_ASSESSMENTS):
            if request.phase is Phase.WAITING:
                self._close(request, "no approval is needed any more")
        self._is_tidy = True
