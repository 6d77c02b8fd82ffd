"""Make an environment from hashed locks and say how far it is: ``python3 .ci/environment.py PYTHON LOCK...``.

PYTHON is that of the new environment, which also gets bomgate itself, in place. The Makefile calls it. uv, which pip
brings by its hash, does it in seconds; where uv cannot, pip does it. Standard library only, because there is no
environment yet.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIP = ["-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off"]
UV = ["-m", "uv", "pip", "install", "--no-progress", "--python"]
INSTALLER = "requirements/installer.txt"
FOR_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "default-timeout": "UV_HTTP_TIMEOUT",
}
"""What pip was told, by configuration or environment → the variable that tells it to uv, which reads neither."""
_PAUSE = 10.0
"""Seconds between two lines where the output is no terminal."""


class Progress:
    """One line that says what is going on and for how long.

    Args:
        total: the packages in the locks; some are for other platforms.
    """

    def __init__(self, total: int) -> None:
        self._total, self._count, self._text = total, 0, "getting the installer"
        self._began, self._ended = time.monotonic(), threading.Event()
        self._width = 0

    def saw(self, line: str) -> None:
        """Take note of a line of uv's or pip's output."""
        if match := re.match(r"(?:Collecting|Requirement already satisfied:) ([\w.-]+)", line):
            self._count += 1
            self._text = f"{self._count} of about {self._total}: {match[1]}"
        elif line.startswith("Resolved"):
            self._text = f"downloading about {self._total} packages"
        elif line.startswith("Installing collected packages") and self._count > 1:
            self._text = f"unpacking {self._count} packages, the longest step"
        elif line.startswith(("Installed", "Obtaining")):
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
    threading.Thread(target=progress.show, daemon=True).start()
    requirements = [part for lock in locks for part in ("-r", lock)]
    # The lock has the build's own requirements, so nothing is downloaded a second time into a build environment.
    steps = (["--require-hashes", *requirements], ["--no-deps", "--no-build-isolation", "-e", "."])
    said = _run([python, *PIP, "--require-hashes", "-r", INSTALLER], progress, dict(os.environ))
    for_uv = {**os.environ, **_told_to_pip(python)}
    for arguments in steps:
        if said is None:
            said = _run([python, *UV, python, *arguments], progress, for_uv)
        if said is not None and (failed := _run([python, *PIP, *arguments], progress, dict(os.environ))) is not None:
            progress.end()
            sys.exit(f"{failed}pip could not set up .venv: {' '.join([python, *PIP, *arguments])}")
    print(f"  ready after {progress.end():.0f} s", file=sys.stderr, flush=True)


def _run(command: list[str], progress: Progress, environment: dict[str, str]) -> str | None:
    """Run a step; the end of what it said where it failed."""
    last: deque[str] = deque(maxlen=40)
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=pipe, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            last.append(line)
            progress.saw(line)
    return "".join(last) if process.returncode else None


def _told_to_pip(python: str) -> dict[str, str]:
    """The variables that tell uv where packages come from, as pip was told."""
    listed = subprocess.run([python, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False).stdout
    told = re.findall(r"^[^=]*\.([\w-]+)='(.*)'$", listed, re.MULTILINE)
    return {FOR_UV[name]: value for name, value in told if name in FOR_UV}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
