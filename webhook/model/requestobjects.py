"""``AssessmentRequest`` objects: requests for exceptions that people make with kubectl, and their status."""

from __future__ import annotations

import datetime as dt

import msgspec

from webhook.errors import BomgateError
from webhook.model.requests import Wish


class RequestStatus(msgspec.Struct, frozen=True):
    """What an object's status says.

    Attributes:
        generation: of the object that it is about.
        ready: whether it is a request.
        reason: one word, such as ``Waiting`` or ``Refused``.
        message: a sentence.
        number: of the request; 0 when there is none.
        phase: of the request; empty when there is none.
        answered_by, comment: of the answer; empty without one.
        until: the end that an approval gave, or that is asked for, UTC.
    """

    generation: int
    ready: bool
    reason: str
    message: str
    number: int = 0
    phase: str = ""
    answered_by: str = ""
    comment: str = ""
    until: dt.datetime | None = None


class RequestObject(msgspec.Struct, frozen=True):
    """An ``AssessmentRequest`` object.

    Attributes:
        namespace, name, uid: of the object.
        generation: number of its present specification.
        created: when it was created.
        is_going: whether somebody has deleted it, though a finalizer keeps it.
        requester: who wrote its specification, as the request guard made sure.
        definition: tells specifications apart.
        wish: what it asks for; None when that cannot be read.
        problem: why not.
        status: as it says now; None when it has none that can be read.
    """

    namespace: str
    name: str
    uid: str
    generation: int
    created: dt.datetime
    is_going: bool
    requester: str
    definition: str
    wish: Wish | None
    problem: BomgateError | None
    status: RequestStatus | None

    @property
    def origin(self) -> str:
        """How a request names the object that it stands for."""
        return f"AssessmentRequest {self.namespace}/{self.name}"
