"""Garbage: how often a process looks for it.

What is loaded at the start stays to the end, and Python looks through it again and again while more is loaded, and once
more at the end. That is a fifth of the time of a short command, and of the start of a service.
"""

from __future__ import annotations

import gc

_USUAL = gc.get_threshold()
_NEW_OBJECTS = 200_000
"""After so many new objects a process that loads looks for garbage: more than what a command loads. Python's is 700."""


def look_rarely() -> None:
    """Look as often as a short command has to, and a service until it has loaded what it uses."""
    gc.set_threshold(_NEW_OBJECTS)


def look_as_usual() -> None:
    """Look as often as Python does from now on, in a process that runs for long, and never through what is there."""
    gc.freeze()
    gc.set_threshold(*_USUAL)


def look_no_more() -> None:
    """Leave everything to the end of the process, which is near."""
    gc.freeze()
