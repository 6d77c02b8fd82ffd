"""The fleet: what the hub keeps of its members and tells them; implemented by ``store.fleet``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from webhook.model.assessments import Assessment, StoredType
    from webhook.model.changes import Position
    from webhook.model.fleet import Applied, FleetContent, Followed, Member, MemberSeen
    from webhook.model.fleetsets import KeptSet
    from webhook.model.triage import AuditNote


class MemberStore(Protocol):
    """The members of a hub. Every method may raise StoreError."""

    def add(self, name: str, token_hash: str, at: dt.datetime) -> bool:
        """Add a member, or give one that was removed a new token; whether there was none of that name.

        Args:
            name: a DNS label.
            token_hash: SHA-256 of its token, in hex digits.
            at: now, UTC.
        """

    def remove(self, name: str, at: dt.datetime) -> bool:
        """Take a member's token back; whether there was such a member."""

    def forget(self, name: str, note: AuditNote, at: dt.datetime) -> int | None:
        """Delete a member whose token was taken back, and what was decided for it alone; how many records that were.

        None where no token of such a member was taken back.
        """

    def list(self) -> Sequence[Member]:
        """The members that have a token, in order of their names."""

    def tokens(self) -> Mapping[str, str]:
        """The names of members by the SHA-256 of their tokens."""

    def note(self, seen: Sequence[MemberSeen]) -> None:
        """Keep what members said of themselves."""


class HubFeed(Protocol):
    """What the hub's store has for members. Every method may raise StoreError."""

    def position(self) -> Position:
        """The newest revision with its mark."""

    def newest_news(self, after: int) -> int:
        """The newest revision after one that has something for members; that one when none has."""

    def changes(self, since: Position, at: dt.datetime, cluster: str = "") -> FleetContent | None:
        """Everything after a position; None where the store does not know it, or not any more.

        Args:
            since: of a member.
            at: now, UTC.
            cluster: the member whose decisions are told, too; empty: those for all alone.
        """

    def snapshot(self, at: dt.datetime, cluster: str = "") -> FleetContent:
        """Everything, as for ``changes``."""

    def keep_types(self, types: Sequence[StoredType], at: dt.datetime) -> bool:
        """Keep which types the hub has, also those of its settings file; whether that is a change."""


class ClusterDecisions(Protocol):
    """What the hub decides for single members. Every method may raise StoreError."""

    def append(
        self,
        cluster: str,
        records: Sequence[Assessment],
        note: AuditNote,
        *,
        replaced: Sequence[Assessment],
    ) -> int:
        """Add records for a member, all or none, with a row in the audit log; the new revision.

        Nothing is added (ChangedMeanwhile) when others than ``replaced`` would no longer count.
        """

    def of(self, cluster: str) -> Sequence[Assessment]:
        """The records for a member, oldest first."""

    def page(self, cluster: str | None, before: int | None, most: int) -> Sequence[tuple[str, Assessment]]:
        """Records with the member of each, newest first, from before a sequence on; of one member, or of all."""

    def newest(self) -> Mapping[str, int]:
        """The revision of the newest record of each member that has some."""


class HubSets(Protocol):
    """The sets of the hub's store. Every method may raise StoreError."""

    def sets(self) -> Sequence[KeptSet]:
        """What is kept, without its content; not what cannot be read."""

    def body(self, kept: KeptSet) -> bytes | None:
        """The body of a set; None when it was replaced meanwhile."""


class FollowingStore(Protocol):
    """What a member's store has of its hub. Every method may raise StoreError; nothing was changed then."""

    def followed(self) -> Followed:
        """How far the hub was followed."""

    def apply(
        self, content: FleetContent, now: dt.datetime, skew_seconds: float = 0.0, *, accepts: bool = False
    ) -> Applied:
        """Take over what a document says, all of it or nothing (DocumentRefused: it does not lead on)."""

    def saw(self, now: dt.datetime, skew_seconds: float) -> None:
        """Take note that the hub has answered, and has nothing new."""

    def accept(self) -> bool:
        """Have the next snapshot taken as it is; whether the hub was followed before."""


class HubClient(Protocol):
    """What a member asks of its hub. Every method may raise SourceError."""

    @property
    def skew_seconds(self) -> float:
        """By how much this clock was ahead of the hub's at its last answer."""

    def changes(self, since: Position, seconds: int) -> bytes | None:
        """A document with everything after a position; None when nothing has changed (HistoryUnknown: snapshot).

        Args:
            since: what this member has applied.
            seconds: for which the hub may wait for changes, at most 25.
        """

    def snapshot(self) -> bytes:
        """A document with everything."""
