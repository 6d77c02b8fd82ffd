"""Sources of a release: the files of the commit, and what they say of the version."""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class ReleaseError(Exception):
    """A part of a release cannot be made; the text says why and what would help."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The files that a release is made of.

    Attributes:
        folder: with the files of the commit.
        revision: the commit.
        seconds: when it was made, in seconds since 1970; files of the release carry this time.
        is_clean: whether the working tree has nothing beside it.
    """

    folder: Path
    revision: str
    seconds: int
    is_clean: bool

    @property
    def version(self) -> str:
        """The version that the program reports.

        Raises:
            ReleaseError: the chart has another one.
        """
        version = _said(self.folder / "webhook" / "__init__.py", r'^__version__ = "([^"]+)"$')
        chart = self.folder / "charts" / "bomgate" / "Chart.yaml"
        for key in ("version", "appVersion"):
            if _said(chart, rf'^{key}: "?([^"\s]+)"?$') != version:
                raise ReleaseError(f"The program has version {version}, and Chart.yaml another {key}.")
        return version

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which builders make the same bytes of the same commit."""
        return {**os.environ, "SOURCE_DATE_EPOCH": str(self.seconds), "PYTHONHASHSEED": "0"}


def _said(file: Path, pattern: str) -> str:
    match = re.search(pattern, file.read_text(encoding="utf-8"), re.MULTILINE)
    if match is None:
        raise ReleaseError(f"{file.name} names no version.")
    return match[1]


@contextmanager
def exported(root: Path = ROOT) -> Iterator[Sources]:
    """The files of the commit that is checked out, in a folder that goes away.

    Raises:
        ReleaseError: this is no checkout.
    """
    if not (root / ".git").exists():
        raise ReleaseError("A release is made from a git checkout, and this is none.")
    revision, seconds = _git(root, "log", "-1", "--format=%H %ct").split()
    with tempfile.TemporaryDirectory(prefix="bomgate-release-") as scratch:
        archive, folder = Path(scratch) / "sources.tar", Path(scratch) / "bomgate"
        _git(root, "archive", "--output", str(archive), revision)
        with tarfile.open(archive) as files:
            files.extractall(folder, filter="data")
        yield Sources(folder, revision, int(seconds), not _git(root, "status", "--porcelain"))


def _git(root: Path, *arguments: str) -> str:
    return run("git", "-C", str(root), *arguments).strip()


def run(*command: str, cwd: Path | None = None, environment: dict[str, str] | None = None) -> str:
    """The output of a command that has to succeed.

    Raises:
        ReleaseError: it did not, or is not installed; with the end of its output.
    """
    try:
        done = subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
        )
    except FileNotFoundError as problem:
        raise ReleaseError(f"{command[0]} is not installed.") from problem
    if done.returncode != 0:
        raise ReleaseError(f"{' '.join(command[:6])} … failed: {(done.stderr or done.stdout).strip()[-1500:]}")
    return done.stdout


def notes(sources: Sources) -> str:
    """What the changelog says of the version.

    Raises:
        ReleaseError: it has no section for it, or entries that are in no version yet.
    """
    text = (sources.folder / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## \[([^\]]+)\][^\n]*\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    if not sections.get(sources.version, "").strip():
        raise ReleaseError(f"CHANGELOG.md has no section for {sources.version}.")
    if re.search(r"^- ", sections.get("Unreleased", ""), re.MULTILINE):
        raise ReleaseError(f"CHANGELOG.md has entries under Unreleased; are they part of {sources.version}?")
    return f"# bomgate {sources.version}\n\n{sections[sources.version].strip()}\n"
