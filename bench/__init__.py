"""Speed and memory, measured beside goals; never part of the tests.

``python -m bench`` runs all, ``python -m bench.admission`` one. Each module has ``main() -> list[Row]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class UnavailableError(Exception):
    """A part cannot be measured here; the text says what is missing."""


class Row(NamedTuple):
    """One figure beside its goal.

    Attributes:
        name: what was measured.
        figure: the value with its unit.
        goal: the goal with its unit; empty for a figure that only informs.
        met: whether the goal is met; None when there is none.
    """

    name: str
    figure: str
    goal: str = ""
    met: bool | None = None


def show(title: str, rows: Sequence[Row]) -> None:
    """Print a table: name, figure, goal, and whether it is met."""
    width = max(len(row[0]) for row in rows)
    print(f"\n{title}\n{'-' * len(title)}")
    for name, figure, goal, met in rows:
        word = {True: "met", False: "MISSED", None: ""}[met]
        print(f"{name:<{width}}  {figure:>22}  {goal:<14} {word}".rstrip(), flush=True)
