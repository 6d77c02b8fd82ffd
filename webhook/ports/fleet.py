"""The fleet: what the hub keeps of its members and tells them; implemented by ``store.fleet``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from webhook.model.assessments import StoredType
    from webhook.model.changes import Position
    from webhook.model.fleet import Applied, FleetContent, Followed, Member, MemberSeen


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

    def changes(self, since: Position, at: dt.datetime) -> FleetContent | None:
        """Everything after a position; None where the store does not know it, or not any more.

        Args:
            since: of a member.
            at: now, UTC.
        """

    def snapshot(self, at: dt.datetime) -> FleetContent:
        """Everything."""

    def keep_types(self, types: Sequence[StoredType], at: dt.datetime) -> bool:
        """Keep which types the hub has, also those of its settings file; whether that is a change."""


class FollowingStore(Protocol):
    """What a member's store has of its hub. Every method may raise StoreError; nothing was changed then."""

    def followed(self) -> Followed:
        """How far the hub was followed."""

    def apply(self, content: FleetContent, now: dt.datetime, skew_seconds: float = 0.0) -> Applied:
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
