"""Requests for exceptions on their way from a member to its hub, and the answers on their way back."""

from __future__ import annotations

import datetime as dt

import msgspec

from webhook.model.requests import ExceptionRequest, Phase


class MemberRequests(msgspec.Struct, frozen=True):
    """What a member tells its hub of requests.

    Attributes:
        waiting: its requests that wait for an answer of the hub, all of them.
        phases: what has become there of requests that the hub asked about, by number.
        is_all: whether ``waiting`` has all that wait; else one that is missing may wait all the same.
    """

    waiting: tuple[ExceptionRequest, ...] = ()
    phases: dict[int, Phase] = {}
    is_all: bool = True


class HubAnswer(msgspec.Struct, frozen=True):
    """An answer to a request of a member.

    Attributes:
        number: of the request at the member.
        version: of the request at the member that was answered.
        phase: approved or denied.
        name, username, issuer: of the person who answered, at the hub.
        comment: why.
        at: when, by the hub's clock, UTC.
        until: an earlier end than was asked for; None where it gives what was asked for.
        type: the assessment type that an approval gives.
    """

    number: int
    version: int
    phase: Phase
    name: str
    username: str
    issuer: str
    comment: str
    at: dt.datetime
    until: dt.datetime | None = None
    type: str = ""


class RequestReceipt(msgspec.Struct, frozen=True):
    """What a hub says to requests of a member.

    Attributes:
        answers: to requests that the member says wait.
        unsure: numbers of requests that are open at the hub, and that the member did not name.
        reopened: those of them that wait for an answer there.
        left_out: how many requests the hub cannot use.
    """

    answers: tuple[HubAnswer, ...] = ()
    unsure: tuple[int, ...] = ()
    reopened: tuple[int, ...] = ()
    left_out: int = 0
