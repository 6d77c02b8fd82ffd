"""Processes that are killed at any moment: a model on disk is the old one or the new one, and what runs stays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.unit.store.killedpruner import RUNS

ROOT = Path(__file__).resolve().parents[3]


def lines_of(program: str, argument: str, home: Path) -> list[Any]:
    """What a program of this folder prints."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", f"tests.unit.store.{program}", argument]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=280, check=False)
    assert ran.returncode == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_a_worker_that_is_killed_while_it_builds_or_swaps_leaves_the_old_model_or_the_new_one(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    *killed, last = lines_of("killedsaver", str(tmp_path / "folder"), tmp_path)
    assert len(killed) >= 100
    assert all(was_killed for was_killed, *_ in killed)
    assert {found for _, found, _ in killed} == {"old", "new"}
    assert {tuple(litter) for *_, litter in killed} == {()}
    assert last == [False, "new", []]


def test_a_pass_that_is_killed_at_any_step_takes_nothing_that_runs(database_url: str, tmp_path: Path) -> None:
    lines = lines_of("killedpruner", database_url, tmp_path)
    assert sum(was_killed for was_killed, *_ in lines) >= 100
    assert {tuple(facts) for *_, facts in lines} == {(1, 1)}
    assert lines[-1][:2] == [False, [RUNS]], "what was left is taken by the next pass"
