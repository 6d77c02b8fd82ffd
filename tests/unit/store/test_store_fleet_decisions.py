"""Decisions of a hub for single members: of two people who decide at once, nobody's decision is lost unseen."""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import closing

import psycopg
import pytest
from msgspec import structs

from tests.fakes import NOON, FakeClock
from webhook.errors import ChangedMeanwhile
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.policy.audit import noted
from webhook.store.options import StoreOptions
from webhook.store.repositories import Store, open_store

LODASH = Scope("pkg:npm/lodash")


def made(author: str, kind: str | None = "Ignore", scope: Scope = LODASH) -> Assessment:
    return Assessment("CVE-1", kind, scope, AssessmentSource.MANUAL, author, "why", NOON, None, batch=author)


def append(store: Store, record: Assessment, replaced: Sequence[Assessment]) -> None:
    store.fleet_decisions.append("berlin", [record], noted([record]), replaced=replaced)


def authors(store: Store) -> list[str]:
    return [record.author for record in store.fleet_decisions.of("berlin")]


def wait_for_writers(url: str, number: int) -> None:
    """Wait until so many sessions of a database wait for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    deadline = time.monotonic() + 30
    with psycopg.connect(url, autocommit=True) as connection:
        while (row := connection.execute(query).fetchone()) is None or row[0] < number:
            assert time.monotonic() < deadline, "the writers do not wait for each other"
            time.sleep(0.02)


def test_of_two_who_decide_at_once_the_second_one_sees_the_first(postgres_url: str, clock: FakeClock) -> None:
    store = open_store(StoreOptions(url=postgres_url), clock)
    plain_url = postgres_url.replace("postgresql+psycopg:", "postgresql:")
    said = list[str]()

    def decide(author: str, kind: str) -> None:
        try:
            append(store, made(author, kind), [])
        except ChangedMeanwhile as problem:
            said.append(problem.message)

    threads = [threading.Thread(target=decide, args=who) for who in (("ana", "Blocked"), ("ben", "Ignore"))]
    with psycopg.connect(plain_url) as writer:
        writer.execute("SELECT value FROM revision FOR UPDATE")
        for thread in threads:
            thread.start()
        wait_for_writers(plain_url, 2)  # both have come as far as they can before the other has written
    for thread in threads:
        thread.join()
    (kept,), (sentence,) = authors(store), said
    assert sentence.startswith(f"{kept} has decided about CVE-1 for berlin on "), sentence
    store.close()


def test_of_two_processes_that_decide_at_once_in_a_file_the_second_one_sees_the_first(
    sqlite_url: str, clock: FakeClock
) -> None:
    options = StoreOptions(url=sqlite_url, busy_timeout_ms=60_000)
    stores = [open_store(options, clock) for _ in range(2)]
    stores[0].fleet_decisions.of("berlin")  # makes the file
    begun, said = [threading.Event(), threading.Event()], list[str]()

    def decide(number: int, author: str, kind: str) -> None:
        begun[number].set()
        try:
            append(stores[number], made(author, kind), [])
        except ChangedMeanwhile as problem:
            said.append(problem.message)

    threads = [threading.Thread(target=decide, args=who) for who in ((0, "ana", "Blocked"), (1, "ben", "Ignore"))]
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        for thread in threads:
            thread.start()
        for event in begun:
            assert event.wait(60)
        writer.execute("COMMIT")
    for thread in threads:
        thread.join()
    (kept,), (sentence,) = authors(stores[0]), said
    assert sentence.startswith(f"{kept} has decided about CVE-1 for berlin on "), sentence
    for store in stores:
        store.close()


def test_what_was_seen_can_be_replaced_and_what_was_not_cannot(real_store: Store) -> None:
    append(real_store, made("ana", "Blocked"), [])
    seen = real_store.fleet_decisions.of("berlin")
    with pytest.raises(ChangedMeanwhile, match="ana has decided about CVE-1 for berlin"):
        append(real_store, made("ben"), [])
    before = real_store.feed.position()
    append(real_store, made("eva"), seen)
    assert real_store.feed.position() != before
    with pytest.raises(ChangedMeanwhile, match="eva has decided about CVE-1 for berlin"):
        append(real_store, made("ben"), seen)
    assert authors(real_store) == ["ana", "eva"]


def test_a_decision_that_was_withdrawn_meanwhile_is_not_replaced_unseen(real_store: Store) -> None:
    append(real_store, made("ana", "Blocked"), [])
    seen = real_store.fleet_decisions.of("berlin")
    append(real_store, structs.replace(made("eva", None), assessed_at=NOON + dt.timedelta(minutes=1)), seen)
    position = real_store.feed.position()
    with pytest.raises(ChangedMeanwhile, match="Somebody has withdrawn a decision"):
        append(real_store, made("ben"), seen)
    assert authors(real_store) == ["ana", "eva"] and real_store.feed.position() == position


def test_decisions_about_something_else_do_not_matter(real_store: Store) -> None:
    append(real_store, made("ana", "Blocked"), [])
    append(real_store, made("ben", scope=Scope("pkg:npm/trim")), [])
    real_store.fleet_decisions.append("tokyo", [made("eva")], noted([made("eva")]), replaced=[])
    assert authors(real_store) == ["ana", "ben"]
