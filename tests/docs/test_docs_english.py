"""The words of bomgate: phrases that read as translated stay out of the documentation, the messages and the code."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

BANNED = {
    r"anew": "archaic; write *again*, or a verb such as *restart* or *recreate*",
    r"of its own": "write *its own*, *a separate* or *dedicated*",
    r"who asks": "name the person or program: *the user*, *the caller*",
    r"for one in": "a loop variable says what it holds: `for image in images`",
    r"ones|each_one": "as a variable: says nothing of what it holds",
    r"the one that": "repeat the noun",
    r"is put to": "use a verb: *asks*, *uses*",
    r"lets? in": "an image, a Pod or a workload is *admitted*",
    r"whose time has come": "write *due*",
    r"it is told": "name who tells whom, or use a verb",
    r"cannot be had": "write *is not available*",
}
"""Phrases, as patterns of whole words, each with what a native speaker of this field writes instead.

The reader of an error message or a runbook is in a hurry, and often reads English as a second language. Each of these
phrases stood in dozens of places and made sentences longer or their subject unclear.
"""

_AS_VARIABLES = {r"ones|each_one": r"\b(?:for|lambda) (?:ones|each_one)\b|\b(?:ones|each_one) = "}
_ENDINGS = (".md", ".py", ".html", ".yaml", ".tpl", ".txt", ".json", ".sh")
_LEFT_OUT = ("tests/docs/test_docs_english.py",)


def _files() -> list[Path]:
    """The text files of the repository, as git lists them; without git, as the folders hold them."""
    try:
        listed = subprocess.run(
            ["git", "-C", str(ROOT), "ls-files"], capture_output=True, text=True, check=True
        ).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        folders = ("webhook", "tests", "docs", "bench", "charts", "findings")
        paths = [path for folder in folders for path in (ROOT / folder).rglob("*")] + list(ROOT.glob("*.md"))
        listed = [str(path.relative_to(ROOT)) for path in paths]
    names = [name for name in listed if name.endswith(_ENDINGS) and not name.startswith(_LEFT_OUT)]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


@pytest.mark.parametrize("phrase", BANNED)
def test_a_banned_phrase_is_nowhere(phrase: str) -> None:
    pattern = re.compile(_AS_VARIABLES.get(phrase, rf"\b(?:{phrase})\b"), re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in _files()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if pattern.search(line)
    ]
    assert found == [], BANNED[phrase]


def test_the_check_reads_documentation_messages_and_code() -> None:
    names = {str(path.relative_to(ROOT)) for path in _files()}
    assert {"README.md", "docs/runbooks/denials.md", "webhook/policy/messages.py", "tests/conftest.py"} <= names
