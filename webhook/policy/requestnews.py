"""What people are told of requests for exceptions."""

from __future__ import annotations

from webhook.model.notifications import Announcement, Topic
from webhook.model.requests import ExceptionRequest
from webhook.policy.phrases import UNTIL_FIXED, moment
from webhook.policy.scopes import described

_SHOWN = 5


def request_made(request: ExceptionRequest) -> Announcement:
    """That somebody asks; a change of what is asked for is told again, somebody who joins is not."""
    return _told(request, Topic.REQUEST, "request")


def request_waits(request: ExceptionRequest) -> Announcement:
    """That nobody has answered for long."""
    return _told(request, Topic.REQUEST_WAITS, "request-waits")


def _told(request: ExceptionRequest, topic: Topic, word: str) -> Announcement:
    names = request.vulnerabilities
    rest = len(names) - _SHOWN
    first = request.askers[0]
    facts = {
        "for": described(request.scope),
        "by": first.person.name,
        "why": first.reason,
        "object": request.origin,
        "until": "" if request.until is None else moment(request.until),
        "or until": UNTIL_FIXED if request.until_fixed else "",
        "waits since": moment(request.created),
    }
    return Announcement(
        f"{word}/{request.number}/{request.version}",
        topic,
        f"request {request.number}: {', '.join(names[:_SHOWN])}{f' and {rest} more' if rest > 0 else ''}",
        {name: text for name, text in facts.items() if text},
        f"/requests/{request.number}",
    )
