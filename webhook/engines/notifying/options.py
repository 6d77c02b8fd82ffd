"""Options of notifications: what is sent when, and how much at once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from webhook.errors import ConfigError


@dataclass(frozen=True, slots=True)
class NotifyingOptions:
    """What is told when, and how much at once."""

    block_ends_days: float = field(
        default=3.0, metadata={"help": "Days before its end that a block is told of; 0 tells of none."}
    )
    request_waits_hours: float = field(
        default=24.0, metadata={"help": "Hours after which a request that nobody answered is told of again."}
    )
    messages_per_hour: int = field(
        default=20, metadata={"help": "Maximum messages to a destination in an hour; what comes then is told together."}
    )
    digest_above: int = field(
        default=5, metadata={"help": "When more than this many notifications wait, one message tells of all of them."}
    )
    give_up_hours: float = field(
        default=24.0, metadata={"help": "Hours after which bomgate stops trying to send a notification."}
    )
    keep_days: float = field(
        default=30.0,
        metadata={"help": "Days that bomgate remembers what it told; what comes back later is told again."},
    )

    @property
    def block_ends(self) -> dt.timedelta:
        """How long before its end a block is told of."""
        return dt.timedelta(days=self.block_ends_days)

    @property
    def request_waits(self) -> dt.timedelta:
        """How long a request waits before somebody is told of it again."""
        return dt.timedelta(hours=self.request_waits_hours)

    @property
    def patience(self) -> dt.timedelta:
        """How long a notification is tried."""
        return dt.timedelta(hours=self.give_up_hours)

    @property
    def memory(self) -> dt.timedelta:
        """How long what was told is remembered."""
        return dt.timedelta(days=self.keep_days)

    def check(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: for the first such value.
        """
        if not 0 <= self.block_ends_days <= 365:
            raise ConfigError(f"notifications.blockEndsDays is {self.block_ends_days}; write 0 to 365.")
        if not 0 < self.request_waits_hours <= 24 * 365:
            raise ConfigError(f"notifications.requestWaitsHours is {self.request_waits_hours}; write more than 0.")
        if self.messages_per_hour < 1 or self.digest_above < 1:
            raise ConfigError("notifications.messagesPerHour and digestAbove have to be at least 1.")
        if not 0 < self.give_up_hours < self.keep_days * 24 <= 3650 * 24:
            raise ConfigError(
                "notifications.giveUpHours has to be more than 0, and less than keepDays.",
                remedy="Write such as giveUpHours: 24 and keepDays: 30.",
            )
