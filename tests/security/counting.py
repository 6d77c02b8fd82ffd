"""Counting steps of work, so that its growth is seen without a clock."""

from __future__ import annotations

import sys
from collections.abc import Callable

SMALL, FACTOR = 100, 8
MOST = 1.5
"""Times as many steps as the size tells, at the most; with the square of the size they would be eight times as many."""


class Counted(str):
    """A text that counts how often it is compared."""

    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return str.__eq__(self, other)


def steps(work: Callable[[], object]) -> int:
    """Calls, also of functions in C, and comparisons."""
    calls = 0

    def seen(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    Counted.compared, former = 0, sys.getprofile()
    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(former)
    return calls + Counted.compared


def grows_with_size(work: Callable[[int], Callable[[], object]]) -> bool:
    work(SMALL)()  # what is kept from the first time on
    small, large = steps(work(SMALL)), steps(work(SMALL * FACTOR))
    return large < small * FACTOR * MOST
