"""The store in all its implementations, for suites that each of them has to pass."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes import FakeClock, MemoryStore
from webhook.store.opening import Store, open_store
from webhook.store.options import StoreOptions


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[Store | MemoryStore]:
    """An empty store: in memory, on SQLite and on PostgreSQL."""
    if request.param == "fake":
        yield MemoryStore(clock)
        return
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    opened = open_store(StoreOptions(url=url), clock)
    yield opened
    opened.close()
