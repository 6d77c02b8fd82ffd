"""The scripts in ``findings``: each says what was seen, and with which version. They are run by hand."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted((ROOT / "findings").glob("*"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_finding_has_the_form_that_contributing_asks_for(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    head = text.split("set -euo pipefail")[0]
    assert script.suffix == ".sh"
    assert os.access(script, os.X_OK)
    assert text.startswith("#!/usr/bin/env bash\n# ")
    assert re.search(r"^# Seen with: .*\d+\.\d+", head, re.MULTILINE), "package and version"
    assert re.search(r"\d{4}-\d\d-\d\d", head), "the day"
    assert "# For users: " in head
    assert "mktemp -d" in text, "everything happens in a folder that goes away"
    assert "webhook" not in text, "bomgate plays no part in what the script runs"
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
