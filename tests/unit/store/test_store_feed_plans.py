"""Following a change reads what is new by indexes alone: the plans that SQLite makes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from tests.fakes import FakeClock
from tests.ports.samples import assessment
from webhook.store.options import StoreOptions
from webhook.store.repositories import open_store
from webhook.store.snapshots import Snapshot


def test_following_a_change_reads_no_table_from_end_to_end(
    sqlite_url: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(StoreOptions(url=sqlite_url), clock)
    store.assessments.append([assessment("CVE-1", "Ignore")])
    before, asked, rows = store.feed.position(), list[tuple[str, dict[str, object]]](), Snapshot.rows

    def noted(snapshot: Snapshot, query: str, **parameters: object) -> Iterator[list[tuple[object, ...]]]:
        asked.append((query, parameters))
        return rows(snapshot, query, **parameters)

    monkeypatch.setattr(Snapshot, "rows", noted)
    store.assessments.append([assessment("CVE-2", "Ignore")])
    assert [record.vulnerability for record in store.feed.changes(before).assessments] == ["CVE-2"]
    store.close()
    scans = []
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as database:
        for query, parameters in asked:
            if "after" in parameters:
                plan = [line for *_, line in database.execute(f"EXPLAIN QUERY PLAN {query}", parameters)]
                scans += [(line, query) for line in plan if line.startswith("SCAN")]
    assert len(asked) > 12 and scans == []
