"""The desk: where requests for exceptions are made, joined, answered and withdrawn, whatever the face."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from webhook.engines.assessing.rules import RuleSource
from webhook.engines.assessing.targets import distinct_identifiers, find_target
from webhook.engines.requesting.options import RequestOptions
from webhook.errors import ChangedMeanwhile, InvalidInput
from webhook.model.actions import Action
from webhook.model.assessments import Assessment
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
    approved_comment,
    check_asker,
    check_waiting,
    checked_end,
    checked_reason,
    in_scope_of,
)
from webhook.policy.decisions import Decision, Target, decide
from webhook.policy.plaintext import plain
from webhook.policy.requests import (
    Approval,
    RequestRule,
    RequestView,
    approved,
    asked,
    changed,
    closed,
    denied,
    joined,
    withdrawn,
)
from webhook.policy.scopes import canonical_scope
from webhook.ports import Clock, VulnerabilityStore
from webhook.ports.requesting import RequestStore

MOST_IDS = 20


@dataclass(frozen=True, slots=True)
class DraftAnswer:
    """An answer to a request.

    Attributes:
        comment: why.
        version: of the request, as it was seen; None takes it as it is.
        type: an assessment type in place of the usual one.
        until: an earlier end.
    """

    comment: str
    version: int | None = None
    type: str = ""
    until: dt.datetime | None = None

    def to(self, request: ExceptionRequest) -> DraftAnswer:
        """The answer to a request as it was read, so that what was checked about it holds when it is answered.

        Raises:
            ChangedMeanwhile: somebody looked at another version.
        """
        if self.version not in (None, request.version):
            raise ChangedMeanwhile(f"Request {request.number} was changed after you looked at it.")
        return replace(self, version=request.version)


class RequestDesk:
    """Takes requests, and what people answer.

    Args:
        store: where requests are kept.
        vulnerabilities: what is known of vulnerabilities.
        rules: gives types.
        options: who may ask, and for how long.
        clock: time.
    """

    def __init__(
        self,
        store: RequestStore,
        vulnerabilities: VulnerabilityStore,
        rules: RuleSource,
        options: RequestOptions,
        clock: Clock,
    ) -> None:
        self._store, self._vulnerabilities, self._rules = store, vulnerabilities, rules
        self._clock = clock
        self._namespaces: tuple[str, ...] | None = None
        self.options = options

    def within(self, namespaces: Iterable[str]) -> RequestDesk:
        """A desk whose list shows requests for some namespaces only."""
        made = RequestDesk(self._store, self._vulnerabilities, self._rules, self.options, self._clock)
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
            scan = replace(scan, within=self._namespaces)
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

    def records(self, request: ExceptionRequest, person: Person, reply: DraftAnswer) -> tuple[Assessment, ...]:
        """What an approval would record; nothing is recorded.

        Raises:
            InvalidInput: the type is not known or denies, the end is later than what was asked for, or over.
            StoreError: the store did not answer.
        """
        rules, now = self._rules(), self._clock.now()
        kind = rules.types.require(self._type(reply.type or request.type))
        if kind.action is Action.DENY:
            raise InvalidInput(f"{kind.name} denies, so it is no exception.", remedy="Choose a type that lets it in.")
        until = request.until if reply.until is None else reply.until
        if reply.until is not None and request.until is not None and reply.until > request.until:
            raise InvalidInput("Nobody asked for an exception that long.", remedy="Give an earlier end, or none.")
        comment = checked_reason(reply.comment, "An answer needs a comment.")
        decision = Decision(kind.name, person.name, approved_comment(request, comment), until)
        found = [
            find_target(self._vulnerabilities, name, request.scope, allow_unknown=True)
            for name in request.vulnerabilities
        ]
        targets = [Target(target.identifier, request.scope, target.score) for target in found]
        made = decide(decision, targets, rules.types, now)
        return tuple(structs.replace(record, rule=f"request {request.number}") for record in made)

    # -- asking -----------------------------------------------------------------------------------------------------

    def ask(self, wish: Wish, person: Person, recorded_by: str) -> ExceptionRequest:
        """Make a request.

        Raises:
            RequestRefused: whoever asks may not.
            InvalidInput: a part of it cannot be used, or the same is asked for already.
            StoreError: nothing was recorded.
        """
        request = self.made(wish, person)
        now = self._clock.now()
        rule = _bounded(request, now, asked(request, recorded_by))
        return self._store.change(rule, now=now, namespace=request.scope.namespace or "")

    def made(self, wish: Wish, person: Person) -> ExceptionRequest:
        """The request that somebody means; nothing is recorded.

        Raises:
            RequestRefused: whoever asks may not.
            InvalidInput: a part of it cannot be used.
            StoreError: the store did not answer.
        """
        check_asker(person, self.options.accounts)
        now = self._clock.now().replace(microsecond=0)
        scope = canonical_scope(in_scope_of(wish.namespace, wish.scope))
        if scope.package is None:
            raise InvalidInput("A request is about one package.", remedy="Say which: --package pkg:npm/lodash.")
        identifiers = distinct_identifiers(wish.vulnerabilities)
        if len(identifiers) > MOST_IDS:
            raise InvalidInput(f"A request names at most {MOST_IDS} vulnerabilities.", remedy="Make several.")
        names = tuple(
            find_target(self._vulnerabilities, name, scope, allow_unknown=False).identifier for name in identifiers
        )
        until = checked_end(wish.until, wish.days, now, self.options.max_days, until_fixed=wish.until_fixed)
        kind = self._rules().types.require(wish.type).name if wish.type else ""
        requested_for = wish.requested_for.strip()[:200]
        asker = Asker(_shorn(person), checked_reason(wish.reason), now, requested_for)
        return ExceptionRequest(0, names, scope, until, (asker,), now, type=kind)

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
        asker = Asker(_shorn(person), checked_reason(reason), now)
        return self._store.change(joined(asker, recorded_by), now=now, number=number)

    def withdraw(self, number: int, person: Person, recorded_by: str) -> ExceptionRequest:
        """Ask no longer; an exception that nobody asks for any more ends.

        Raises:
            RequestRefused: they do not ask for it.
            ChangedMeanwhile: it is over.
            StoreError: nothing was recorded.
        """
        now = self._clock.now()
        return self._store.change(withdrawn(_shorn(person), now, recorded_by), now=now, number=number)

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
        wanted = replace(self.made(one.wish, person), origin=one.origin, origin_uid=one.uid, definition=one.definition)
        now, by = self._clock.now(), one.origin
        if known is None:
            rule = _bounded(wanted, now, asked(wanted, by))
            return self._store.change(rule, now=now, namespace=one.namespace)
        return self._store.change(lambda view: changed(wanted, view, person, now, by), now=now, number=known.number)

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
        assert one.definition is not None
        check_asker(person, self.options.accounts)
        definition, now, by = one.definition, self._clock.now(), str(one.resource)
        scope = canonical_scope(definition.scope)
        (identifier,) = distinct_identifiers([definition.vulnerability])
        name = find_target(self._vulnerabilities, identifier, scope, allow_unknown=True).identifier
        reason = checked_reason(definition.comment, "It needs an approval, and so a reason in spec.comment.")
        at = now.replace(microsecond=0)
        wanted = ExceptionRequest(
            0,
            (name,),
            scope,
            definition.until,
            (Asker(_shorn(person), reason, at),),
            at,
            origin=by,
            origin_uid=one.uid,
            definition=one.digest,
            type=self._rules().types.require(definition.type).name,
        )
        if known is None:
            return self._store.change(asked(wanted, by), now=now, namespace=scope.namespace or "")
        return self._store.change(lambda view: changed(wanted, view, person, now, by), now=now, number=known.number)

    def close(self, number: int, person: Person, recorded_by: str) -> ExceptionRequest:
        """Withdraw a request altogether, and end what its approval made.

        Raises:
            StoreError: nothing was recorded.
        """
        now = self._clock.now()

        def rule(view: RequestView) -> RequestChange:
            assert view.request is not None, "requests are never removed"
            return closed(view.request, view, person, now, recorded_by)

        return self._store.change(rule, now=now, number=number)

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
        self._check_local(person)
        answer = self._answer(reply, person)
        request = self.named(number)
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
        self._check_local(person)
        answer = self._answer(reply, person)
        rule = denied(answer, reply.version, recorded_by, allow_self=self.options.allow_self)
        return self._store.change(rule, now=answer.at, number=number)

    # -- parts ------------------------------------------------------------------------------------------------------

    def _approval_records(
        self, request: ExceptionRequest, person: Person, reply: DraftAnswer
    ) -> tuple[Assessment, ...]:
        """What an approval records: nothing for an object that is provisioned once it is approved."""
        if not request.is_of_assessment:
            return self.records(request, person, reply)
        if reply.type or reply.until is not None:
            raise InvalidInput(
                f"Request {request.number} stands for {request.origin}, which states type and end itself.",
                remedy="Approve it as it is, or deny it and say what it should state.",
            )
        return ()

    def _answer(self, reply: DraftAnswer, person: Person) -> RequestAnswer:
        comment = checked_reason(reply.comment, "An answer needs a comment.")
        return RequestAnswer(_shorn(person), comment, self._clock.now().replace(microsecond=0))

    def _check_local(self, person: Person) -> None:
        if person.issuer == LOCAL and not self.options.allow_self:
            raise ApprovalRefused(
                f"{plain(person.name, 100)} is only known to the operating system.",
                remedy="Answer in the console, or set requests.allowSelf on a machine that one person uses.",
            )

    def _type(self, name: str) -> str:
        usual = name or self.options.type
        if usual:
            return usual
        mildest = self._rules().types.mildest
        return "Ignore" if mildest is None else mildest.name


def _bounded(request: ExceptionRequest, now: dt.datetime, rule: RequestRule) -> RequestRule:
    """A rule for a new request, for those who have not too many that wait."""

    def bounded(view: RequestView) -> RequestChange:
        check_waiting(request.askers[0].person, view.waiting, now)
        return rule(view)

    return bounded


def _shorn(person: Person) -> Person:
    """A person without what only their rights depend on."""
    return replace(person, groups=(), extra=())
