"""Processes that begin in one which has loaded the product behave as those of a new interpreter."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.preloaded import ROOT

PROGRAM = "tests.unit.preloadedprogram"
EXECUTED = [sys.executable, "-X", "utf8", "-m", PROGRAM]
"""An option of the interpreter cannot be given later: this one is executed."""
PRELOADED = [sys.executable, "-m", PROGRAM]


def ran(command: list[str], folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit code and output, where the process is a child of this one."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COLOUR": "blue", "TMPDIR": str(folder)}
    done = subprocess.run(
        [*command, *arguments], input="given", capture_output=True, text=True, cwd=folder, env=environment, timeout=60
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("arguments", [("7", "two words"), ("0",), ("raise",), ("again",)], ids=" ".join)
def test_it_is_what_a_new_interpreter_is(arguments: tuple[str, ...], tmp_path: Path) -> None:
    executed, preloaded = (ran(command, tmp_path, *arguments) for command in (EXECUTED, PRELOADED))
    assert preloaded[:2] == executed[:2]
    assert preloaded[2].splitlines()[-1:] == executed[2].splitlines()[-1:]
    assert f"child of {os.getpid()}" in preloaded[1]


def test_it_ends_by_signals(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [*PRELOADED, "wait"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, start_new_session=True) as process:
        assert process.stdout is not None
        assert b"waits" in process.stdout.read(5)
        assert os.getsid(process.pid) == process.pid
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(30) == -signal.SIGTERM
