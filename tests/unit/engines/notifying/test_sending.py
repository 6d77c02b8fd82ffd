"""The pace of messages: few at a time, later and later after a failure, and nobody waits for somebody else."""

from __future__ import annotations

import datetime as dt

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.fakes import NOON, FakeClock
from tests.worlds import LOG4J, LOG4SHELL, World
from webhook.engines.assessing.rules import ModelRules
from webhook.engines.notifying.duty import NotifyingDuty
from webhook.engines.notifying.options import NotifyingOptions
from webhook.engines.notifying.sending import Recipient, Sender
from webhook.errors import ConfigError, Final, Retryable, SourceError
from webhook.model.notifications import Announcement, DeliveryScan, Message, Topic
from webhook.store import StoreOptions
from webhook.store.repositories import open_store
from webhook.telemetry.metrics import Metrics, exposition


class Carrier:
    """Somebody who is told, and takes a message or does not, as a test says."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.problem: SourceError | None = None
        self.asked = 0

    def send(self, message: Message) -> None:
        self.asked += 1
        if self.problem is not None:
            raise self.problem
        self.got.append(message)


class Post:
    """A sender to two destinations on an SQLite file."""

    def __init__(self, url: str, clock: FakeClock, options: NotifyingOptions) -> None:
        self.clock, self.store, self.metrics = clock, open_store(StoreOptions(url=url), clock), Metrics()
        self.team, self.ops = Carrier(), Carrier()
        recipients = {
            "team": Recipient(self.team, list(Topic)),
            "ops": Recipient(self.ops, [Topic.RUN_FAILED]),
        }
        self.sender = Sender(self.store.outbox, recipients, options, clock, self.metrics, lambda: 0.0)

    def announce(self, *keys: str, topic: Topic = Topic.RUN_FAILED) -> None:
        self.store.outbox.announce([Announcement(key, topic, key) for key in keys], self.clock.now())

    def later(self, seconds: float) -> None:
        self.clock.current += dt.timedelta(seconds=seconds)
        self.sender.send()

    def value(self, name: str, **labels: str) -> float:
        text = exposition(self.metrics.registry)[0].decode()
        return next(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and sample.labels == labels
        )


@pytest.fixture
def post(sqlite_url: str) -> Post:
    return Post(sqlite_url, FakeClock(), NotifyingOptions(messages_per_hour=3, digest_above=2))


def test_each_destination_gets_what_it_wants_once(post: Post) -> None:
    post.announce("a")
    post.announce("b", topic=Topic.BLOCKED)
    post.sender.send()
    post.later(60)
    assert [message.told[0].announcement.key for message in post.team.got] == ["a", "b"]
    assert [message.told[0].announcement.key for message in post.ops.got] == ["a"]
    assert post.value("bomgate_notifications_total", result="sent") == 3


def test_more_than_its_share_waits_and_comes_together(post: Post) -> None:
    for key in ("a", "b", "c", "d", "e", "f"):
        post.announce(key)
        post.sender.send()
    assert len(post.team.got) == 3
    post.later(3601)
    assert [message.total for message in post.team.got] == [1, 1, 1, 3]


def test_who_does_not_answer_is_tried_later_and_later_and_holds_nobody_up(post: Post) -> None:
    post.team.problem = Retryable("It does not answer.")
    post.announce("a")
    post.sender.send()
    assert (post.team.asked, len(post.ops.got)) == (1, 1)
    asked = []
    for _ in range(40):
        post.later(5)
        asked.append(post.team.asked)
    assert asked[1] == 1 and asked[2] == 2, "15 seconds after the first try"
    assert asked[-1] == 4, "30 and 60 seconds after the next ones"
    since = post.value("bomgate_notifications_failing_since_timestamp_seconds", destination="team")
    assert since == NOON.timestamp()
    assert post.value("bomgate_notifications_waiting", destination="team") == 1
    post.team.problem = None
    post.later(120)
    assert len(post.team.got) == 1
    assert post.value("bomgate_notifications_failing_since_timestamp_seconds", destination="team") == 0


def test_what_nobody_took_for_a_day_is_given_up(post: Post) -> None:
    post.team.problem = Final("No such hook.")
    post.announce("a")
    post.sender.send()
    post.later(24 * 3600 + 60)
    assert post.value("bomgate_notifications_total", result="given-up") == 1
    asked = post.team.asked
    post.later(3600)
    assert post.team.asked == asked


@pytest.mark.parametrize(
    "options",
    [
        NotifyingOptions(messages_per_hour=0),
        NotifyingOptions(block_ends_days=-1),
        NotifyingOptions(give_up_hours=800),
    ],
)
def test_options_that_cannot_work_are_refused(options: NotifyingOptions) -> None:
    with pytest.raises(ConfigError, match="notifications"):
        options.check()


def duty_of(post: Post, world: World) -> NotifyingDuty:
    return NotifyingDuty(
        post.store.outbox,
        post.store.requests,
        post.store.runs,
        post.sender,
        lambda: [("Deployment shop/web", [world.check("shop.example/web:1")])],
        world.model,
        ModelRules(world.rules, world.model),
        post.clock,
        NotifyingOptions(block_ends_days=0),
    )


def test_a_run_that_vanished_is_told_though_no_other_follows(post: Post) -> None:
    post.clock.current = dt.datetime.now(dt.UTC)  # leases follow the clock of the database
    post.store.runs.acquire("node-7/42", duration=dt.timedelta(0))
    world = World()
    world.image("shop.example/web:1")
    duty = duty_of(post, world)
    for _ in range(2):
        duty.run()
        post.clock.ticks += 150
    (told,) = [each for message in post.ops.got for each in message.told]
    assert told.announcement.subject == "run at node-7/42"


def test_the_duty_tells_what_runs_once_and_says_again_that_it_is_still_so(post: Post) -> None:
    world = World()
    world.image("shop.example/web:1", LOG4J)
    world.answer_all([(LOG4J, [LOG4SHELL])])
    duty = duty_of(post, world)
    for _ in range(3):
        duty.run()
        post.clock.ticks += 150
    assert [message.told[0].announcement.topic for message in post.team.got] == [Topic.BLOCKED]
    post.clock.ticks += 13 * 3600
    post.clock.current += dt.timedelta(days=29)
    duty.run()
    post.clock.ticks += 13 * 3600
    post.clock.current += dt.timedelta(days=2)
    duty.run()
    assert len(post.store.outbox.lines(DeliveryScan(), 5)) == 1, "what is still so is not forgotten"
    assert len(post.team.got) == 1
