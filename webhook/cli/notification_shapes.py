"""JSON of ``bomgate notifications``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from webhook.model.notifications import DeliveryLine


@dataclass(frozen=True, slots=True)
class DeliveryShape:
    """A notification at a destination."""

    announced: Annotated[dt.datetime, "When it was announced, UTC."]
    topic: Annotated[str, "What kind of thing it is about, such as blocked or request; test of a test."]
    subject: Annotated[str, "What it is about."]
    facts: Annotated[Mapping[str, str], "Further words by name."]
    destination: Annotated[str, "Name of the destination."]
    state: Annotated[str, "waiting, sent or given-up."]
    tries: Annotated[int, "How often it was tried."]
    settled: Annotated[dt.datetime | None, "When it was sent or given up, UTC; null: it waits."]
    error: Annotated[str, "Of the last try that failed; empty when none did, or when it was sent."]
    message: Annotated[str, "Id of the message that tells of it; empty before the first try."]

    @classmethod
    def of(cls, one: DeliveryLine) -> DeliveryShape:
        """From the model."""
        announcement = one.told.announcement
        return cls(
            one.told.at,
            announcement.topic.value,
            announcement.subject,
            dict(announcement.facts),
            one.destination,
            one.state.value,
            one.tries,
            one.settled_at,
            one.error,
            one.message,
        )


@dataclass(frozen=True, slots=True)
class DeliveryListShape:
    """``bomgate notifications list --output json``."""

    notifications: Annotated[tuple[DeliveryShape, ...], "Newest first."]
    more: Annotated[bool, "Whether --limit left some out."]
