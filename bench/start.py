"""The start of a command: processor time of whole processes of ``bomgate check`` and ``bomgate --help``.

``check`` judges a manifest with one Deployment, denied, from an SQLite store with the SBOMs and reports of the demo.
SBOMs of unknown images would come from a directory, so that no registry is looked into.

``BENCH_BASE=/path/to/checkout`` names another build. It fills its own store, each command of both runs in turn,
and what counts is the median of the pairs.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench import Row, show
from bench.processes import ROOT

RUNS = 9
GOALS = {"check": 0.35, "--help": 1.05}
"""Processor time beside the former build."""

_FILL = """
import json, sys
from pathlib import Path
from webhook.bootstrap import open_parts
from webhook.cli.demo.images import IMAGES, read_data
try:
    from webhook.engines.importer import Document
except ImportError:  # an older build
    from webhook.engines.importing import Document
from webhook.settings import load_settings
folder = Path(sys.argv[1])
config = folder / "bomgate.yaml"
url = f"sqlite:///{folder / 'bomgate.db'}"
sboms = {"sources": ["directory"], "directory": str(folder)}
config.write_text(json.dumps({"database": {"url": url}, "sbom": sboms}))
parts = open_parts(load_settings(config, environment={}), recording=read_data("component-reports.json"))
for _ in parts.importer().run([Document(i.document, i.digest, i.sbom, i.tagged) for i in IMAGES], place="added"):
    pass
parts.downloader().run()
parts.store.close()
(folder / "deployment.yaml").write_text(json.dumps(IMAGES[0].manifest()))
"""


class Build(NamedTuple):
    """A checkout, and a folder with a store that it filled."""

    root: Path
    folder: Path

    @property
    def python(self) -> str:
        """The interpreter of its environment; this one where it has none."""
        own = self.root / ".venv" / "bin" / "python"
        return str(own) if own.exists() else sys.executable

    @property
    def environment(self) -> dict[str, str]:
        """Variables for its processes; compiled modules are kept, as they are where bomgate is installed."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**kept, "PYTHONPATH": str(self.root)}

    def fill(self) -> None:
        """Fill the store."""
        self.folder.mkdir()
        command = [self.python, "-c", _FILL, str(self.folder)]
        subprocess.run(command, cwd=self.root, env=self.environment, check=True)

    def cpu_seconds(self, arguments: Sequence[str], exit_code: int) -> float:
        """User and system time of one command."""
        command = [self.python, "-m", "webhook", *arguments]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != exit_code:
            raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}: {done.stderr.decode()}")
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


COMMANDS = {"check": (("--config", "bomgate.yaml", "check", "deployment.yaml"), 1), "--help": (("--help",), 0)}


def main() -> list[Row]:
    """Measure and print."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        builds = [Build(ROOT, Path(name, "ours"))]
        if former := os.environ.get("BENCH_BASE"):
            builds.append(Build(Path(former), Path(name, "former")))
        for build in builds:
            build.fill()
        for verb, (arguments, exit_code) in COMMANDS.items():
            for build in builds:
                build.cpu_seconds(arguments, exit_code)  # compiles what is not compiled yet
            rounds = [[build.cpu_seconds(arguments, exit_code) for build in builds] for _ in range(RUNS)]
            seconds = statistics.median(other_round[0] for other_round in rounds)
            rows.append(Row(f"bomgate {verb}, CPU", f"{seconds:.2f} s"))
            if former:
                ratio = statistics.median(ours / theirs for ours, theirs in rounds)
                goal = GOALS[verb]
                rows.append(Row("  beside the former build", f"{ratio:.2f}x", f"<= {goal}x", ratio <= goal))
    show("Start of a command", rows)
    return rows


if __name__ == "__main__":
    main()
