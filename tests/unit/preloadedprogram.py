"""A program that tells how it was started; tests/unit/test_preloaded.py starts it in two ways."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

if __name__ == "__main__":
    what = sys.argv[1]
    if what == "wait":
        print("waits", flush=True)
        time.sleep(60)
    if what == "again" and "AGAIN" not in os.environ:
        environment = {**os.environ, "AGAIN": "yes"}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # itself
    print(sys.argv[1:], os.environ["COLOUR"], os.environ.get("AGAIN"), Path.cwd(), tempfile.gettempdir())
    print(sys.stdin.read(), __name__, f"child of {os.getppid()}")
    if what == "raise":
        raise ValueError(what)
    if what != "again":
        sys.exit(int(what))
