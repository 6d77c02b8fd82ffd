"""Fixtures for all tests: a clock that stands still, and databases that are new for each test."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests import compiled, migrated, preloaded
from tests.fakes import FakeClock
from tests.parts import unavailable
from tests.pooler import Pooler
from tests.pooler import find_program as find_pooler
from tests.postgres import PostgresServer, find_programs
from tests.run import CLUSTERS
from webhook.store import schema
from webhook.store.options import StoreOptions
from webhook.store.repositories import Store, open_store

hypothesis.settings.register_profile("unhurried", hypothesis.settings(), deadline=None)  # speed is measured in bench/
hypothesis.settings.register_profile("quick", hypothesis.settings(), deadline=None, max_examples=10)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "unhurried"))


def pytest_configure() -> None:
    """Let bomgate's processes start without loading the package each time, and new SQLite files have tables at once.

    jsonschema loads in a tenth of its time, too: it would build a grammar of IRIs for three seconds, and no schema of
    the tests has one; URIs are checked without it.
    """
    preloaded.install()
    migrated.install()
    compiled.install()
    sys.modules.setdefault("rfc3987_syntax", None)


def pytest_unconfigure() -> None:
    """End what they were started from."""
    preloaded.end()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without looking for garbage: nearly all that is made stays, and no later look needs to pass over it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(10_000)
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let what runs beside the clusters leave the processors to them, because the run takes as long as they do."""
    if "PYTEST_XDIST_WORKER" in os.environ and not item.nodeid.startswith(tuple(CLUSTERS)) and os.nice(0) == 0:
        os.nice(4)


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still at noon."""
    return FakeClock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL server for the session."""
    programs = find_programs()
    if programs is None:
        unavailable("PostgreSQL is not installed (no initdb on PATH or in /usr/lib/postgresql): no store on it")
    server = PostgresServer(programs)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> str:
    """A database with bomgate's tables, to be copied."""
    name = postgres.new_database()
    store = open_store(StoreOptions(url=postgres.url(name)), FakeClock())
    store.admin.upgrade()
    store.close()
    return name


@pytest.fixture
def postgres_url(postgres: PostgresServer, postgres_template: str) -> str:
    """The address of a PostgreSQL database with bomgate's tables and nothing in them."""
    return postgres.url(postgres.new_database(postgres_template))


@pytest.fixture(scope="session")
def pooler(postgres: PostgresServer) -> Iterator[Pooler]:
    """PgBouncer in transaction mode in front of the PostgreSQL server."""
    if find_pooler() is None:
        unavailable("PgBouncer is not installed: no store through a pooler")
    started = Pooler(postgres)
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture
def pooled_url(pooler: Pooler, postgres: PostgresServer, postgres_template: str) -> str:
    """The address, through the pooler, of a PostgreSQL database with bomgate's tables and nothing in them."""
    return pooler.url(postgres.new_database(postgres_template))


@pytest.fixture
def migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have new SQLite files made by the migrations, for tests that are about these."""
    monkeypatch.setattr(schema, "upgrade", migrated.migrate)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with bomgate's tables, to be copied."""
    file = tmp_path_factory.mktemp("template") / "bomgate.db"
    store = open_store(StoreOptions(url=f"sqlite:///{file}"), FakeClock())
    store.admin.upgrade()
    store.close()
    return file


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """The address of an SQLite file with bomgate's tables and nothing in them."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'bomgate.db')}"


@pytest.fixture
def new_sqlite_url(tmp_path: Path) -> str:
    """The address of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'bomgate.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, once of each kind."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
def real_store(database_url: str, clock: FakeClock) -> Iterator[Store]:
    """An empty store, once on each kind of database."""
    store = open_store(StoreOptions(url=database_url), clock)
    yield store
    store.close()
