"""A writer that is killed at any moment leaves a consistent database, in which others go on writing."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable

from tests.unit.store.consistency import check
from tests.unit.store.writer import write
from webhook.store.repositories import Store

ROUNDS = 3


def test_a_killed_writer_leaves_a_consistent_database(opened: Callable[..., Store], database_url: str) -> None:
    store = opened(database_url, busy_timeout_ms=20_000)
    store.prepare()
    dice = random.Random(7)
    revisions = [store.feed.position().revision]
    for round_number in range(ROUNDS):
        command = [sys.executable, "-m", "tests.unit.store.writer", database_url, f"killed{round_number}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"writing\n"
            time.sleep(dice.uniform(0.01, 0.2))
            writer.kill()
        check(database_url)
        write(store, f"survivor{round_number}", round_number)
        check(database_url)
        revisions.append(store.feed.position().revision)
    assert revisions == sorted(set(revisions))
    assert store.feed.changes().component_ids.tolist() == list(range(store.admin.status().counts["components"]))
