"""Retention in the controller: a few steps a run, by period, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.copies import replace
from tests.fakes import NOON, FakeClock
from tests.ports.samples import digest, make_sbom
from tests.unit.store.retention import DAY, OPTIONS, audit, pruner
from webhook.engines.controlling.retention import RetentionDuty
from webhook.errors import StoreError
from webhook.model.images import parse_image
from webhook.store import StoreOptions
from webhook.store.repositories import Store, open_store
from webhook.telemetry.metrics import Metrics, exposition

ONE_BY_ONE = replace(OPTIONS, step_rows=1)
OLD = 30


@pytest.fixture
def store(sqlite_url: str, clock: FakeClock) -> Iterator[Store]:
    """Thirty images that nobody sees any more."""
    opened = open_store(StoreOptions(url=sqlite_url), clock)
    for number in range(OLD):
        opened.sboms.add(digest(number), make_sbom("pkg:npm/a@1"), place="added", image=parse_image(f"web:{number}"))
    clock.advance(20 * DAY)
    audit(opened, clock)
    yield opened
    opened.close()


def duty(store: Store, clock: FakeClock, metrics: Metrics, holder: str = "me") -> RetentionDuty:
    return RetentionDuty(pruner(store, clock, ONE_BY_ONE, holder), store.retention, clock, ONE_BY_ONE, metrics)


def values(metrics: Metrics) -> dict[tuple[str, str], float]:
    text = exposition(metrics.registry)[0].decode()
    return {
        (sample.name, sample.labels.get("kind", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if "prune" in sample.name
    }


def test_a_pass_is_done_a_few_steps_at_a_time_and_again_after_its_period(store: Store, clock: FakeClock) -> None:
    metrics = Metrics()
    retention = duty(store, clock, metrics)
    retention.run()
    assert retention.interval_seconds == 1.0, "it goes on soon"
    told = values(metrics)
    assert 0 < told["bomgate_prune_backlog", "images"] < OLD
    assert told["bomgate_prune_timestamp_seconds", ""] == 0
    runs = 1
    while retention.interval_seconds == 1.0:
        retention.run()
        runs += 1
    assert runs > 2
    told = values(metrics)
    assert told["bomgate_prune_backlog", "images"] == 0
    assert told["bomgate_pruned_total", "images"] == OLD
    assert told["bomgate_prune_timestamp_seconds", ""] == clock.now().timestamp()
    position = store.feed.position()
    store.sboms.add(digest(1), make_sbom("pkg:npm/a@1"), place="added")
    clock.advance(ONE_BY_ONE.interval_hours * 3600 - 1)
    retention.run()
    assert retention.interval_seconds > 1.0, "the next pass is not due yet"
    clock.advance(20 * DAY)
    audit(store, clock)
    retention.run()
    assert store.feed.position() != position


def test_a_pass_that_fails_begins_again(store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    retention = duty(store, clock, Metrics())
    retention.run()

    def down(*_: object) -> None:
        raise StoreError("The database does not answer.")

    with monkeypatch.context() as patch, pytest.raises(StoreError):
        patch.setattr(store.retention, "prune", down)
        retention.run()
    while True:
        retention.run()
        if retention.interval_seconds > 1.0:
            break
    assert store.sboms.list() == []


def test_who_comes_second_waits(store: Store, clock: FakeClock) -> None:
    first, second = duty(store, clock, Metrics()), duty(store, clock, Metrics(), "other")
    first.run()
    second.run()
    assert second.interval_seconds > 1.0
    assert len(store.sboms.list()) < OLD
    assert clock.now() > NOON
