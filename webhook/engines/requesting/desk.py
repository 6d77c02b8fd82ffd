"""The desk: where requests for exceptions are made, joined, answered and withdrawn, whatever the face."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from webhook.engines.requesting.options import RequestOptions
from webhook.engines.requesting.reader import DraftAnswer, RequestReader, bounded, shorn
from webhook.errors import InvalidInput
from webhook.model.assessments import Assessment
from webhook.model.fleetrequests import HubAnswer
from webhook.model.people import LOCAL, Person
from webhook.model.requestobjects import RequestObject
from webhook.model.requests import (
    Asker,
    ExceptionRequest,
    RequestAnswer,
    RequestChange,
    RequestCounts,
    RequestScan,
    Wish,
)
from webhook.model.resources import AssessmentResource
from webhook.model.triage import Page
from webhook.policy.asking import (
    ApprovalRefused,
    check_approver,
    check_asker,
    checked_reason,
)
from webhook.policy.memberrequests import taken, waits_again
from webhook.policy.plaintext import plain
from webhook.policy.requests import (
    Approval,
    RequestView,
    approved,
    asked,
    changed,
    closed,
    denied,
    joined,
    withdrawn,
)
from webhook.ports import Clock
from webhook.ports.requesting import RequestStore

MOST_IDS = 20


class RequestDesk:
    """Takes requests, and what people answer.

    Args:
        store: where requests are kept.
        reader: reads what people ask for and answer.
        clock: time.
        hub_answers: whether people of the fleet's hub answer the requests of this cluster.
    """

    def __init__(self, store: RequestStore, reader: RequestReader, clock: Clock, *, hub_answers: bool = False) -> None:
        self._store, self._clock, self._hub_answers = store, clock, hub_answers
        self._namespaces: tuple[str, ...] | None = None
        self.reader = reader

    @property
    def options(self) -> RequestOptions:
        """Who may ask, and for how long."""
        return self.reader.options

    def within(self, namespaces: Iterable[str]) -> RequestDesk:
        """A desk whose list shows requests for some namespaces only."""
        made = RequestDesk(self._store, self.reader, self._clock, hub_answers=self._hub_answers)
        made._namespaces = tuple(sorted(namespaces))
        return made

    # -- looking ----------------------------------------------------------------------------------------------------

    def page(self, scan: RequestScan, after: int | None, most: int) -> Page[ExceptionRequest]:
        """Requests, newest first.

        Raises:
            TooBroad: it takes too long.
            StoreError: the store did not answer.
        """
        if self._namespaces is not None:
            scan = replace(scan, within=self._namespaces, cluster="")
        rows = self._store.page(scan, after, most + 1, now=self._clock.now())
        return Page(tuple(rows[:most]), (rows[most - 1].number,) if len(rows) > most else None)

    def namespaces(self) -> Sequence[str]:
        """Namespaces that somebody has asked for, sorted.

        Raises:
            StoreError: the store did not answer.
        """
        return self._store.namespaces()

    def find(self, number: int) -> ExceptionRequest | None:
        """One request.

        Raises:
            StoreError: the store did not answer.
        """
        return self._store.find(number)

    def named(self, number: int) -> ExceptionRequest:
        """One request that there is.

        Raises:
            InvalidInput: there is none of that number.
            StoreError: the store did not answer.
        """
        request = self._store.find(number)
        if request is None:
            raise InvalidInput(f"There is no request {number}.", remedy="`bomgate requests list` shows them.")
        return request

    # -- asking -----------------------------------------------------------------------------------------------------

    def ask(self, wish: Wish, person: Person, recorded_by: str) -> ExceptionRequest:
        """Make a request.

        Raises:
            RequestRefused: whoever asks may not.
            InvalidInput: a part of it cannot be used, or the same is asked for already.
            StoreError: nothing was recorded.
        """
        request = self.reader.made(wish, person)
        now = self._clock.now()
        rule = bounded(request, now, asked(request, recorded_by))
        return self._store.change(rule, now=now, namespace=request.scope.namespace or "")

    def join(self, number: int, reason: str, person: Person, recorded_by: str) -> ExceptionRequest:
        """Ask for the same as a request that waits.

        Raises:
            RequestRefused: whoever asks may not.
            InvalidInput: the reason is missing, or they ask already.
            ChangedMeanwhile: it does not wait any more.
            StoreError: nothing was recorded.
        """
        check_asker(person, self.options.accounts)
        now = self._clock.now().replace(microsecond=0)
        asker = Asker(shorn(person), checked_reason(reason), now)
        return self._store.change(joined(asker, recorded_by), now=now, number=number)

    def withdraw(self, number: int, person: Person, recorded_by: str) -> ExceptionRequest:
        """Ask no longer; an exception that nobody asks for any more ends.

        Raises:
            RequestRefused: they do not ask for it.
            ChangedMeanwhile: it is over.
            StoreError: nothing was recorded.
        """
        now, rules = self._clock.now(), self.reader.rules()
        return self._store.change(withdrawn(shorn(person), now, recorded_by, rules), now=now, number=number)

    # -- objects of the cluster -------------------------------------------------------------------------------------

    def with_origin(self, kind: str) -> Sequence[ExceptionRequest]:
        """Requests that stand for objects of a kind.

        Raises:
            StoreError: the store did not answer.
        """
        return self._store.with_origin(kind)

    def counts(self) -> RequestCounts:
        """How many requests there are.

        Raises:
            StoreError: the store did not answer.
        """
        return self._store.counts(self._clock.now())

    def adopt(self, one: RequestObject, person: Person, known: ExceptionRequest | None) -> ExceptionRequest:
        """Make a request of an object, or change the request that was made of it.

        Args:
            one: the object, which can be read.
            person: who wrote it.
            known: what was made of it before; None for a new one.

        Raises:
            InvalidInput: a part of it cannot be used.
            StoreError: nothing was recorded.
        """
        assert one.wish is not None
        made = self.reader.made(one.wish, person)
        wanted = replace(made, origin=one.origin, origin_uid=one.uid, definition=one.definition)
        now, by = self._clock.now(), one.origin
        if known is None:
            rule = bounded(wanted, now, asked(wanted, by))
            return self._store.change(rule, now=now, namespace=one.namespace)
        return self._change(wanted, person, by, known.number)

    def adopt_assessment(
        self, one: AssessmentResource, person: Person, known: ExceptionRequest | None
    ) -> ExceptionRequest:
        """Make a request of an ``Assessment`` object, or change the request that was made of it.

        It may be for the whole cluster, and need not state an end; whoever approves it sees that.

        Args:
            one: the object, which can be read.
            person: who wrote it.
            known: what was made of it before; None for a new one.

        Raises:
            RequestRefused: whoever wrote it may not ask.
            InvalidInput: it has no comment, or a part of it cannot be used.
            StoreError: nothing was recorded.
        """
        wanted, now, by = self.reader.of_assessment(one, person), self._clock.now(), str(one.resource)
        if known is None:
            return self._store.change(asked(wanted, by), now=now, namespace=wanted.scope.namespace or "")
        return self._change(wanted, person, by, known.number)

    def _change(self, wanted: ExceptionRequest, person: Person, by: str, number: int) -> ExceptionRequest:
        now, rules = self._clock.now(), self.reader.rules()
        return self._store.change(lambda view: changed(wanted, view, person, now, by, rules), now=now, number=number)

    def close(self, number: int, person: Person, recorded_by: str) -> ExceptionRequest:
        """Withdraw a request altogether, and end what its approval made.

        Raises:
            StoreError: nothing was recorded.
        """
        now, rules = self._clock.now(), self.reader.rules()

        def rule(view: RequestView) -> RequestChange:
            assert view.request is not None, "requests are never removed"
            return closed(view.request, view, person, now, recorded_by, rules)

        return self._store.change(rule, now=now, number=number)

    # -- answers of a hub -------------------------------------------------------------------------------------------

    def take_answer(self, answer: HubAnswer) -> ExceptionRequest:
        """Take what the hub has answered.

        Raises:
            ChangedMeanwhile: the request does not wait any more, or was changed.
            StoreError: nothing was recorded.
        """
        return self._store.change(taken(answer), now=self._clock.now(), number=answer.number)

    def wait_again(self, number: int) -> None:
        """Let a request wait that the hub approved with another one, which was withdrawn since.

        Raises:
            ChangedMeanwhile: it was changed.
            StoreError: nothing was recorded.
        """
        request = self._store.find(number)
        rule = None if request is None else waits_again(request)
        if rule is not None:
            self._store.change(rule, now=self._clock.now(), number=number)

    # -- answering --------------------------------------------------------------------------------------------------

    def approve(self, number: int, reply: DraftAnswer, person: Person, recorded_by: str) -> ExceptionRequest:
        """Approve a request, and those that this covers.

        The person was authenticated, and may approve where the request is for; that is asked by the caller.

        Raises:
            ApprovalRefused: they asked for one of them, or are no person.
            InvalidInput: the comment is missing, or type or end cannot be used.
            ChangedMeanwhile: somebody else has answered it, or it was changed since it was seen.
            StoreError: nothing was recorded.
        """
        request = self.named(number)
        self.check_answerer(person, request)
        answer = self._answer(reply, person)
        version = request.version if reply.version is None else reply.version
        records = self._approval_records(request, person, reply)
        approval = Approval(answer, version, self.options.allow_self, records, reply.until, recorded_by)
        return self._store.change(approved(approval), now=answer.at, number=number)

    def deny(self, number: int, reply: DraftAnswer, person: Person, recorded_by: str) -> ExceptionRequest:
        """Deny a request.

        Raises:
            ApprovalRefused: they asked for it, or are no person.
            InvalidInput: the comment is missing.
            ChangedMeanwhile: somebody else has answered it, or it was changed since it was seen.
            StoreError: nothing was recorded.
        """
        self.check_answerer(person, self.named(number))
        answer = self._answer(reply, person)
        rule = denied(answer, reply.version, recorded_by, allow_self=self.options.allow_self)
        return self._store.change(rule, now=answer.at, number=number)

    def check_answerer(self, person: Person, *requests: ExceptionRequest) -> None:
        """Refuse who may not answer these requests; raises ApprovalRefused."""
        if self._hub_answers and any(not request.is_of_assessment for request in requests):
            raise ApprovalRefused(
                "The hub of the fleet answers the requests of this cluster.",
                remedy="Answer it at the hub, where `bomgate requests list` shows it with the name of this cluster.",
            )
        if person.issuer == LOCAL and not self.options.allow_self:
            raise ApprovalRefused(
                f"{plain(person.name, 100)} is known only to the operating system.",
                remedy="Sign in to a console by OIDC or a token, or set requests.allowSelf where one person uses it.",
            )
        check_approver(person, requests, allow_self=self.options.allow_self)

    # -- parts ------------------------------------------------------------------------------------------------------

    def _approval_records(
        self, request: ExceptionRequest, person: Person, reply: DraftAnswer
    ) -> tuple[Assessment, ...]:
        """What an approval records: nothing for an object that is provisioned once it is approved."""
        if not request.is_of_assessment:
            return self.reader.records(request, person, reply)
        if reply.type or reply.until is not None:
            raise InvalidInput(
                f"Request {request.number} stands for {request.origin}, which states type and end itself.",
                remedy="Approve it as it is, or deny it and say what it should state.",
            )
        return ()

    def _answer(self, reply: DraftAnswer, person: Person) -> RequestAnswer:
        comment = checked_reason(reply.comment, "An answer needs a comment.")
        return RequestAnswer(shorn(person), comment, self._clock.now().replace(microsecond=0))
