"""The fleet: one hub, its members, and what the hub tells them."""

from __future__ import annotations

import datetime as dt
import enum

import msgspec

from webhook.model.assessments import Assessment, StoredType
from webhook.model.changes import START, Position
from webhook.model.fleetreports import FleetReport
from webhook.model.fleetsets import OfferedSet


class FleetMode(enum.StrEnum):
    """The part that an installation takes in a fleet."""

    STANDALONE = "standalone"
    HUB = "hub"
    MEMBER = "member"


class Member(msgspec.Struct, frozen=True):
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


class MemberSeen(msgspec.Struct, frozen=True):
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


class Addressee(msgspec.Struct, frozen=True):
    """The member that a document is for.

    Attributes:
        name: of the member; its decisions alone are in the document.
        token_hash: SHA-256 of its token, in hex digits, by which it knows that it is meant.
    """

    name: str
    token_hash: str


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
        sets: advisories, KEV and EPSS whose bodies a snapshot brings along.
        reports: what the source said of components, of which a snapshot brings along what the hub knows.
        addressee: the hash of the token of the member that it is for; empty for all.
    """

    position: Position
    since: Position | None
    at: dt.datetime
    assessments: tuple[Assessment, ...] = ()
    types: tuple[StoredType, ...] | None = None
    types_at: dt.datetime | None = None
    changed: tuple[str, ...] = ()
    sets: tuple[OfferedSet, ...] = ()
    reports: tuple[FleetReport, ...] = ()
    addressee: str = ""

    @property
    def is_snapshot(self) -> bool:
        """Whether it describes everything, and leads on from no other document."""
        return self.since is None

    @property
    def is_empty(self) -> bool:
        """Whether it moves the position only."""
        return not self.assessments and self.types is None and not self.changed


class HeldRecord(msgspec.Struct, frozen=True):
    """A record of the hub that its newest snapshot does not have, and that stays in force until somebody accepts that.

    Attributes:
        vulnerability: as in the record.
        scope: in words.
        type: None for a withdrawal.
        author: of the record, at the hub.
        until: when it stops counting, UTC; None: never.
    """

    vulnerability: str
    scope: str
    type: str | None
    author: str
    until: dt.datetime | None = None


class Followed(msgspec.Struct, frozen=True):
    """How far a member has followed its hub.

    Attributes:
        position: that it has applied; START: none.
        hub_at: when that document was made, by the hub's clock; None: never.
        types: the hub's, as they count here.
        types_at: when they last changed at the hub; None: they are not known.
        applied_at: when something was last applied, by this clock.
        seen_at: when the hub last answered, or a document was imported, by this clock.
        skew_seconds: by how much this clock was ahead of the hub's then.
        held: what stays in force, though the hub does not state it any more; the first thousand.
        held_count: how many there are.
        types_held: whether the hub's types are older than those that count here, or those of another hub.
        accepts: whether the next snapshot is taken as it is.
    """

    position: Position = START
    hub_at: dt.datetime | None = None
    types: tuple[StoredType, ...] = ()
    types_at: dt.datetime | None = None
    applied_at: dt.datetime | None = None
    seen_at: dt.datetime | None = None
    skew_seconds: float = 0.0
    held: tuple[HeldRecord, ...] = ()
    held_count: int = 0
    types_held: bool = False
    accepts: bool = False


class Applied(msgspec.Struct, frozen=True):
    """What applying a document did.

    Attributes:
        followed: how far the member is now.
        records: how many records it took.
        types: whether types have changed.
        changed: purls about which the hub's answer has changed.
    """

    followed: Followed
    records: int = 0
    types: bool = False
    changed: tuple[str, ...] = ()
