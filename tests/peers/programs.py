"""Programs of others, built once from their Go modules."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NamedTuple


class GoProgram(NamedTuple):
    """A program that tests compare with.

    Attributes:
        name: of the program.
        module: of Go, with the path of the command.
        version: of the module.
        variable: of the environment, which names another build.
        options: of ``go install``.
        environment: of the build, beside that of this process.
    """

    name: str
    module: str
    version: str
    variable: str
    options: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()

    def find(self) -> Path | None:
        """What the variable names, or what was built; None where it is not here."""
        if named := os.environ.get(self.variable):
            return Path(named)
        built = self._folder / self.name
        return built if built.is_file() else None

    def build(self) -> Path:
        """Build the program where it is not here; Go checks the module against its public sum database."""
        found = self.find()
        if found is None:
            environment = {**os.environ, "GOBIN": str(self._folder), "GOTOOLCHAIN": "local", **dict(self.environment)}
            command = ["nice", "-n", "10", "go", "install", *self.options, f"{self.module}@{self.version}"]
            subprocess.run(command, env=environment, check=True)
            found = self._folder / self.name
        return found

    @property
    def _folder(self) -> Path:
        return Path.home() / ".cache" / "bomgate-tools" / f"{self.name}-{self.version}"
