"""Debian's chromium, driven by Playwright, and axe-core from npm, fetched once into the cache folder."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

from tests.parts import unavailable

AXE = "4.10.3"
AXE_SHA256 = "880970c081707360e64f34cea25ff91892f5bc95675b0776925b9709dd8a68bb"
_SETTINGS = """
requests: {allowSelf: true}
notifications:
  destinations:
    - {name: nobody-there, kind: webhook, url: "http://127.0.0.1:9/", plainHttp: true}
"""
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bomgate-tools"


def program() -> str:
    """The path of chromium; the test is skipped loudly where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        unavailable("Chromium is not installed (Debian's package chromium): no test in a browser")
    return found


def axe() -> str:
    """The source of axe-core, from npm's own client."""
    target = _CACHE / f"axe-core-{AXE}" / "axe.min.js"
    if not target.exists():
        npm = shutil.which("npm")
        if npm is None:
            unavailable("npm is not installed: no test of accessibility")
        target.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [npm, "pack", f"axe-core@{AXE}", "--silent"], cwd=target.parent, capture_output=True, text=True, timeout=120
        )
        if done.returncode:
            unavailable(f"axe-core is not available: {done.stderr.strip()[-200:]}")
        with tarfile.open(target.parent / done.stdout.strip().splitlines()[-1]) as archive:
            member = archive.extractfile("package/axe.min.js")
            assert member is not None
            target.write_bytes(member.read())
    source = target.read_bytes()
    assert hashlib.sha256(source).hexdigest() == AXE_SHA256, "axe-core is not the pinned version"
    return source.decode()


class ConsoleProcess:
    """``bomgate console`` as a separate process.

    Args:
        database: its address.
        folder: for its log.
    """

    def __init__(self, database: str, folder: Path) -> None:
        self.database, self.folder = database, folder
        self._log = folder / "console.log"
        config = folder / "bomgate.yaml"
        config.write_text(_SETTINGS, encoding="utf-8")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BOMGATE_")}
        environment |= {
            "BOMGATE_CONFIG": str(config),
            "BOMGATE_DATABASE_URL": database,
            "HOME": str(folder),
            "BOMGATE_OSSINDEX_TOKEN": "sonatype_pat_x",
        }
        with self._log.open("wb") as log:
            command = [sys.executable, "-m", "webhook", "console", "--listen", "127.0.0.1:0"]
            self._process = subprocess.Popen(command, env=environment, stderr=log, stdout=log)

    def link(self) -> str | None:
        """The newest one-time link; None before there is one."""
        found: list[Any] = re.findall(r"http://\S+/sign-in\?token=\S+", self._log.read_text(encoding="utf-8"))
        return str(found[-1]) if found else None

    @property
    def log(self) -> str:
        """What it wrote."""
        return self._log.read_text(encoding="utf-8")

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
