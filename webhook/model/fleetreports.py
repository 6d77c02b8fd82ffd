"""Reports of the fleet: what the hub answers to a member that asks for coordinates, and what it queues."""

from __future__ import annotations

import datetime as dt

import msgspec

from webhook.model.purls import Purl
from webhook.model.vulnerabilities import Vulnerability


class FleetReport(msgspec.Struct, frozen=True):
    """What the source said of coordinates, at the hub.

    Attributes:
        coordinates: as they were asked for.
        at: when the source was asked, UTC.
        vulnerabilities: None where the source does not know the coordinates, which is unknown and never clean.
    """

    coordinates: Purl
    at: dt.datetime
    vulnerabilities: tuple[Vulnerability, ...] | None


class FleetQuestion(msgspec.Struct, frozen=True):
    """What a member asks for.

    Attributes:
        member: its name.
        coordinates: each once.
        is_running: whether what it is about runs in the member's cluster.
    """

    member: str
    coordinates: tuple[Purl, ...]
    is_running: bool = False


class FleetReply(msgspec.Struct, frozen=True):
    """What the hub knows of coordinates now.

    Attributes:
        reports: of what was asked for; the others are left out.
        queued: how many of the others will be asked for.
        refused: how many will not, because the member has brought as many new ones today as it may.
    """

    reports: tuple[FleetReport, ...]
    queued: int = 0
    refused: int = 0


class FleetQueueSize(msgspec.Struct, frozen=True):
    """How long the hub's queue is.

    Attributes:
        waiting: coordinates that members wait for.
        by_member: how many each member waits for.
    """

    waiting: int
    by_member: dict[str, int]
