"""Write the hashed requirements locks from pyproject.toml: ``make lock``, or ``make lock LOCK=--upgrade``.

``requirements/run.txt`` is what the product needs, ``requirements/dev.txt`` adds what its tests need, and
``requirements/build.txt`` is what makes a wheel of it, and ``requirements/installer.txt`` is uv; all hold for every
platform and name no package index. Versions stay as they are unless pyproject.toml asks for others or ``--upgrade`` is
given.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMON = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]


def main() -> None:
    """Lock all sets; each within the versions of the one before."""
    run, dev, build, installer = (f"requirements/{name}.txt" for name in ("run", "dev", "build", "installer"))
    _compile(["-o", run, "pyproject.toml"])
    _compile(["--extra", "dev", "-c", run, "-o", dev, "pyproject.toml"])
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    _compile(["-c", dev, "-o", build, "-"], "\n".join(wanted))
    _compile(["-o", installer, "-"], "uv")


def _compile(arguments: list[str], requirements: str | None = None) -> None:
    command = [sys.executable, "-m", "uv", "pip", "compile", *COMMON, *sys.argv[1:], *arguments]
    subprocess.run(command, cwd=ROOT, check=True, input=requirements, text=True)


if __name__ == "__main__":
    main()
