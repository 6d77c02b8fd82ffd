"""Notifications: what people are told, and where a message about it stands."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping

import msgspec

from webhook.model.triage import Key


class Topic(enum.StrEnum):
    """What is told of; each destination names those that it wants."""

    BLOCKED = "blocked"
    UNASSESSED = "unassessed"
    BLOCK_ENDS = "block-ends"
    EXCEPTION_ENDED = "exception-ended"
    REQUEST = "request"
    REQUEST_WAITS = "request-waits"
    RUN_FAILED = "run-failed"
    TEST = "test"

    @property
    def headline(self) -> str:
        """The first words of a message, always our own."""
        return _HEADLINES[self]


_HEADLINES = {
    Topic.BLOCKED: "Blocked vulnerability in what runs",
    Topic.UNASSESSED: "Critical vulnerability in what runs, not assessed",
    Topic.BLOCK_ENDS: "A block ends soon",
    Topic.EXCEPTION_ENDED: "An exception ended: a fixed version is known",
    Topic.REQUEST: "Somebody asks for an exception",
    Topic.REQUEST_WAITS: "A request waits for an answer",
    Topic.RUN_FAILED: "A download did not complete",
    Topic.TEST: "Test message",
}


class Announcement(msgspec.Struct, frozen=True):
    """Something to tell.

    Attributes:
        key: what it is about; the same key is told once.
        topic: of what kind it is.
        subject: a few words, perhaps by a stranger, such as a vulnerability's identifier.
        facts: further words by name; the values perhaps by strangers.
        path: where in the console there is more, such as ``/vulnerabilities/CVE-2021-44228``; empty for nowhere.
        destination: the only one that is told; empty for all that want the topic.
    """

    key: str
    topic: Topic
    subject: str
    facts: Mapping[str, str] = msgspec.field(default_factory=dict)
    path: str = ""
    destination: str = ""


class Told(msgspec.Struct, frozen=True):
    """An announcement in a message.

    Attributes:
        announcement: what is told.
        at: when it was announced.
    """

    announcement: Announcement
    at: dt.datetime


class Message(msgspec.Struct, frozen=True):
    """What is sent to one destination at once.

    Attributes:
        id: the same in each try, so that a receiver can drop what came twice.
        destination: by name.
        told: the first of what it tells of, oldest first.
        total: how much it tells of.
        tries: how often it was tried, this time included.
    """

    id: str
    destination: str
    told: tuple[Told, ...]
    total: int
    tries: int


class DeliveryState(enum.StrEnum):
    """What became of an announcement at a destination."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given-up"


class DeliveryLine(msgspec.Struct, frozen=True):
    """An announcement at a destination, for people.

    Attributes:
        number: in the order of the list.
        told: what it is about.
        destination: by name.
        state: what became of it.
        tries: how often it was tried.
        settled_at: when it was sent or given up.
        error: of the last try that failed.
        message: the message that it is a part of; empty before the first try.
    """

    number: int
    told: Told
    destination: str
    state: DeliveryState
    tries: int
    settled_at: dt.datetime | None
    error: str
    message: str


class DeliveryScan(msgspec.Struct, frozen=True):
    """Which deliveries are given, newest first; each None means any."""

    destination: str | None = None
    state: DeliveryState | None = None
    after: Key | None = None


class Backlog(msgspec.Struct, frozen=True):
    """What a destination has not been told yet.

    Attributes:
        waiting: announcements.
        failing_since: when the oldest was announced of those that were tried and failed; None when none was.
    """

    waiting: int = 0
    failing_since: dt.datetime | None = None
