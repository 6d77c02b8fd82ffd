"""Requests for exceptions in the store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from webhook.model.fleetrequests import MemberRequests, RequestReceipt
    from webhook.model.requestobjects import RequestObject, RequestStatus
    from webhook.model.requests import ExceptionRequest, MemberRequest, RequestChange, RequestCounts, RequestScan
    from webhook.policy.requests import RequestView


class RequestStore(Protocol):
    """Requests; every method may raise StoreError."""

    def change(
        self,
        rule: Callable[[RequestView], RequestChange],
        *,
        now: dt.datetime,
        namespace: str = "",
        number: int | None = None,
        member: MemberRequest | None = None,
    ) -> ExceptionRequest:
        """Do what a rule makes of a request, all or nothing; whoever changes requests waits for each other.

        ``namespace`` is that of a new request, and ``member`` names one by where it comes from. What the rule raises is
        raised, and nothing was changed.
        """

    def find(self, number: int) -> ExceptionRequest | None:
        """One request."""

    def page(self, scan: RequestScan, after: int | None, most: int, *, now: dt.datetime) -> Sequence[ExceptionRequest]:
        """Requests, newest first, behind a number. May raise TooBroad."""

    def waiting(self, since: dt.datetime, most: int, *, now: dt.datetime) -> Sequence[ExceptionRequest]:
        """Requests that wait and were made at a time or before, the oldest first. May raise TooBroad."""

    def namespaces(self) -> Sequence[str]:
        """Namespaces that somebody has asked for."""

    def with_origin(self, kind: str) -> Sequence[ExceptionRequest]:
        """Those that stand for objects of a kind, in order of their numbers."""

    def of_member(self, cluster: str, numbers: Collection[int], *, now: dt.datetime) -> Sequence[ExceptionRequest]:
        """Requests of a member that are open, and those of some of its numbers, in order of these."""

    def counts(self, now: dt.datetime) -> RequestCounts:
        """How many there are of each phase."""


class HubDesk(Protocol):
    """The hub, as a member brings it requests."""

    def bring(self, told: MemberRequests) -> RequestReceipt:
        """Tell what waits here, and hear what was answered.

        Raises:
            SourceError: the hub did not answer, or refuses to.
        """


class RequestObjects(Protocol):
    """``AssessmentRequest`` objects of the cluster."""

    def list(self) -> Sequence[RequestObject] | None:
        """All of them, in no order; None when the cluster does not know the kind.

        Raises:
            SourceError: the API server did not answer, or refused to; a part of a list is never given.
        """

    def report(self, one: RequestObject, status: RequestStatus) -> None:
        """Write the status of an object; harmless when the object is gone.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
