"""Requests of members at their hub: what a hub takes of what a member tells, and what a member takes of an answer.

A member can tell what it likes of itself, and of nobody else: its requests are kept apart from those of others, an
approval of one gives something to that member alone, and people of the hub read what they approve.
"""

from __future__ import annotations

import datetime as dt

import msgspec
from msgspec.structs import replace

from webhook.errors import ChangedMeanwhile, InvalidInput
from webhook.model.fleetrequests import HubAnswer, MemberRequests
from webhook.model.people import Person
from webhook.model.requests import (
    Asker,
    ExceptionRequest,
    MemberRequest,
    Phase,
    RequestAnswer,
    RequestChange,
)
from webhook.policy.asking import MAX_REASON
from webhook.policy.evaluation import Rules
from webhook.policy.plaintext import is_plain
from webhook.policy.requests import (
    MOST_ASKERS,
    RequestRule,
    RequestView,
    asked,
    changed,
    check_version,
    closed,
    noted,
    still_waiting,
)
from webhook.policy.scopes import canonical_scope

MOST_REQUESTS = 1_000
"""Requests of one member that wait; more of them wait at the member until others are answered."""
HUB = "hub"
"""Source of the people who answered at a hub, as a member knows them."""
_MOST_IDS, _MOST_PHASES = 20, 2_000
_LONGEST_ID, _LONGEST_USER, _LONGEST_TYPE = 200, 200, 100
_MOST_NUMBER = 2**31
_TOLD = msgspec.json.Decoder(MemberRequests)


def read_requests(body: bytes) -> tuple[MemberRequests, int]:
    """What a member tells of its requests, and how many of them cannot be used.

    Raises:
        InvalidInput: it cannot be read, or has more than one member may have.
    """
    try:
        told = _TOLD.decode(body)
    except (ValueError, RecursionError) as problem:
        raise InvalidInput(f"The requests cannot be read: {str(problem)[:200]}.") from problem
    if len(told.waiting) > MOST_REQUESTS or len(told.phases) > _MOST_PHASES:
        raise InvalidInput(f"A member tells of at most {MOST_REQUESTS} requests at once.")
    usable = {made.number: made for request in told.waiting if (made := _usable(request)) is not None}
    left_out = len(told.waiting) - len(usable)
    return msgspec.structs.replace(told, waiting=tuple(usable.values())), left_out


def differs(known: ExceptionRequest, told: ExceptionRequest, now: dt.datetime) -> bool:
    """Whether a hub has to take a request that waits at a member again: it was changed, or somebody joined or left."""
    assert known.member is not None
    if known.member.version != told.version:
        return True
    if known.phase is Phase.WAITING:
        return known.askers != told.askers and known.phase_at(now) is Phase.WAITING
    return known.phase is Phase.WITHDRAWN


def brought(
    told: ExceptionRequest, cluster: str, now: dt.datetime, max_days: int, recorded_by: str, rules: Rules
) -> RequestRule:
    """A request that waits at a member, at its hub; one that was changed there needs another answer.

    Args:
        told: as the member tells it.
        cluster: the name of the member.
        now: UTC, aware.
        max_days: the most that may be asked for at the hub.
        recorded_by: from where it came.
        rules: of the hub.
    """
    latest = now.replace(microsecond=0) + dt.timedelta(days=max_days)
    assert told.until is not None, "it was read so"
    wanted = replace(
        told,
        number=0,
        version=1,
        until=min(told.until, latest),
        created=now.replace(microsecond=0),
        member=MemberRequest(cluster, told.number, told.version),
    )

    def rule(view: RequestView) -> RequestChange:
        before = view.request
        if before is None:
            return asked(wanted, recorded_by)(view)
        if before.phase is Phase.WAITING and before.member == wanted.member:
            return RequestChange((replace(before, askers=wanted.askers),))
        return changed(wanted, view, wanted.askers[0].person, now, recorded_by, rules)

    return rule


def ended(now: dt.datetime, recorded_by: str, rules: Rules) -> RequestRule:
    """A request that nobody at its member asks for any more; what its approval gave ends."""

    def rule(view: RequestView) -> RequestChange:
        request = view.request
        assert request is not None, "requests are never removed"
        if request.phase not in (Phase.WAITING, Phase.APPROVED):
            return RequestChange((request,))
        return closed(request, view, request.askers[0].person, now, recorded_by, rules)

    return rule


def answer_for_member(request: ExceptionRequest) -> HubAnswer | None:
    """The answer to a request of a member, as that is told; None where it has none."""
    answer, member = request.answer, request.member
    if answer is None or member is None or request.phase not in (Phase.APPROVED, Phase.DENIED):
        return None
    until = answer.until if answer.until is not None else request.until
    return HubAnswer(
        member.number,
        member.version,
        request.phase,
        answer.person.name,
        answer.person.username,
        answer.person.issuer,
        answer.comment,
        answer.at,
        until,
        answer.type,
    )


def taken(answer: HubAnswer) -> RequestRule:
    """An answer of the hub at its member. It records nothing: what it gives comes signed, with the hub's decisions.

    Raises (when it is used):
        ChangedMeanwhile: the request was changed, or does not wait any more.
    """
    person = Person(answer.name, HUB, issuer=answer.issuer, username=answer.username)
    given = RequestAnswer(person, answer.comment, answer.at, until=answer.until, type=answer.type)
    word = "approve-request" if answer.phase is Phase.APPROVED else "deny-request"

    def rule(view: RequestView) -> RequestChange:
        request = still_waiting(view, answer.at)
        check_version(request, answer.version)
        return noted(replace(request, phase=answer.phase, answer=given), word, person, HUB, answer.comment)

    return rule


def waits_again(request: ExceptionRequest) -> RequestRule | None:
    """A request that the hub has approved, and that waits there again; None for one that the hub has not approved."""
    if request.phase is not Phase.APPROVED or request.answer is None or request.answer.person.source != HUB:
        return None
    person = request.answer.person

    def rule(view: RequestView) -> RequestChange:
        if view.request != request:
            raise ChangedMeanwhile(f"Request {request.number} was changed.")
        return noted(replace(request, phase=Phase.WAITING, answer=None), "reopen-request", person, HUB)

    return rule


# -- parts -----------------------------------------------------------------------------------------------------------


def _usable(told: ExceptionRequest) -> ExceptionRequest | None:
    """A request of a member as its hub keeps it; None for one that no bomgate makes."""
    try:
        scope = canonical_scope(told.scope)
    except InvalidInput:
        return None
    askers = tuple(_asker(asker) for asker in told.askers)
    good = (
        0 < told.number < _MOST_NUMBER
        and 0 < told.version < _MOST_NUMBER
        and 0 < len(told.vulnerabilities) <= _MOST_IDS
        and all(_is_line(name, _LONGEST_ID) and name for name in told.vulnerabilities)
        and scope.package is not None
        and scope.namespace is not None
        and told.until is not None
        and told.until.tzinfo is not None
        and _is_line(told.type, _LONGEST_TYPE)
        and 0 < len(askers) <= MOST_ASKERS
        and all(_is_usable(asker) for asker in askers)
        and any(not asker.left for asker in askers)
    )
    if not good:
        return None
    return ExceptionRequest(
        told.number,
        told.vulnerabilities,
        scope,
        told.until,
        askers,
        told.created,
        version=told.version,
        type=told.type,
        until_fixed=told.until_fixed,
    )


def _asker(asker: Asker) -> Asker:
    return replace(asker, person=replace(asker.person, groups=(), extra=()))


def _is_usable(asker: Asker) -> bool:
    person = asker.person
    names = (person.name, person.username, person.issuer, person.uid, person.source, asker.requested_for)
    return (
        bool(person.username)
        and all(_is_line(name, _LONGEST_USER) for name in names)
        and 0 < len(asker.reason) <= MAX_REASON
        and asker.at.tzinfo is not None
    )


def _is_line(text: str, longest: int) -> bool:
    return len(text) <= longest and is_plain(text)
