"""Refusals: what a process has counted is added to what the store has, once."""

from __future__ import annotations

import pytest

from tests.fakes import FakeClock
from webhook.engines.admission.refusals import RefusalCounts
from webhook.errors import StoreError
from webhook.store.options import StoreOptions
from webhook.store.repositories import open_store


@pytest.mark.parametrize("database", ["sqlite_url", "postgres_url"])
def test_processes_add_what_came_since_the_last_time(
    database: str, request: pytest.FixtureRequest, clock: FakeClock
) -> None:
    store = open_store(StoreOptions(url=request.getfixturevalue(database)), clock)
    counted: list[dict[str, int]] = [{"findings": 7}, {}]
    first, second = (RefusalCounts(lambda own=own: dict(own), store.refusals.add) for own in counted)
    counted[0]["findings"] += 1
    counted[1].update({"findings": 2, "off": 1})
    for _ in range(2):
        first.flush()
        second.flush()
    assert store.refusals.counts() == {"findings": 3, "off": 1}, "without what was there when the process began"
    store.close()


def test_what_could_not_be_written_is_written_the_next_time() -> None:
    counted, added, away = {"findings": 0}, list[dict[str, int]](), [True]

    def add(more: dict[str, int]) -> None:
        if away[0]:
            raise StoreError("The database does not answer.")
        added.append(dict(more))

    refusals = RefusalCounts(lambda: dict(counted), add)
    for number in (1, 2):
        counted["findings"] = number
        refusals.flush()
    away[0] = False
    refusals.flush()
    assert added == [{"findings": 2}]
