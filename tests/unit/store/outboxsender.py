"""Sends from an outbox until it is killed: ``python -m tests.unit.store.outboxsender URL HOOK MINUTES``."""

from __future__ import annotations

import datetime as dt
import sys

from tests.fakes import NOON, FakeClock
from webhook.clients.http.exchange import Exchange
from webhook.clients.machine import SystemClock
from webhook.clients.notifying.options import DestinationRule
from webhook.clients.notifying.web import LIMITS, WebMessenger
from webhook.engines.notifying.options import NotifyingOptions
from webhook.engines.notifying.sending import Recipient, Sender
from webhook.store import StoreOptions
from webhook.store.repositories import open_store
from webhook.telemetry.metrics import Metrics

if __name__ == "__main__":
    url, hook, minutes = sys.argv[1:]
    clock = FakeClock(NOON + dt.timedelta(minutes=int(minutes)))
    store = open_store(StoreOptions(url=url), clock)
    rule = DestinationRule("team", "webhook", url=hook, plain_http=True)
    recipient = Recipient(WebMessenger(rule, Exchange(LIMITS, SystemClock()), SystemClock(), ""), rule.wanted)
    options = NotifyingOptions(digest_above=1000, messages_per_hour=100_000)
    sender = Sender(store.outbox, {"team": recipient}, options, clock, Metrics(), lambda: 0.0)
    while True:
        sender.send()
