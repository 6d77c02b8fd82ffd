"""Requests of members at their hub: taken, kept apart by member, and answered like those that were made here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from webhook.errors import InvalidInput
from webhook.model.fleetrequests import MemberRequests, RequestReceipt
from webhook.model.requests import ExceptionRequest, MemberRequest, Phase
from webhook.policy.evaluation import Rules
from webhook.policy.memberrequests import (
    MOST_REQUESTS,
    answer_for_member,
    brought,
    differs,
    ended,
    read_requests,
)
from webhook.ports import Clock
from webhook.ports.requesting import RequestStore

_OPEN = (Phase.WAITING, Phase.APPROVED)


@dataclass(frozen=True)
class FleetRequests:
    """Takes what members tell of their requests, and says what was answered.

    Attributes:
        store: where requests are kept.
        rules: gives the hub's types.
        max_days: the most that may be asked for here.
        clock: time.
    """

    store: RequestStore
    rules: Callable[[], Rules]
    max_days: int
    clock: Clock

    def take(self, cluster: str, body: bytes) -> RequestReceipt:
        """Keep what a member tells; the same once more changes nothing.

        Args:
            cluster: the name of the member.
            body: JSON of ``MemberRequests``.

        Raises:
            InvalidInput: it cannot be read, or is too much; nothing was kept.
            StoreError: not all was kept; the member tells it again.
        """
        told, left_out = read_requests(body)
        now, numbers = self.clock.now(), {request.number for request in told.waiting}
        known = self._known(cluster, numbers | told.phases.keys(), now)
        for request in told.waiting:
            there = known.get(request.number)
            if there is not None and not differs(there, request, now):
                continue
            if there is None and sum(each.phase is Phase.WAITING for each in known.values()) >= MOST_REQUESTS:
                left_out += 1
                continue
            try:
                known[request.number] = self._bring(cluster, request, now)
            except InvalidInput:  # such as the same as another one that waits
                left_out += 1
        self._end(cluster, told, known, now)
        waiting = [known[number] for number in numbers if number in known]
        answers = [answer for request in waiting if (answer := answer_for_member(request)) is not None]
        unsure = [number for number, each in known.items() if number not in numbers and each.phase_at(now) in _OPEN]
        reopened = [number for number in unsure if known[number].phase is Phase.WAITING]
        return RequestReceipt(
            tuple(answers), tuple(unsure) if told.is_all else (), tuple(reopened) if told.is_all else (), left_out
        )

    def _known(self, cluster: str, numbers: set[int], now: dt.datetime) -> dict[int, ExceptionRequest]:
        found = self.store.of_member(cluster, numbers, now=now)
        return {request.member.number: request for request in found if request.member is not None}

    def _bring(self, cluster: str, request: ExceptionRequest, now: dt.datetime) -> ExceptionRequest:
        rule = brought(request, cluster, now, self.max_days, _by(cluster), self.rules())
        return self.store.change(rule, now=now, namespace=request.scope.namespace or "", member=_at(cluster, request))

    def _end(self, cluster: str, told: MemberRequests, known: dict[int, ExceptionRequest], now: dt.datetime) -> None:
        """End what nobody at the member asks for any more."""
        names = {request.number for request in told.waiting}
        for number, phase in told.phases.items():
            there = known.get(number)
            if there is None or number in names or there.phase not in _OPEN or phase in _OPEN:
                continue
            known[number] = self.store.change(ended(now, _by(cluster), self.rules()), now=now, number=there.number)


def forget_requests(store: RequestStore, rules: Callable[[], Rules], cluster: str, now: dt.datetime) -> None:
    """End the requests of a member that is removed, as far as they wait.

    Raises:
        StoreError: not all were ended.
    """
    for request in store.of_member(cluster, (), now=now):
        if request.phase is Phase.WAITING:
            store.change(ended(now, "the member was removed", rules()), now=now, number=request.number)


def _at(cluster: str, request: ExceptionRequest) -> MemberRequest:
    return MemberRequest(cluster, request.number, request.version)


def _by(cluster: str) -> str:
    return f"cluster {cluster}"
