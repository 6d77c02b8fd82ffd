"""The store in all its implementations, for suites that each of them has to pass."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes import FakeClock, MemoryStore
from webhook.store.opening import Store, open_store
from webhook.store.options import StoreOptions


@pytest.fixture(params=["fake", "sqlite", "postgresql", "pooler"])
def store(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[Store | MemoryStore]:
    """An empty store: in memory, on SQLite, on PostgreSQL, and on that through PgBouncer."""
    if request.param == "fake":
        yield MemoryStore(clock)
        return
    names = {"sqlite": "sqlite_url", "postgresql": "postgres_url", "pooler": "pooled_url"}
    url = request.getfixturevalue(names[request.param])
    opened = open_store(StoreOptions(url=url), clock)
    yield opened
    opened.close()
