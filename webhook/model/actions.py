"""Actions: allow, warn and deny, and which of several is the worst."""

from __future__ import annotations

import enum
from collections.abc import Iterable


class Action(enum.IntEnum):
    """What to do; the larger one is the worse one, so that ``max`` gives the worst."""

    ALLOW = 0
    WARN = 1
    DENY = 2

    @property
    def word(self) -> str:
        """``allow``, ``warn`` or ``deny``, as configuration and JSON spell it."""
        return self.name.lower()


def worst(actions: Iterable[Action]) -> Action:
    """The worst of several actions; ALLOW when there is none."""
    return max(actions, default=Action.ALLOW)
