"""The process: what of its environment concerns how it runs rather than what it does."""

from __future__ import annotations

import os
from pathlib import Path

_METRICS = "PROMETHEUS_MULTIPROC_DIR"
_OURS = "BOMGATE_METRICS_DIRECTORY"
"""Says that the folder was made by the process that started this one, and not by somebody who would miss it."""


def metrics_directory() -> Path | None:
    """The folder of :func:`environment_with` or :func:`enter_environment_with`; None where neither was called."""
    folder = os.environ.get(_OURS)
    return Path(folder) if folder and folder == os.environ.get(_METRICS) else None


def environment_with(folder: Path) -> dict[str, str]:
    """The environment for a process whose workers share their metrics through a folder.

    ``prometheus_client`` looks at the variable when it is imported.
    """
    return {**os.environ, _METRICS: str(folder), _OURS: str(folder)}


def enter_environment_with(folder: Path) -> None:
    """Give this process that environment; of use only before ``prometheus_client`` is imported."""
    os.environ.update(environment_with(folder))


def environment_without_settings() -> dict[str, str]:
    """The environment without anything that would change a setting."""
    prefixes = ("BOMGATE_", "OSS_INDEX_", "PROMETHEUS_MULTIPROC_DIR")
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
