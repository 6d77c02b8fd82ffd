"""Asking for exceptions: who may ask and who may answer, and what can be asked for."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from itertools import combinations

from msgspec import structs

from webhook.errors import InvalidInput
from webhook.model.assessments import Scope
from webhook.model.people import KUBERNETES, LOCAL, Person
from webhook.model.requests import ExceptionRequest, Phase
from webhook.policy.phrases import moment
from webhook.policy.plaintext import is_plain, plain
from webhook.policy.scopes import described

MAX_REASON = 2_000
_MAX_USER = 200
_MACHINES = ("system:serviceaccount:", "system:node:")
_MACHINE_GROUPS = ("system:serviceaccounts", "system:nodes", "system:unauthenticated")
MOST_WAITING = 100
"""Requests of one person that wait for one namespace; whoever asks looks at all that wait there."""
_SHOWN = 5
_PREFIX = re.compile(r"[^@:#]*[:#]")
"""What an API server puts in front of the user names of a provider, such as ``oidc:``."""


class RequestRefused(InvalidInput):
    """Whoever asks for an exception may not ask for one."""

    code = "request-refused"
    default_remedy = "Let a person ask, or list the account in requests.accounts."


class ApprovalRefused(InvalidInput):
    """Whoever answers a request may not answer this one."""

    code = "approval-refused"
    default_remedy = "Let somebody else decide who did not ask for it."


def is_machine(person: Person) -> bool:
    """Whether this is no person: a ServiceAccount, a node, or nobody at all."""
    is_nobody = not person.username.strip() or person.username == "system:anonymous"
    return is_nobody or person.username.startswith(_MACHINES) or not set(_MACHINE_GROUPS).isdisjoint(person.groups)


def is_same(one: Person, other: Person) -> bool:
    """Whether two are to be taken for the same person: one user name in any case, or one uid of one issuer.

    A user name counts whatever its issuer, so that nobody approves as ``ana`` of one provider what ``ana`` of another
    asked for.
    """
    return one.is_same(other) or one.username.casefold() == other.username.casefold()


def are_of_two_claims(one: Person, other: Person) -> bool:
    """Whether two may be one person, whose name the API server and the console take from different claims.

    That is so where one signed in to the console at a provider, the API server knows the other, their user names have
    the same prefix, and only one of them is an email address: with ``email`` here and ``sub`` there, nobody can tell.
    """
    issuers = {one.issuer, other.issuer}
    if len(issuers) < 2 or KUBERNETES not in issuers or LOCAL in issuers:
        return False
    mine, theirs = _PREFIX.match(one.username), _PREFIX.match(other.username)
    has_same_prefix = (mine and mine[0]) == (theirs and theirs[0])
    return has_same_prefix and ("@" in one.username) != ("@" in other.username)


def names_of_two_claims(requests: Iterable[ExceptionRequest]) -> tuple[Person, Person] | None:
    """Two people in requests whose user names are of different claims, see :func:`are_of_two_claims`; None of none."""
    people: dict[tuple[str, str], Person] = {}
    for request in requests:
        answered = [] if request.answer is None else [request.answer.person]
        for person in (*(asker.person for asker in request.askers), *answered):
            people.setdefault((person.issuer, person.username), person)
    return next((pair for pair in combinations(people.values(), 2) if are_of_two_claims(*pair)), None)


def check_asker(person: Person, accounts: Sequence[str]) -> None:
    """Refuse whoever may not ask.

    Args:
        person: the requester.
        accounts: users of ServiceAccounts that may, from ``requests.accounts``.

    Raises:
        RequestRefused: a machine that is not listed.
    """
    if len(person.username) > _MAX_USER or not is_plain(person.username):
        raise RequestRefused("The name of the user cannot be shown.")
    if is_machine(person) and person.username not in accounts:
        raise RequestRefused(
            f"{plain(person.name, 100) or 'Nobody'} is not a person, and is not listed in requests.accounts."
        )


def check_waiting(person: Person, waiting: Iterable[ExceptionRequest], now: dt.datetime) -> None:
    """Refuse a further request of somebody who has many that wait.

    Args:
        person: the requester.
        waiting: requests for the same namespace.
        now: UTC, aware.

    Raises:
        RequestRefused: they have :data:`MOST_WAITING` of them.
    """
    theirs = sum(
        request.phase_at(now) is Phase.WAITING and is_same(person, request.askers[0].person) for request in waiting
    )
    if theirs >= MOST_WAITING:
        raise RequestRefused(
            f"{plain(person.name, 100)} has {theirs} requests waiting for this namespace already.",
            remedy="Wait for answers, or withdraw some.",
        )


def check_approver(person: Person, requests: Iterable[ExceptionRequest], *, allow_self: bool) -> None:
    """Refuse whoever may not approve; the askers of everything that the approval covers count.

    Args:
        person: who approves.
        requests: the request, and those that its approval covers.
        allow_self: whether users of this machine may approve what they asked for themselves.

    Raises:
        ApprovalRefused: a machine, or somebody who ever asked for one of them, or may have under another name.
    """
    if is_machine(person):
        raise ApprovalRefused(f"{plain(person.name, 100) or 'Nobody'} is not a person; only people can approve.")
    if allow_self and person.issuer == LOCAL:
        return
    for request in requests:
        if any(is_same(person, asker.person) for asker in request.askers):
            raise ApprovalRefused(f"{plain(person.name, 100)} has asked for request {request.number}.")
        for asker in request.askers:
            if are_of_two_claims(person, asker.person):
                raise ApprovalRefused(
                    f"It is unclear whether {plain(person.name, 100)} is {plain(asker.person.name, 100)}, who has "
                    f"asked for request {request.number}: one name is an email address, and the other is not.",
                    remedy="Set oidc.usernameClaim and oidc.usernamePrefix as the API server has them, and ask again.",
                )


def checked_end(until: dt.datetime | None, days: int | None, now: dt.datetime, max_days: int) -> dt.datetime:
    """The end of an exception.

    Args:
        until: a time (UTC, aware).
        days: or how many days from now on.
        now: UTC, aware.
        max_days: the most that may be asked for.

    Raises:
        InvalidInput: no end is given, or two are, or it is not ahead, or too far ahead.
    """
    if (until is None) == (days is None):
        raise InvalidInput("A request needs an end.", remedy=f"Give days, at most {max_days}, or a date.")
    at = now.replace(microsecond=0)
    end = at + dt.timedelta(days=min(days, 36_500)) if days is not None else until
    assert end is not None
    if end <= at:
        raise InvalidInput("The request would end before it begins.", remedy="Give a later end.")
    if end > at + dt.timedelta(days=max_days):
        raise InvalidInput(
            f"A request lasts at most {max_days} days (requests.maxDays).",
            remedy=f"Ask until {moment(at + dt.timedelta(days=max_days))} or earlier, and ask again then.",
        )
    return end


def checked_reason(text: str, what: str = "A request needs a reason.") -> str:
    """A reason or a comment, stripped of surrounding whitespace.

    Raises:
        InvalidInput: it is missing or too long.
    """
    reason = text.strip()
    if not reason:
        raise InvalidInput(what, remedy="Say why, so that others can judge it.")
    if len(reason) > MAX_REASON:
        raise InvalidInput(f"A reason has at most {MAX_REASON} characters.", remedy="Shorten it, or give a link.")
    return reason


def covers(request: ExceptionRequest, until: dt.datetime | None, other: ExceptionRequest) -> bool:
    """Whether the approval of a request, with this end, gives all that another one asks for.

    Patterns of images and ranges of versions are compared as they are written.
    """
    mine, theirs = request.scope, other.scope
    wide = (
        (mine.package, theirs.package),
        (mine.version_range, theirs.version_range),
        (mine.image, theirs.image),
        (mine.namespace, theirs.namespace),
    )
    names = {name.casefold() for name in request.vulnerabilities}
    return (
        all(own in (None, wanted) for own, wanted in wide)
        and {name.casefold() for name in other.vulnerabilities} <= names
        and (until is None or (other.until is not None and other.until <= until))
        and (other.until_fixed or not request.until_fixed)
        and other.type.casefold() in ("", request.type.casefold())
    )


def asks_for_same(request: ExceptionRequest, other: ExceptionRequest) -> bool:
    """Whether two requests are about exactly the same."""
    names = [{name.casefold() for name in item.vulnerabilities} for item in (request, other)]
    return names[0] == names[1] and request.scope == other.scope


def subject(request: ExceptionRequest) -> str:
    """What a request is about, in words."""
    names = [plain(name, 60) for name in request.vulnerabilities[:_SHOWN]]
    more = f" and {len(request.vulnerabilities) - _SHOWN} more" if len(request.vulnerabilities) > _SHOWN else ""
    return f"{', '.join(names)}{more} for {described(request.scope)}"


def approved_comment(request: ExceptionRequest, comment: str) -> str:
    """The comment of the assessments that an approval makes: the approver's, then who asked and why."""
    who = ", ".join(plain(asker.person.name, 100) for asker in request.asking[:_SHOWN])
    reason = request.asking[0].reason if request.asking else ""
    return f"{comment} (request {request.number} of {who}: {reason})"[:MAX_REASON]


def in_scope_of(namespace: str, scope: Scope) -> Scope:
    """A scope narrowed to the namespace in which it is asked for.

    Raises:
        InvalidInput: it names another one, or there is none.
    """
    if not namespace:
        raise InvalidInput("A request is for one namespace.", remedy="Say for which: --namespace shop.")
    if scope.namespace not in (None, namespace):
        raise InvalidInput("The request names two namespaces.", remedy="Ask in each of them.")
    return structs.replace(scope, namespace=namespace)
