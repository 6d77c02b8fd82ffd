"""Tests that failed in a run of everything run once more: what passes then has to have passed, not only not failed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).resolve().parents[1] / "run.py"
TESTS = """
import pytest

def test_passes():
    pass

def test_fails():
    assert False, "for a test"

def test_is_skipped():
    pytest.skip("for a test")
"""


@pytest.mark.parametrize(
    ("names", "code"),
    [(["passes"], 0), (["fails"], 1), (["is_skipped"], 1), (["passes", "fails"], 1), (["passes", "is_skipped"], 1)],
)
def test_all_have_to_pass_when_they_run_alone(tmp_path: Path, names: list[str], code: int) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)
    tests = [f"{tmp_path}/test_some.py::test_{name}" for name in names]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    ran = subprocess.run(
        [sys.executable, str(RUN), "--rerun", *tests], env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == code, ran.stdout + ran.stderr
