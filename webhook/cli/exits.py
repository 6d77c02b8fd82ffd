"""Exit codes: what the end of a command tells a script."""

from __future__ import annotations

import enum

from webhook.errors import BomgateError, ConfigError, InvalidInput
from webhook.model.actions import Action


class Exit(enum.IntEnum):
    """How a command ended."""

    DONE = 0
    """Done; what was checked is allowed, warnings included."""
    DENIED = 1
    """What was checked is denied."""
    INPUT = 2
    """The command line, a setting or an input cannot be used."""
    UNDECIDED = 3
    """No decision could be made, or the work is not complete: a source, the database, a bug."""
    INTERRUPTED = 130
    """Ctrl-C; 128 and the number of the signal, as shells have it."""
    UNREAD = 141
    """Whoever read the output went away before its end (SIGPIPE); not 0, for it may have held a denial."""


def exit_for(problem: BomgateError) -> Exit:
    """The exit code for an error."""
    return Exit.INPUT if isinstance(problem, InvalidInput | ConfigError) else Exit.UNDECIDED


def exit_of(action: Action, *, undecided: bool) -> Exit:
    """The exit code for a decision; a denial is certain whatever else could not be decided."""
    if action is Action.DENY:
        return Exit.DENIED
    return Exit.UNDECIDED if undecided else Exit.DONE
