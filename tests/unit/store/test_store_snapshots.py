"""Reading an SQLite file through its driver alone, and what is left to the database in full."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ports.samples import digest, make_sbom
from webhook.errors import ConfigError, StoreError, StoreUnreachable
from webhook.model.purls import Purl
from webhook.store.addresses import file_of, in_folder, parse_address, plain_file, sqlite_path
from webhook.store.repositories import Store

FORMER = Path(__file__).parent / "former-release" / "store.sql"
"""A store with data of every kind, as an earlier release has left it."""
IN_FULL = "?timeout=1"
"""An address that says more than a file is read by SQLAlchemy, and so is its database."""
Open = Callable[..., Store]


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """The file of a store that has to be upgraded."""
    path = tmp_path / "bomgate.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(FORMER.read_text(encoding="utf-8"))
    return path


def set_version(path: Path, version: str) -> None:
    """Say that a file has another schema."""
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))


def test_an_older_file_is_upgraded_and_then_read_alike_in_both_ways(former: Path, opened: Open) -> None:
    upgrading = opened(f"sqlite:///{former}").feed.changes()
    alone, full = (opened(f"sqlite:///{former}{end}").feed for end in ("", IN_FULL))
    assert alone.position() == full.position() == upgrading.position
    assert alone.changes() == full.changes() == upgrading
    assert upgrading.assessments
    assert upgrading.findings
    assert upgrading.sboms
    purls = [*upgrading.purls.values(), Purl("pkg:npm/unheard-of@1")]
    assert alone.component_ids(purls) == full.component_ids(purls) == {p: n for n, p in upgrading.purls.items()}


def test_what_somebody_else_commits_is_read_at_the_next_look(sqlite_url: str, opened: Open) -> None:
    reader, writer = opened(sqlite_url), opened(sqlite_url)
    before = reader.feed.position()
    stored = writer.sboms.add(digest(1), make_sbom("pkg:npm/a@1"), place="added")
    assert reader.feed.position().revision == before.revision + 1
    assert reader.feed.changes(before).sboms == (stored,)


def test_a_file_of_a_newer_program_that_lets_this_one_use_it_is_read(sqlite_url: str, opened: Open) -> None:
    opened(sqlite_url).sboms.add(digest(1), make_sbom("pkg:npm/a@1"), place="added")
    set_version(Path(sqlite_url.removeprefix("sqlite:///")), "9999")
    assert len(opened(sqlite_url).feed.changes().sboms) == 1


@pytest.mark.parametrize("content", [None, b""])
def test_reading_makes_no_file(tmp_path: Path, opened: Open, content: bytes | None) -> None:
    path = tmp_path / "bomgate.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StoreUnreachable, match="There is no database at"):
        opened(f"sqlite:///{path}", create=False).feed.changes()
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == (
        [] if content is None else [(path.name, content)]
    )


def test_reading_leaves_nothing_beside_the_file(sqlite_url: str, opened: Open) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    there = sorted(file.name for file in path.parent.iterdir())
    opened(sqlite_url, create=False).feed.changes()
    assert sorted(file.name for file in path.parent.iterdir()) == there


def test_what_is_wrong_with_a_file_is_said_as_ever(tmp_path: Path, sqlite_url: str, opened: Open) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("no database " * 100)
    with pytest.raises(StoreError, match="is not an SQLite database"):
        opened(f"sqlite:///{other}").feed.changes()
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE tags")
    assert opened(sqlite_url).feed.position().revision == 0
    with pytest.raises(StoreError, match="no such table: tags"):
        opened(sqlite_url).feed.changes()


@pytest.mark.parametrize(
    "address",
    [
        "sqlite:///bomgate.db",
        "sqlite+pysqlite:////var/lib/bomgate/a.db",
        "sqlite:///with%20space%3F.db",
        "sqlite:///a@b:c/d.db",
        "sqlite:///a.db?timeout=1",
        "postgresql://user@db.test/bomgate",
    ],
)
def test_the_file_of_an_address_is_the_one_that_sqlalchemy_reads(address: str) -> None:
    assert file_of(address) == sqlite_path(parse_address(address))
    inside = in_folder(address, Path("/etc/bom gate/50%?"))
    path = file_of(address)
    assert sqlite_path(parse_address(inside)) == (None if path is None else Path("/etc/bom gate/50%?") / path)


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:a.db", "sqlite:///%3Amemory:"])
def test_what_names_no_file_is_refused(address: str) -> None:
    assert plain_file(address) is None
    with pytest.raises(ConfigError):
        file_of(address)
