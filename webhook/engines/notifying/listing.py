"""Listing: deliveries made and pending, and test messages."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection

from webhook.errors import InvalidInput
from webhook.model.notifications import Announcement, DeliveryLine, DeliveryScan, Topic
from webhook.model.triage import Page
from webhook.policy.plaintext import plain
from webhook.ports import Outbox


def delivery_page(outbox: Outbox, scan: DeliveryScan, most: int) -> Page[DeliveryLine]:
    """A page of deliveries, newest first.

    Raises:
        TooBroad: it takes too long.
        StoreError: the store did not answer.
    """
    found = outbox.lines(scan, most + 1)
    return Page(tuple(found[:most]), (found[most - 1].number,) if len(found) > most else None)


def announce_test(outbox: Outbox, destination: str, known: Collection[str], by: str, now: dt.datetime) -> None:
    """Leave a test message to one destination in the outbox; whoever sends tells in the list what became of it.

    Raises:
        InvalidInput: there is no such destination.
        StoreError: the store did not answer.
    """
    if destination not in known:
        raise InvalidInput(
            f"There is no destination {plain(destination, 60)!r}.",
            remedy=f"notifications.destinations has: {', '.join(known) or 'none'}.",
        )
    key = f"test/{secrets.token_hex(8)}"
    facts = {"by": by}
    outbox.announce([Announcement(key, Topic.TEST, "sent from the console", facts, "/notifications", destination)], now)
