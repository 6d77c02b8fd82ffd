"""Write the hashed requirements locks anew from pyproject.toml: ``make lock``.

``requirements/run.txt`` is what the product needs, ``requirements/dev.txt`` adds what its tests need; both hold for
every platform and name no package index.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMON = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]


def main() -> None:
    """Lock both sets; the second one within the versions of the first."""
    run, dev = "requirements/run.txt", "requirements/dev.txt"
    _compile(["-o", run])
    _compile(["--extra", "dev", "-c", run, "-o", dev])


def _compile(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "uv", "pip", "compile", *COMMON, *arguments, "pyproject.toml"]
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
