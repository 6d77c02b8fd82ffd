"""The outbox: written with what it tells of, told once, whatever happens to those who send."""

from __future__ import annotations

import datetime as dt
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import pytest

from tests.doubles.receiver import Receiver
from tests.fakes import NOON
from webhook.errors import LeaseLost
from webhook.model.downloads import DownloadReport
from webhook.model.leases import Lease
from webhook.model.notifications import Announcement, Backlog, DeliveryScan, DeliveryState, Message, Topic
from webhook.store.repositories import Store

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
WANTS = {"team": (Topic.BLOCKED, Topic.RUN_FAILED), "ops": (Topic.RUN_FAILED,)}
FAILED = DownloadReport(asked=3, failed=3, complete=False, stopped_by="OSS Index refuses.", stopped_code="source-final")


def announced(*keys: str, **more: str) -> Sequence[Announcement]:
    return [Announcement(key, Topic.BLOCKED, f"about {key}", {"title": "x"}, **more) for key in keys]


def ready(store: Store, *keys: str) -> None:
    """Announce, and give each destination what it wants."""
    store.outbox.announce(announced(*keys), NOON)
    store.outbox.spread(WANTS, NOON, NOON - DAY)


def take(store: Store, at: dt.datetime = NOON, single: int = 5) -> Message | None:
    return store.outbox.take("team", at, at + HOUR, single)


def keys(message: Message | None) -> list[str]:
    assert message is not None
    return [told.announcement.key for told in message.told]


def test_the_same_key_is_told_once(real_store: Store) -> None:
    assert real_store.outbox.announce(announced("a", "b", "a"), NOON) == 2
    assert real_store.outbox.announce(announced("b", "c"), NOON + HOUR) == 1
    real_store.outbox.spread(WANTS, NOON, NOON - DAY)
    real_store.outbox.spread(WANTS, NOON, NOON - DAY)
    lines = real_store.outbox.lines(DeliveryScan(), 10)
    assert [(line.told.announcement.key, line.destination) for line in lines] == [
        ("c", "team"),
        ("b", "team"),
        ("a", "team"),
    ]
    assert lines[0].told.announcement.facts == {"title": "x"}


def test_a_run_that_vanished_is_told_of_once_by_whoever_comes_next(real_store: Store) -> None:
    for holder in ("first", "second"):
        real_store.runs.acquire(holder, duration=dt.timedelta(0))
    real_store.runs.acquire("third", duration=HOUR)
    now = dt.datetime.now(dt.UTC)
    real_store.outbox.spread(WANTS, now, now - DAY)
    told = {line.told.announcement.key: line.told.announcement for line in real_store.outbox.lines(DeliveryScan(), 9)}
    (vanished,) = told.values()
    assert vanished.topic is Topic.RUN_FAILED
    assert (vanished.subject, vanished.path) == ("run at first", "/runs")
    assert vanished.facts["why"] == "its process ended without saying so"


def test_a_failed_run_is_told_of_in_its_own_transaction(real_store: Store) -> None:
    lease = real_store.runs.acquire("me", duration=HOUR)
    lost = Lease("other", lease.fence + 1, lease.until)
    with pytest.raises(LeaseLost):
        real_store.runs.finish(FAILED, started=NOON, finished=NOON, lease=lost)
    real_store.outbox.spread(WANTS, NOON, NOON - DAY)
    assert real_store.outbox.lines(DeliveryScan(), 10) == []
    real_store.runs.finish(FAILED, started=NOON, finished=NOON, lease=lease)
    real_store.runs.finish(FAILED, started=NOON + HOUR, finished=NOON + HOUR, lease=lease)
    over_budget = DownloadReport(complete=False, stopped_by="The budget is used up.", stopped_code="budget")
    real_store.runs.finish(over_budget, started=NOON, finished=NOON, lease=lease)
    real_store.outbox.spread(WANTS, NOON, NOON - DAY)
    lines = real_store.outbox.lines(DeliveryScan(destination="ops"), 10)
    assert [line.told.announcement.facts["why"] for line in lines] == ["OSS Index refuses."], "once a day"


def test_a_message_that_is_being_sent_is_hidden_until_whoever_sends_it_must_have_died(real_store: Store) -> None:
    ready(real_store, "a")
    first = take(real_store)
    assert first is not None and keys(first) == ["a"] and first.tries == 1
    assert take(real_store) is None
    again = take(real_store, NOON + HOUR)
    assert again is not None and (again.id, again.tries) == (first.id, 2)
    real_store.outbox.settle(first.id, NOON + HOUR)
    assert take(real_store, NOON + DAY) is None
    assert real_store.outbox.sent_since("team", NOON) == 1
    assert real_store.outbox.sent_since("team", NOON + DAY) == 0


def test_many_are_one_message_and_few_are_one_each(real_store: Store) -> None:
    ready(real_store, "a", "b")
    assert keys(take(real_store, single=2)) == ["a"]
    assert keys(take(real_store, single=2)) == ["b"]
    ready(real_store, *(f"k{number}" for number in range(150)))
    digest = take(real_store, single=2)
    assert digest is not None and digest.total == 150 and len(digest.told) == 100
    assert take(real_store, single=2) is None


def test_what_failed_comes_before_what_is_new(real_store: Store) -> None:
    ready(real_store, "a", "b")
    first = take(real_store)
    assert first is not None
    real_store.outbox.postpone(first.id, NOON + HOUR, "It did not answer.")
    assert real_store.outbox.backlog(["team", "ops"]) == {"team": Backlog(2, NOON), "ops": Backlog()}
    again = take(real_store, NOON + HOUR)
    assert again is not None and again.id == first.id
    (line,) = real_store.outbox.lines(DeliveryScan(state=DeliveryState.WAITING), 1)
    assert line.told.announcement.key == "b"


def test_what_could_not_be_told_is_given_up_and_later_forgotten(real_store: Store) -> None:
    ready(real_store, "a", "b")
    sent = take(real_store)
    assert sent is not None
    real_store.outbox.settle(sent.id, NOON)
    assert real_store.outbox.give_up(NOON, NOON + DAY) == 0
    assert real_store.outbox.give_up(NOON + HOUR, NOON + DAY) == 1
    states = {line.told.announcement.key: line.state for line in real_store.outbox.lines(DeliveryScan(), 10)}
    assert states == {"a": DeliveryState.SENT, "b": DeliveryState.GIVEN_UP}
    real_store.outbox.announce(announced("b"), NOON + DAY)  # it is still so
    real_store.outbox.prune(NOON + HOUR)
    assert [line.told.announcement.key for line in real_store.outbox.lines(DeliveryScan(), 10)] == ["b"]
    assert real_store.outbox.announce(announced("a", "b"), NOON + DAY) == 1, "what came back is told again"


def test_a_message_for_one_goes_to_no_other_and_old_news_to_nobody(real_store: Store) -> None:
    real_store.outbox.announce(announced("old"), NOON - 2 * DAY)
    real_store.outbox.announce(announced("test", destination="ops"), NOON)
    real_store.outbox.spread(WANTS, NOON, NOON - DAY)
    (line,) = real_store.outbox.lines(DeliveryScan(), 10)
    assert (line.told.announcement.key, line.destination) == ("test", "ops")


def test_everything_is_told_though_senders_are_killed(opened: Callable[..., Store], database_url: str) -> None:
    store, number, dice = opened(database_url, busy_timeout_ms=20_000), 30, random.Random(11)
    store.outbox.announce(announced(*(f"k{place}" for place in range(number))), NOON)
    with Receiver() as receiver:
        for minutes in (0, 9, 18):
            before = len(receiver.received)
            command = [sys.executable, "-m", "tests.unit.store.outboxsender", database_url, receiver.url, str(minutes)]
            with subprocess.Popen(command) as sender:
                while len(receiver.received) < before + 3 if minutes < 18 else waits(store):
                    time.sleep(0.002)
                time.sleep(dice.uniform(0.0, 0.03))
                sender.kill()
        told = [
            (item["subject"], request.body["id"])
            for request in receiver.received
            for item in request.body["notifications"]
        ]
    assert {subject for subject, _ in told} == {f"about k{place}" for place in range(number)}
    assert len(set(told)) == number, "what was sent twice has the same id"
    assert len(told) <= number + 2


def waits(store: Store) -> bool:
    """Whether something has still to be told."""
    lines = store.outbox.lines(DeliveryScan(), 100)
    return not lines or any(line.state is DeliveryState.WAITING for line in lines)
