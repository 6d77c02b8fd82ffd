"""The fleet: one hub, its members, and what the hub tells them."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass

import msgspec

from webhook.model.assessments import Assessment, StoredType
from webhook.model.changes import START, Position


class FleetMode(enum.StrEnum):
    """The part that an installation takes in a fleet."""

    STANDALONE = "standalone"
    HUB = "hub"
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class Member:
    """A cluster that follows the hub, as the hub knows it.

    Attributes:
        name: a DNS label.
        added_at: when it got its token, UTC.
        seen_at: when it last asked for changes, UTC; None: never.
        applied: the position of the hub's store that it has applied; START: none.
        skew_seconds: by how much its clock is ahead of the hub's; negative: behind.
        version: of its program; empty when it is not known.
    """

    name: str
    added_at: dt.datetime
    seen_at: dt.datetime | None = None
    applied: Position = START
    skew_seconds: float = 0.0
    version: str = ""


@dataclass(frozen=True, slots=True)
class MemberSeen:
    """What a member said of itself when it asked for changes.

    Attributes:
        name: of the member.
        at: when, by the hub's clock, UTC.
        applied: the position that it has applied.
        skew_seconds: by how much its clock is ahead of the hub's.
        version: of its program.
    """

    name: str
    at: dt.datetime
    applied: Position
    skew_seconds: float
    version: str


class FleetContent(msgspec.Struct, frozen=True):
    """What the hub tells its members in one document.

    Attributes:
        position: of the hub's store, which a member has once it has applied the document.
        since: the position that the document leads on from; None for a snapshot, which needs none.
        at: when it was made, by the hub's clock, UTC.
        assessments: records made by hand, in the order of their sequence. Of a snapshot, all of them.
        types: all types of the hub, retired ones too; None where they have not changed.
        types_at: when the types last changed at the hub, UTC; None where ``types`` is None.
        changed: purls of components about which the hub's answer has changed.
    """

    position: Position
    since: Position | None
    at: dt.datetime
    assessments: tuple[Assessment, ...] = ()
    types: tuple[StoredType, ...] | None = None
    types_at: dt.datetime | None = None
    changed: tuple[str, ...] = ()

    @property
    def is_snapshot(self) -> bool:
        """Whether it describes everything, and leads on from no other document."""
        return self.since is None

    @property
    def is_empty(self) -> bool:
        """Whether it moves the position only."""
        return not self.assessments and self.types is None and not self.changed
