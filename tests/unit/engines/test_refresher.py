"""Following the store."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import pytest

from tests.exports import exported, told
from tests.fakes import FakeClock, MemoryHotStart, MemoryStore
from tests.worlds import LEFTPAD, LODASH, digest_of, sbom_of
from webhook.engines.readmodel import ReadModel
from webhook.engines.refresher import Refresher, RefreshOptions
from webhook.errors import StoreError
from webhook.model.changes import START, Changes, Position
from webhook.model.purls import Purl


class FlakyFeed:
    """A feed that can be switched off."""

    def __init__(self, store: MemoryStore) -> None:
        self.store, self.down, self.asked = store, False, list[Position]()

    def position(self) -> Position:
        if self.down:
            raise StoreError("database is away")
        return self.store.feed.position()

    def changes(self, since: Position = START) -> Changes:
        self.asked.append(since)
        return self.store.feed.changes(since)

    def component_ids(self, purls: Sequence[Purl]) -> Mapping[Purl, int]:
        return self.store.feed.component_ids(purls)


class Set:
    def __init__(self, hot_start: MemoryHotStart | None = None) -> None:
        self.clock = FakeClock()
        self.store = MemoryStore(self.clock)
        self.feed = FlakyFeed(self.store)
        self.model = ReadModel()
        self.refresher = Refresher(self.model, self.feed, hot_start, self.clock, RefreshOptions(save_seconds=60))

    def add(self, name: str) -> None:
        self.store.sboms.add(digest_of(name), sbom_of(LEFTPAD, document=name), place="added")

    def replace_store(self, *names: str) -> None:
        """Put another store in place, with these images, each with a component that the former store did not have."""
        self.feed.store = MemoryStore(self.clock)
        for name in names:
            self.feed.store.sboms.add(digest_of(name), sbom_of(LODASH, document=name), place="added")


def test_the_first_look_loads_all_and_the_next_only_what_changed() -> None:
    parts = Set()
    parts.add("a")
    assert parts.refresher.refresh()
    parts.add("b")
    assert parts.refresher.refresh()
    assert not parts.refresher.refresh()
    assert [position.revision for position in parts.feed.asked] == [0, 1]
    assert parts.model.images == 2


def test_an_empty_store_is_loaded_too() -> None:
    parts = Set()
    parts.refresher.refresh()
    assert parts.model.loaded


def test_a_store_that_went_back_is_loaded_from_nothing() -> None:
    parts = Set()
    for name in "abc":
        parts.add(name)
    parts.refresher.refresh()
    parts.feed.store = MemoryStore(parts.clock, parts.store.feed.position().store)
    parts.refresher.refresh()
    assert (parts.model.images, parts.model.position) == (0, parts.feed.store.feed.position())


@pytest.mark.parametrize("names", ["", "x", "xy", "xyz"])
def test_another_store_is_loaded_from_nothing_whatever_its_revision(
    names: str, caplog: pytest.LogCaptureFixture
) -> None:
    parts = Set()
    for name in "ab":
        parts.add(name)
    parts.refresher.refresh()
    parts.replace_store(*names)
    assert parts.refresher.refresh()
    assert exported(parts.model) == told(parts.feed.store.feed.changes())
    assert not parts.refresher.refresh()
    assert [record.message for record in caplog.records] == [
        "the database was replaced or restored, or lost changes; read model loaded from nothing"
    ]


def test_a_store_that_is_replaced_between_the_look_and_the_answer_is_loaded_from_nothing() -> None:
    parts = Set()
    parts.add("a")
    parts.refresher.refresh()
    parts.add("b")
    former = parts.feed.store.feed.position()
    parts.replace_store(*"xyz")
    Refresher(parts.model, LateFeed(parts.feed, former), None, parts.clock, RefreshOptions()).refresh()
    assert exported(parts.model) == told(parts.feed.store.feed.changes())


class LateFeed:
    """A feed whose position is an old one."""

    def __init__(self, inner: FlakyFeed, old: Position) -> None:
        self._old, self.changes, self.component_ids = old, inner.changes, inner.component_ids

    def position(self) -> Position:
        return self._old


def test_the_first_changes_of_an_empty_store_are_no_reason_to_warn(caplog: pytest.LogCaptureFixture) -> None:
    parts = Set()
    parts.refresher.refresh()
    parts.add("a")
    assert parts.refresher.refresh()
    assert (parts.model.images, caplog.records) == (1, [])


def test_while_the_store_is_away_the_model_stays_and_it_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    parts = Set()
    parts.add("a")
    parts.refresher.tick()
    parts.feed.down = True
    for _ in range(3):
        parts.refresher.tick()
    assert parts.model.images == 1
    assert parts.refresher.failing_since is not None
    assert sum("does not answer" in record.message for record in caplog.records) == 1
    parts.feed.down = False
    parts.refresher.tick()
    assert parts.refresher.failing_since is None
    assert sum("answers again" in record.message for record in caplog.records) == 1


def test_a_replica_starts_from_the_copy_of_another_with_the_store_away() -> None:
    disk = MemoryHotStart()
    first = Set(disk)
    first.add("a")
    first.refresher.tick()
    second = Set(disk)
    second.feed.down = True
    assert second.refresher.warm_up()
    second.refresher.tick()
    assert (second.model.loaded, second.model.images) == (True, 1)


def test_the_copy_of_another_store_is_replaced_once_the_store_answers() -> None:
    disk = MemoryHotStart()
    first = Set(disk)
    first.add("a")
    first.refresher.tick()
    second = Set(disk)
    second.replace_store(*"xyz")
    second.refresher.warm_up()
    second.refresher.refresh()
    second.refresher.save()
    saved = disk.load()
    assert saved is not None
    assert exported(saved) == exported(second.model) == told(second.feed.store.feed.changes())


def test_without_a_copy_and_without_a_store_nothing_is_loaded() -> None:
    parts = Set(MemoryHotStart())
    parts.feed.down = True
    assert not parts.refresher.warm_up()
    parts.refresher.tick()
    assert not parts.model.loaded


def test_a_copy_is_written_at_once_and_then_not_more_often_than_asked() -> None:
    disk = MemoryHotStart()
    parts = Set(disk)
    parts.add("a")
    parts.refresher.tick()
    first = disk.load()
    assert first is not None
    parts.add("b")
    parts.refresher.tick()
    again = disk.load()
    assert again is not None
    assert again.position == first.position
    parts.clock.advance(61)
    parts.refresher.tick()
    later = disk.load()
    assert later is not None
    assert later.position.revision > first.position.revision


def test_a_bug_in_one_tick_does_not_end_the_following(caplog: pytest.LogCaptureFixture) -> None:
    parts, stop, calls = Set(), threading.Event(), list[int]()

    def after_tick() -> None:
        calls.append(1)
        if len(calls) == 2:
            stop.set()
        raise RuntimeError("bug")

    Refresher(parts.model, parts.feed, None, parts.clock, RefreshOptions(interval_seconds=0.001)).run(stop, after_tick)
    assert len(calls) == 2
    assert any("failed" in record.message for record in caplog.records)
