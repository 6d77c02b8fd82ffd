"""Failures of the database: each is said in a sentence with a remedy, loses nothing, and ends when its cause does."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tests.copies import replace
from tests.fakes import NOON
from tests.ports.samples import AutoRule, answer, digest, make_sbom, vulnerability
from tests.postgres import PostgresServer, find_programs
from webhook.errors import StoreError, StoreUnreachable
from webhook.model.looks import Look
from webhook.store.addresses import parse_address
from webhook.store.failures import store_error
from webhook.store.repositories import Store

Open = Callable[..., Store]
LARGE = make_sbom(*[f"pkg:npm/some-rather-long-name-{n}@1.0.{n}" for n in range(2000)])


@pytest.fixture
def store(opened: Open, database_url: str) -> Store:
    """A store with one SBOM and one recorded answer."""
    store = opened(database_url)
    store.sboms.add(digest(1), make_sbom("pkg:npm/a@1.0.0"), place="added")
    store.components.record([answer("pkg:npm/a@1.0.0", vulnerability("V-1"))], assess=AutoRule(), now=NOON)
    return store


@contextmanager
def on_connect(*statements: str) -> Iterator[None]:
    """Run statements on every new connection."""

    def prepare(connection: sqlite3.Connection, _: object) -> None:
        for statement in statements:
            connection.execute(statement)

    event.listen(Engine, "connect", prepare)
    try:
        yield
    finally:
        event.remove(Engine, "connect", prepare)


def fails_and_loses_nothing(store: Store, expected: str, kind: type[StoreError] = StoreError) -> StoreError:
    """Writing fails, reading goes on, and nothing has changed."""
    before = store.feed.changes()
    with pytest.raises(kind, match=expected) as caught:
        store.sboms.add(digest(2), LARGE, place="added")
    assert caught.value.remedy
    assert store.feed.changes() == before
    return caught.value


def works(store: Store) -> None:
    revision = store.feed.position().revision
    assert len(store.sboms.add(digest(3), LARGE, place="added").component_ids) == 2000
    assert store.feed.position().revision == revision + 1


@contextmanager
def another_writer(url: str) -> Iterator[None]:
    """Somebody else holds the lock of writers."""
    address = parse_address(url)
    if address.get_backend_name() == "sqlite":
        connection = sqlite3.connect(str(address.database), isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.close()
        return
    with psycopg.connect(url) as other:
        other.execute("UPDATE revision SET value = value")
        yield


def test_a_busy_database_is_waited_for_and_then_told(store: Store, database_url: str) -> None:
    with another_writer(database_url):
        fails_and_loses_nothing(store, "is busy", StoreUnreachable)
        with pytest.raises(StoreUnreachable, match="is busy"):
            store.components.record([answer("pkg:npm/b@1.0.0")], assess=AutoRule(), now=NOON)
    works(store)


def test_a_full_disk_is_told(opened: Open, sqlite_url: str) -> None:
    store = opened(sqlite_url)
    store.sboms.add(digest(1), make_sbom("pkg:npm/a@1.0.0"), place="added")
    store.close()
    path = parse_address(sqlite_url).database
    connection = sqlite3.connect(str(path))
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.close()
    with on_connect(f"PRAGMA max_page_count = {pages + 2}"):
        error = fails_and_loses_nothing(store, "no room left")
        assert "Make room" in error.remedy
        store.close()
    works(store)


def test_a_read_only_sqlite_database_is_told(opened: Open, sqlite_url: str) -> None:
    store = opened(sqlite_url)
    store.prepare()
    store.close()
    with on_connect("PRAGMA query_only = ON"):
        fails_and_loses_nothing(store, "is read-only")
        store.close()
    works(store)


def test_a_read_only_postgresql_database_is_told(opened: Open, postgres_url: str) -> None:
    store = opened(postgres_url)
    store.prepare()
    store.close()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        name = connection.info.dbname.encode()
        connection.execute(b"ALTER DATABASE %b SET default_transaction_read_only = on" % name)
        fails_and_loses_nothing(store, "is read-only")
        store.close()
        connection.execute(b"SET default_transaction_read_only = off")
        connection.execute(b"ALTER DATABASE %b RESET default_transaction_read_only" % name)
    works(store)


def test_a_file_that_is_no_database_is_told_and_left_alone(opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are notes, and no database, " * 100)
    before = path.read_bytes()
    store = opened(f"sqlite:///{path}")
    for use in (store.prepare, store.admin.upgrade, store.admin.status):
        with pytest.raises(StoreError, match="is not an SQLite database"):
            use()
    store.close()
    assert path.read_bytes() == before


def test_a_damaged_file_is_told(opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "bomgate.db"
    store = opened(f"sqlite:///{path}")
    works(store)
    store.close()
    content = bytearray(path.read_bytes())
    content[8192:] = b"\x55" * (len(content) - 8192)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="is damaged"):
        store.feed.changes()


@pytest.mark.parametrize("name", ["file/bomgate.db", "folder"])
def test_a_file_that_cannot_be_made_is_told(opened: Open, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    store = opened(f"sqlite:///{tmp_path / name}")
    with pytest.raises(StoreError, match=r"cannot be (made|opened|read)"):
        store.prepare()


def test_a_server_that_is_not_there_is_told_without_the_password(opened: Open, tmp_path: Path) -> None:
    store = opened(f"postgresql://user:s3cr3t-word@/bomgate?host={tmp_path}")
    uses: list[Callable[[], object]] = [store.prepare, store.admin.status, store.admin.upgrade, store.feed.position]
    for use in uses:
        with pytest.raises(StoreUnreachable, match="cannot be reached") as caught:
            use()
        assert "s3cr3t-word" not in str(caught.value.as_dict())
        assert str(tmp_path) in caught.value.message


def test_a_database_that_does_not_exist_is_told(opened: Open, postgres: PostgresServer) -> None:
    store = opened(postgres.url("absent"))
    with pytest.raises(StoreError, match="does not exist") as caught:
        store.prepare()
    assert not isinstance(caught.value, StoreUnreachable)


def test_a_server_that_crashes_and_comes_back_has_lost_nothing(opened: Open, postgres: PostgresServer) -> None:
    programs = find_programs()
    assert programs is not None
    server = PostgresServer(programs)
    try:
        server.start()
        store = opened(server.url(server.new_database()))
        store.admin.upgrade()
        works(store)
        before = store.feed.changes()
        server.stop()
        for _ in range(2):
            with pytest.raises(StoreUnreachable, match="cannot be reached"):
                store.feed.changes()
        server.start()
        assert store.feed.changes() == before
        store.sboms.add(digest(4), make_sbom("pkg:npm/b@1.0.0"), place="added")
    finally:
        server.remove()


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (psycopg.OperationalError('FATAL:  password authentication failed for user "user"'), "user or the password"),
        (psycopg.OperationalError("FATAL:  sorry, too many clients already"), "no more connections"),
        (psycopg.errors.DiskFull("could not extend file"), "no room left"),
        (psycopg.errors.InsufficientPrivilege("permission denied for table tags"), "does not let this user"),
        (psycopg.errors.UndefinedColumn("column x does not exist"), "lacks tables or columns"),
        (psycopg.errors.DeadlockDetected("deadlock detected"), "is busy"),
        (psycopg.errors.AdminShutdown("terminating connection"), "cannot be reached"),
        (psycopg.errors.DivisionByZero("division by zero"), r"failed\. Database message: division by zero\."),
        (PoolTimeout("QueuePool limit"), "all connections"),
        (sqlite3.OperationalError("something odd"), r"failed\. Database message: something odd\."),
    ],
)
def test_each_failure_has_its_sentence(problem: Exception, expected: str) -> None:
    error = store_error(problem, parse_address("postgresql://user:s3cr3t-word@host/name"))
    assert error.message.startswith("The database at postgresql://user:***@host/name ")
    with pytest.raises(StoreError, match=expected):
        raise error


def test_characters_that_no_database_takes_are_replaced(opened: Open, database_url: str) -> None:
    store = opened(database_url)
    bad = vulnerability("V-1", title="nul \0 and half \ud800 a pair", description="\0")
    store.components.record([answer("pkg:npm/a@1.0.0", bad)], assess=AutoRule(), now=NOON)
    shown = store.vulnerabilities.show("V-1")
    assert shown is not None
    assert (shown.vulnerability.title, shown.vulnerability.description) == ("nul \ufffd and half ? a pair", "\ufffd")


def test_when_one_sbom_of_an_image_cannot_be_kept_none_is(store: Store) -> None:
    broken = replace(make_sbom("pkg:npm/c@1.0.0"), version=object())
    with pytest.raises(StoreError):
        store.sboms.record(digest(2), Look("shop/web", {"referrers": [make_sbom("pkg:npm/b@1.0.0"), broken]}))
    assert store.sboms.show(digest(2)) == []
