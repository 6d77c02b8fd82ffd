"""Forks that kill themselves at a chosen step, so that a test sees what a kill at any moment leaves behind.

A process that forks has no open database and no threads at that moment, so these are for programs, not for pytest.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Collection
from types import FrameType
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

_EVENTS = ("before_cursor_execute", "after_cursor_execute", "begin", "commit")


def is_killed(child: Callable[[], None]) -> bool:
    """Whether a function, run in a fork, was killed; False when it came to its end.

    Raises:
        AssertionError: it failed.
    """
    pid = os.fork()
    if not pid:
        child()
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


def die_at_statement(number: int) -> None:
    """Kill this process at a step of its transactions: before or after a statement, a begin or a commit."""
    step = _countdown(number)
    for name in _EVENTS:
        event.listen(Engine, name, lambda *_: step())


def die_at_line(number: int, modules: Collection[str]) -> None:
    """Kill this process before it runs so many lines of some modules."""
    step = _countdown(number)

    def line(_: FrameType, what: str, __: Any) -> Any:
        if what == "line":
            step()
        return line

    def called(frame: FrameType, _: str, __: Any) -> Any:
        return line if frame.f_globals.get("__name__") in modules else None

    sys.settrace(called)


def _countdown(number: int) -> Callable[[], None]:
    left = number

    def step() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return step
