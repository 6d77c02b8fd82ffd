"""Telling people: the outbox, and whoever carries a message."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import datetime as dt

    from webhook.model.notifications import Announcement, Backlog, DeliveryLine, DeliveryScan, Message, Topic


class Outbox(Protocol):
    """What is to be told, kept until it was; every method may raise StoreError.

    A message that is being sent is hidden from others for a while. Whoever dies meanwhile is followed by another one
    when that time is over, with the same id.
    """

    def announce(self, announcements: Sequence[Announcement], now: dt.datetime) -> int:
        """Keep what is new, by key; how many were."""

    def spread(self, destinations: Mapping[str, Collection[Topic]], now: dt.datetime, oldest: dt.datetime) -> None:
        """Give each destination what it wants of what was announced since the last time, unless that is older."""

    def take(self, destination: str, now: dt.datetime, until: dt.datetime, single: int) -> Message | None:
        """The next message to a destination, hidden from others until some time; None when nothing is due.

        Args:
            destination: by name.
            now: UTC.
            until: when another one may try.
            single: when more than that wait, one message tells of all.
        """

    def sent_since(self, destination: str, since: dt.datetime) -> int:
        """How many messages it got since then."""

    def settle(self, message: str, now: dt.datetime) -> None:
        """Note that a message was sent."""

    def postpone(self, message: str, until: dt.datetime, error: str) -> None:
        """Note that a message failed, and when it is tried again."""

    def give_up(self, older: dt.datetime, now: dt.datetime) -> int:
        """Try no more to tell of what was announced before; how many that were."""

    def backlog(self, destinations: Collection[str]) -> Mapping[str, Backlog]:
        """What each destination has not been told yet."""

    def prune(self, older: dt.datetime) -> int:
        """Forget some of what was told and has not been announced again since then; how many that were."""

    def count_old(self, older: dt.datetime) -> int:
        """How many announcements are old enough to be forgotten."""

    def lines(self, scan: DeliveryScan, most: int) -> Sequence[DeliveryLine]:
        """Deliveries, newest first, at most so many; may raise TooBroad."""


class Messenger(Protocol):
    """Carries messages to one destination."""

    def send(self, message: Message) -> None:
        """Send one message; its end means that the receiver has it.

        Raises:
            SourceError: it was not taken, or nobody knows.
        """
