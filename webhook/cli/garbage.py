"""Garbage: how often a process looks for it.

What is loaded at the start stays to the end, and Python looks through it again and again while more is loaded, and once
more at the end. That is a fifth of the time of a short command.
"""

from __future__ import annotations

import gc

_USUAL = gc.get_threshold()
_NEW_OBJECTS = 50_000
"""After so many new objects a short command looks for garbage; Python's own number is 700."""


def look_rarely() -> None:
    """Look as often as a short command has to."""
    gc.set_threshold(_NEW_OBJECTS)


def look_as_usual() -> None:
    """Look as often as Python does, in a process that runs for long."""
    gc.set_threshold(*_USUAL)


def look_no_more() -> None:
    """Leave everything to the end of the process, which is near."""
    gc.freeze()
