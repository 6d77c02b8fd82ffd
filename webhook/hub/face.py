"""What the hub's routes work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from webhook.api.bodies import BodyReader
from webhook.api.connections import Connections
from webhook.engines.fleet.answering import FleetAnswers
from webhook.engines.fleet.gathering import FleetInventories
from webhook.engines.fleet.members import MemberBook
from webhook.engines.fleet.offering import SetOffers
from webhook.engines.fleet.publishing import Publisher
from webhook.engines.fleet.requests import FleetRequests
from webhook.hub.waiting import Waiters
from webhook.policy.fleetdocuments import Sign
from webhook.ports import Background, Clock
from webhook.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True)
class HubFace:
    """What answers requests.

    Attributes:
        publisher: makes documents.
        members: knows who may ask.
        answers: answers what members ask about components.
        inventories: takes what members tell of what runs there.
        requests: takes what members tell of requests for exceptions.
        sets: advisories, KEV and EPSS for members.
        sign: signs replies.
        waiters: requests that wait for news.
        background: native threads; whatever asks the database runs there, see :func:`webhook.hub.access.in_background`.
        connections: those that are open.
        bodies: reads what members send, within the room that all bodies share.
        clock: time.
        metrics: of the process.
        unready: why the hub cannot answer; None when it can.
    """

    publisher: Publisher
    members: MemberBook
    answers: FleetAnswers
    inventories: FleetInventories
    requests: FleetRequests
    sets: SetOffers
    sign: Sign
    waiters: Waiters
    background: Background
    connections: Connections
    bodies: BodyReader
    clock: Clock
    metrics: Metrics
    unready: Callable[[], str | None]
