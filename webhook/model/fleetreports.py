"""Reports of the fleet: what the hub answers to a member that asks for coordinates, and what it queues."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from webhook.model.purls import Purl
from webhook.model.vulnerabilities import Vulnerability


@dataclass(frozen=True, slots=True)
class FleetReport:
    """What the source said of coordinates, at the hub.

    Attributes:
        coordinates: as they were asked for.
        at: when the source was asked, UTC.
        vulnerabilities: None where the source does not know the coordinates, which is unknown and never clean.
    """

    coordinates: Purl
    at: dt.datetime
    vulnerabilities: tuple[Vulnerability, ...] | None


@dataclass(frozen=True, slots=True)
class FleetQuestion:
    """What a member asks for.

    Attributes:
        member: its name.
        coordinates: each once.
        is_running: whether what it is about runs in the member's cluster.
    """

    member: str
    coordinates: tuple[Purl, ...]
    is_running: bool = False


@dataclass(frozen=True, slots=True)
class FleetReply:
    """What the hub knows of coordinates now.

    Attributes:
        reports: of what was asked for; the others are left out.
        queued: how many of the others will be asked for.
        refused: how many will not, because the member has brought as many new ones today as it may.
    """

    reports: tuple[FleetReport, ...]
    queued: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class FleetQueueSize:
    """How long the hub's queue is.

    Attributes:
        waiting: coordinates that members wait for.
        by_member: how many each member waits for.
    """

    waiting: int
    by_member: dict[str, int]
