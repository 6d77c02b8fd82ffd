"""Reading requests: validates requests and answers, and works out what they would record."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from msgspec import structs

from webhook.engines.assessing.checks import refuse_fixed
from webhook.engines.assessing.rules import RuleSource
from webhook.engines.assessing.targets import distinct_identifiers, find_target
from webhook.engines.requesting.options import RequestOptions
from webhook.errors import ChangedMeanwhile, InvalidInput
from webhook.model.actions import Action
from webhook.model.assessments import Assessment
from webhook.model.people import Person
from webhook.model.requests import Asker, ExceptionRequest, RequestChange, Wish
from webhook.model.resources import AssessmentResource
from webhook.policy.asking import approved_comment, check_asker, check_waiting, checked_end, checked_reason, in_scope_of
from webhook.policy.decisions import Decision, Target, decide
from webhook.policy.fixes import check_until_fixed
from webhook.policy.requests import RequestRule, RequestView
from webhook.policy.scopes import canonical_scope
from webhook.ports import Clock, VulnerabilityStore

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


class RequestReader:
    """Reads what people ask for and answer; records nothing.

    Args:
        vulnerabilities: what is known of vulnerabilities.
        rules: gives types.
        options: who may ask, and for how long.
        clock: time.
        tells_fixes: whether a source that tells fixed versions is configured.
    """

    def __init__(
        self,
        vulnerabilities: VulnerabilityStore,
        rules: RuleSource,
        options: RequestOptions,
        clock: Clock,
        *,
        tells_fixes: bool = False,
    ) -> None:
        self._vulnerabilities, self.rules, self._clock = vulnerabilities, rules, clock
        self.options, self.tells_fixes = options, tells_fixes

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
        until = checked_end(wish.until, wish.days, now, self.options.max_days)
        kind = self.rules().types.require(wish.type).name if wish.type else ""
        requested_for = wish.requested_for.strip()[:200]
        asker = Asker(shorn(person), checked_reason(wish.reason), now, requested_for)
        made = ExceptionRequest(0, names, scope, until, (asker,), now, type=kind, until_fixed=wish.until_fixed)
        self._check_fixes(made)
        return made

    def of_assessment(self, one: AssessmentResource, person: Person) -> ExceptionRequest:
        """The request that an ``Assessment`` object is; see ``RequestDesk.adopt_assessment``.

        Raises:
            RequestRefused: whoever wrote it may not ask.
            InvalidInput: it has no comment, or a part of it cannot be used.
            StoreError: the store did not answer.
        """
        assert one.definition is not None
        check_asker(person, self.options.accounts)
        definition = one.definition
        scope = canonical_scope(definition.scope)
        (identifier,) = distinct_identifiers([definition.vulnerability])
        name = find_target(self._vulnerabilities, identifier, scope, allow_unknown=True).identifier
        reason = checked_reason(definition.comment, "It needs an approval, and so a reason in spec.comment.")
        at = self._clock.now().replace(microsecond=0)
        made = ExceptionRequest(
            0,
            (name,),
            scope,
            definition.until,
            (Asker(shorn(person), reason, at),),
            at,
            origin=str(one.resource),
            origin_uid=one.uid,
            definition=one.digest,
            type=self.rules().types.require(definition.type).name,
            until_fixed=definition.until_fixed,
        )
        self._check_fixes(made)
        return made

    def records(self, request: ExceptionRequest, person: Person, reply: DraftAnswer) -> tuple[Assessment, ...]:
        """What an approval would record; nothing is recorded.

        Raises:
            FixKnown: it is to last until a fixed version is known, and one is.
            InvalidInput: the type is not known or denies, the end is later than what was asked for, or over.
            StoreError: the store did not answer.
        """
        rules, now = self.rules(), self._clock.now()
        kind = rules.types.require(self._type(reply.type or request.type))
        if kind.action is Action.DENY:
            raise InvalidInput(
                f"{kind.name} denies, so it is not an exception.", remedy="Choose a type that lets it in."
            )
        until = request.until if reply.until is None else reply.until
        if reply.until is not None and request.until is not None and reply.until > request.until:
            raise InvalidInput(
                "The exception would last longer than anyone asked for.", remedy="Give an earlier end, or none."
            )
        comment = checked_reason(reply.comment, "An answer needs a comment.")
        decision = Decision(
            kind.name, person.name, approved_comment(request, comment), until, until_fixed=request.until_fixed
        )
        found = [
            find_target(self._vulnerabilities, name, request.scope, allow_unknown=True)
            for name in request.vulnerabilities
        ]
        targets = [Target(target.identifier, request.scope, target.score) for target in found]
        made = decide(decision, targets, rules.types, now, tells_fixes=self.tells_fixes)
        refuse_fixed(self._vulnerabilities, made)
        return tuple(structs.replace(record, rule=f"request {request.number}") for record in made)

    def _check_fixes(self, request: ExceptionRequest) -> None:
        """Refuse a request that is to last until a fixed version is known where that cannot be.

        Raises:
            FixKnown: a fixed version is known already.
            InvalidInput: no source tells fixed versions, or the type does not allow.
        """
        if request.until_fixed:
            kind = self.rules().types.require(self._type(request.type))
            check_until_fixed(kind, request.scope, tells_fixes=self.tells_fixes)
            reply = DraftAnswer("asked")
            self.records(request, request.askers[0].person, reply)

    def _type(self, name: str) -> str:
        usual = name or self.options.type
        if usual:
            return usual
        mildest = self.rules().types.mildest
        return "Ignore" if mildest is None else mildest.name


def shorn(person: Person) -> Person:
    """A person without what only their rights depend on."""
    return structs.replace(person, groups=(), extra=())


def bounded(request: ExceptionRequest, now: dt.datetime, rule: RequestRule) -> RequestRule:
    """A rule for a new request, for those who have not too many that wait."""

    def bounded(view: RequestView) -> RequestChange:
        check_waiting(request.askers[0].person, view.waiting, now)
        return rule(view)

    return bounded
