"""Opening a new SQLite file while somebody else has it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.fakes import FakeClock
from webhook.errors import StoreUnreachable
from webhook.store.options import StoreOptions
from webhook.store.repositories import open_store

pytestmark = pytest.mark.usefixtures("migrations")


def test_a_new_file_that_another_process_is_just_setting_up_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "bomgate.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.3, other.execute, ["COMMIT"])
    timer.start()
    store = open_store(StoreOptions(url=f"sqlite:///{path}", busy_timeout_ms=20_000), FakeClock())
    try:
        store.admin.upgrade()
        assert store.feed.position().revision == 0
    finally:
        timer.join()
        store.close()
        other.close()


def test_one_that_stays_locked_is_said_to_be_busy(tmp_path: Path) -> None:
    path = tmp_path / "bomgate.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store = open_store(StoreOptions(url=f"sqlite:///{path}", busy_timeout_ms=50), FakeClock())
    try:
        with pytest.raises(StoreUnreachable, match="is busy"):
            store.admin.upgrade()
    finally:
        store.close()
        other.close()


def test_a_process_that_looks_at_its_file_keeps_its_locks(tmp_path: Path) -> None:
    """Else the log is removed under its connections by whoever ends next, and the file is damaged."""
    path = tmp_path / "b.db"
    store = open_store(StoreOptions(url=f"sqlite:///{path}"), FakeClock())
    store.admin.upgrade()
    for _ in range(2):
        store.admin.status()
        beside = open_store(StoreOptions(url=f"sqlite:///{path}"), FakeClock())  # as a run of the same process has it
        beside.admin.status()
        beside.close()
    other = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT count(*) FROM runs'); c.close()"
    subprocess.run([sys.executable, "-c", other, str(path)], check=True, timeout=60)
    assert path.with_name("b.db-wal").exists()
    store.close()
