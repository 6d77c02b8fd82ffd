"""What takes long to make for a node, made once: folders under ``~/.cache/bomgate-tools``, named after a digest."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.e2e.controlplane.build import UnavailableError, tools_home
from tests.node import machine


def digest(*content: str | Path) -> str:
    """A short digest of texts, of files, and of all files below folders."""
    found = hashlib.sha256()
    for text in content:
        if isinstance(text, str):
            found.update(text.encode())
            continue
        for file in _files(text):
            found.update(f"{file.relative_to(text)}\0".encode() + file.read_bytes())
    return found.hexdigest()[:16]


def _files(path: Path) -> Iterable[Path]:
    if path.is_file():
        return [path]
    return sorted(file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)


def once(name: str, key: str, make: Callable[[Path], None]) -> Path:
    """Make a folder once, whole or not at all, and by one process at a time."""
    target = tools_home() / f"{name}-{key}"
    if (target / "complete").exists():
        target.touch()
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (target / "complete").exists():
            began = time.monotonic()
            scratch = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=target.parent))
            try:
                scratch.chmod(0o755)
                make(scratch)
                (scratch / "complete").write_text(key)
                shutil.rmtree(target, ignore_errors=True)
                scratch.rename(target)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
            print(f"{name} made in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return target


def prune(name: str, keep: int) -> None:
    """Remove all but the newest folders of a name."""
    made = sorted(tools_home().glob(f"{name}-*/complete"), key=lambda path: path.parent.stat().st_mtime)
    for old in made[:-keep]:
        shutil.rmtree(old.parent, ignore_errors=True)


def run(*command: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    """Run a command that has to succeed.

    Raises:
        UnavailableError: it did not; with the end of its output.
    """
    environment = {**(env or os.environ), "PATH": machine.search_path(), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise UnavailableError(f"{' '.join(command[:8])} failed:\n{(done.stdout + done.stderr)[-3000:]}")
