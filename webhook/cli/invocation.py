"""An invocation: the global options of one command, and the settings and parts that follow from them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from webhook.bootstrap import Parts, open_parts
from webhook.cli import garbage
from webhook.settings import Settings, load_settings
from webhook.telemetry import set_up_logs

QUIET = ("debug", "error")
"""Levels at which a short command keeps to the settings; else it says only what is wrong."""


class StandardError:
    """Whatever standard error is at the moment of writing: a progress bar puts itself in its place for a while."""

    def write(self, text: str) -> int:
        """Write text."""
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Send it on its way."""
        sys.stderr.flush()


@dataclass
class Invocation:
    """What was said before, or beside, the options of a verb.

    Attributes:
        config: the settings file; None leaves it to ``BOMGATE_CONFIG``.
        log_level: None leaves it to the settings.
    """

    config: Path | None = None
    log_level: str | None = None

    def settings(self, flags: Mapping[str, Any] | None = None, *, runs_long: bool = False) -> Settings:
        """Load the settings and set up the log.

        Args:
            flags: values of the verb's options, keyed ``group.field``.
            runs_long: the command is a service or a job whose log is collected; others speak to a person.

        Raises:
            ConfigError: a setting cannot be used.
        """
        settings = load_settings(self.config, {"log.level": self.log_level, **(flags or {})})
        level, style = settings.log.level, settings.log.format
        if not runs_long and self.log_level is None and level not in QUIET:
            level = "warning"
        if style == "auto":
            style = "json" if runs_long and not sys.stderr.isatty() else "text"
        set_up_logs(level, style, StandardError())
        return replace(settings, log=replace(settings.log, level=level, format=style))

    def parts(self, flags: Mapping[str, Any] | None = None, *, runs_long: bool = False, creates: bool = False) -> Parts:
        """Load the settings and join the parts; the database is closed when the command ends.

        Args:
            flags: see :meth:`settings`.
            runs_long: see :meth:`settings`.
            creates: make an SQLite file that is not there. Commands that only read leave it off: a mistyped address
                would become a new and empty database, in which nothing is known to be bad.

        Raises:
            ConfigError: a setting cannot be used.
        """
        parts = open_parts(self.settings(flags, runs_long=runs_long), create=creates)
        if runs_long:
            garbage.look_as_usual()
        context = click.get_current_context(silent=True)
        if context is not None:
            context.call_on_close(parts.store.close)
        return parts
