"""The store in all its implementations, for suites that each of them has to pass."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes import FakeClock, MemoryStore
from tests.pooler import Pooler
from tests.postgres import PostgresServer
from webhook.store.options import StoreOptions
from webhook.store.repositories import Store, open_store


@pytest.fixture(scope="session")
def restored(postgres: PostgresServer, postgres_template: str) -> str:
    """The name of a PostgreSQL database for tests that change no more than its rows."""
    return postgres.new_database(postgres_template)


@pytest.fixture
def restored_url(postgres: PostgresServer, postgres_template: str, restored: str) -> str:
    """Its address, when nothing is in its tables."""
    postgres.restore(restored, postgres_template)
    return postgres.url(restored)


@pytest.fixture
def restored_pooled_url(pooler: Pooler, restored_url: str, restored: str) -> str:
    """Its address through the pooler."""
    return pooler.url(restored)


@pytest.fixture(params=["fake", "sqlite", "postgresql", "pooler"])
def store(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[Store | MemoryStore]:
    """An empty store: in memory, on SQLite, on PostgreSQL, and on that through PgBouncer."""
    if request.param == "fake":
        yield MemoryStore(clock)
        return
    names = {"sqlite": "sqlite_url", "postgresql": "restored_url", "pooler": "restored_pooled_url"}
    url = request.getfixturevalue(names[request.param])
    opened = open_store(StoreOptions(url=url), clock)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite_url", "restored_url", "restored_pooled_url"])
def hub_store(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[Store]:
    """An empty store of a hub on SQLite, on PostgreSQL, and on that through PgBouncer; there is none in memory."""
    opened = open_store(StoreOptions(url=request.getfixturevalue(request.param)), clock)
    yield opened
    opened.close()
