"""Make an environment from hashed locks and say how far it is: ``python3 .ci/environment.py PYTHON LOCK...``.

PYTHON is that of the new environment, which also gets bomgate itself, in place. The Makefile calls it. Standard library
only, because there is no environment yet.
"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIP = ["-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off"]
_PAUSE = 10.0
"""Seconds between two lines where the output is no terminal."""


class Progress:
    """One line that says what is going on and for how long.

    Args:
        total: the packages in the locks; some are for other platforms.
    """

    def __init__(self, total: int) -> None:
        self._total, self._count, self._text = total, 0, "starting pip"
        self._began, self._ended = time.monotonic(), threading.Event()
        self._width = 0

    def saw(self, line: str) -> None:
        """Take note of a line of pip's output."""
        if match := re.match(r"(?:Collecting|Requirement already satisfied:) ([\w.-]+)", line):
            self._count += 1
            self._text = f"{self._count} of about {self._total}: {match[1]}"
        elif line.startswith("Installing collected packages"):
            self._text = f"unpacking {self._count} packages, the longest step"
        elif line.startswith("Obtaining"):
            self._text = "bomgate itself"

    def show(self) -> None:
        """Write the line again and again until the end."""
        lively = sys.stderr.isatty()
        while not self._ended.wait(0.5 if lively else _PAUSE):
            line = f"  {time.monotonic() - self._began:3.0f} s  {self._text}"
            self._width = max(self._width, len(line))
            print(line.ljust(self._width), end="\r" if lively else "\n", file=sys.stderr, flush=True)

    def end(self) -> float:
        """Stop; the seconds it took."""
        self._ended.set()
        if self._width and sys.stderr.isatty():
            print(" " * self._width, end="\r", file=sys.stderr)
        return time.monotonic() - self._began


def main(python: str, locks: list[str]) -> None:
    """Install the locks, then bomgate."""
    total = sum(len(re.findall(r"^[a-z0-9]", (ROOT / lock).read_text("utf-8"), re.MULTILINE)) for lock in locks)
    print(f"Setting up .venv (once): {total} packages, checked by their hashes ...", file=sys.stderr, flush=True)
    progress = Progress(total)
    shower = threading.Thread(target=progress.show, daemon=True)
    shower.start()
    requirements = [part for lock in locks for part in ("-r", lock)]
    # The lock has the build's own requirements, so nothing is downloaded a second time into a build environment.
    for arguments in (["--require-hashes", *requirements], ["--no-deps", "--no-build-isolation", "-e", "."]):
        last: deque[str] = deque(maxlen=40)
        command = [python, *PIP, *arguments]
        pip = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert pip.stdout is not None
        for line in pip.stdout:
            last.append(line)
            progress.saw(line)
        if pip.wait() != 0:
            progress.end()
            sys.exit("".join(last) + f"pip could not set up .venv: {' '.join(command)}")
    print(f"  ready after {progress.end():.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
