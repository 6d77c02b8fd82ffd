"""A new SQLite file of the tests is one that the migrations have made."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import migrated
from webhook.store import schema
from webhook.store.repositories import Store

Open = Callable[..., Store]


def content(opened: Open, path: Path) -> list[str]:
    """The statements that make a new file, without what is random."""
    opened(f"sqlite:///{path}").admin.upgrade()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [re.sub(r"'[0-9a-f]{32}'", "random", line) for line in connection.iterdump()]


def test_a_file_holds_what_the_migrations_make(opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = content(opened, tmp_path / "given.db")
    monkeypatch.setattr(schema, "upgrade", migrated.migrate)
    assert given == content(opened, tmp_path / "made.db")
    assert len(given) > 100


def test_each_file_has_an_identity(opened: Open, tmp_path: Path) -> None:
    stores = [opened(f"sqlite:///{tmp_path / name}.db") for name in "ab"]
    assert len({store.feed.position().store for store in stores}) == 2
    assert len({store.feed.position().mark for store in stores}) == 2
