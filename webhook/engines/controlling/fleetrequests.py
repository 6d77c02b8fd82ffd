"""Requests of this member are brought to its hub, where people answer them; the duty ``fleet-requests``.

All that waits is told in each pass, so that nothing is lost with a process or while the hub is away, and a pass that is
repeated does no harm.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from webhook.engines.requesting.desk import RequestDesk
from webhook.errors import ChangedMeanwhile
from webhook.model.fleetrequests import HubAnswer, MemberRequests
from webhook.model.requests import ExceptionRequest, Phase, RequestScan
from webhook.policy.memberrequests import MOST_REQUESTS
from webhook.ports import Clock
from webhook.ports.requesting import HubDesk

log = logging.getLogger("bomgate.fleet")


class FleetRequestDuty:
    """Brings requests to the hub, and takes its answers; a ``Duty``.

    Args:
        desk: where the requests of this cluster are.
        hub: answers them.
        clock: time.
        seconds: between two passes.
    """

    name = "fleet-requests"

    def __init__(self, desk: RequestDesk, hub: HubDesk, clock: Clock, seconds: float = 10.0) -> None:
        self._desk, self._hub, self._clock = desk, hub, clock
        self.interval_seconds = seconds
        self._left_out = 0

    def run(self) -> None:
        """Tell what waits, and what does not any more; take what was answered.

        Raises:
            StoreError: the store did not answer.
            SourceError: the hub did not answer, or refuses to; the next pass tells it again.
        """
        waiting, is_all = self._waiting()
        receipt = self._hub.bring(MemberRequests(tuple(waiting), {}, is_all))
        self._say(receipt.left_out)
        for answer in receipt.answers:
            self._take(answer)
        gone = self._phases(receipt.unsure, receipt.reopened)
        if gone:
            left = {answer.number for answer in receipt.answers}
            rest = tuple(request for request in waiting if request.number not in left)
            self._hub.bring(MemberRequests(rest, dict(gone), is_all=False))

    def _waiting(self) -> tuple[Sequence[ExceptionRequest], bool]:
        """The requests that the hub answers, and whether these are all of them; the oldest first."""
        page = self._desk.page(RequestScan(phase=Phase.WAITING, cluster=""), None, 2 * MOST_REQUESTS)
        mine = [request for request in reversed(page.items) if not request.is_of_assessment]
        return mine[:MOST_REQUESTS], page.after is None and len(mine) <= MOST_REQUESTS

    def _take(self, answer: HubAnswer) -> None:
        try:
            taken = self._desk.take_answer(answer)
        except ChangedMeanwhile as problem:
            log.info("an answer of the hub came too late", extra={"request": answer.number, "why": problem.message})
        else:
            log.info("the hub has answered a request", extra={"request": taken.number, "phase": taken.phase.value})

    def _phases(self, numbers: Sequence[int], reopened: Sequence[int]) -> Mapping[int, Phase]:
        """What has become of requests that are open at the hub, where they are not any more.

        One that this store does not know was made before it was restored: nobody can be asked who wants it still.
        """
        now, gone = self._clock.now(), dict[int, Phase]()
        for number in numbers:
            request = self._desk.find(number)
            phase = Phase.WITHDRAWN if request is None else request.phase_at(now)
            if phase is Phase.APPROVED and number in reopened:
                self._desk.wait_again(number)
            elif phase not in (Phase.WAITING, Phase.APPROVED):
                gone[number] = phase
        return gone

    def _say(self, left_out: int) -> None:
        if left_out and left_out != self._left_out:
            log.warning(
                "the hub cannot take some requests",
                extra={"requests": left_out, "remedy": "Look at `bomgate requests list` here and at the hub."},
            )
        self._left_out = left_out
