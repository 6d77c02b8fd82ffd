"""Output: tables for people, JSON for machines. What was asked for goes to standard output, all else beside it.

A table is drawn only on a terminal. Elsewhere the same rows are plain lines, so that ``grep`` and ``cut`` have it easy.
Whatever is printed for people passes :func:`webhook.policy.plaintext.plain`, for much of it was written by strangers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click
import msgspec

from webhook.model.actions import Action
from webhook.policy.plaintext import plain

STYLES = {"deny": "red", "warn": "yellow", "allow": "green"}
_JSON = msgspec.json.Encoder(decimal_format="number", enc_hook=str)


def is_terminal() -> bool:
    """Whether standard output is read by a person."""
    return sys.stdout.isatty()


def to_json(content: object) -> str:
    """JSON with two blanks of indentation; dataclasses become objects, scores numbers, moments UTC with a ``Z``."""
    return msgspec.json.format(_JSON.encode(content), indent=2).decode()


def print_json(content: object) -> None:
    """Write JSON to standard output."""
    click.echo(to_json(content))


def say(text: str = "", *, style: str | None = None) -> None:
    """Write one line of the result to standard output.

    Args:
        text: safe to print.
        style: a colour, for terminals.
    """
    click.secho(text, fg=style)


def note(text: str, *, indent: int = 0) -> None:
    """Write one line to standard error: what a person should know beside the result."""
    click.echo(f"{'':{indent}}{plain(text)}", err=True)


def sentences(*texts: str) -> str:
    """Several sentences in one line, each with its full stop."""
    shown = [text.strip() for text in texts if text.strip()]
    return " ".join(text if text[-1] in ".?!:…" else f"{text}." for text in shown)


def styled(action: Action) -> str:
    """The word for an action in capitals, coloured on a terminal."""
    return click.style(action.word.upper(), fg=STYLES[action.word], bold=True)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str, indent: int = 0) -> None:
    """Write rows to standard output: a table on a terminal, else aligned lines.

    Args:
        columns: their headings; one that ends in ``#`` holds numbers and is set flush right.
        rows: cells; None shows as ``-``.
        empty: the sentence that stands, on standard error, for no rows at all.
        indent: blanks in front of each line.
    """
    cells = [["-" if cell is None or cell == "" else plain(str(cell)) for cell in row] for row in rows]
    if not cells:
        if empty:
            note(empty)
        return
    names, right = [name.rstrip("#") for name in columns], [name.endswith("#") for name in columns]
    if is_terminal():
        _draw(names, right, cells, indent)
        return
    widths = [max(len(row[place]) for row in (names, *cells)) for place in range(len(names))]
    for row in ([name.upper() for name in names], *cells):
        padded = [
            cell.rjust(width) if flush else cell.ljust(width)
            for cell, width, flush in zip(row, widths, right, strict=True)
        ]
        say(f"{'':{indent}}{'  '.join(padded).rstrip()}")


def _draw(names: Sequence[str], right: Sequence[bool], cells: Iterable[Sequence[str]], indent: int) -> None:
    from rich import box
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for name, flush in zip(names, right, strict=True):
        table.add_column(name, justify="right" if flush else "left", overflow="fold")
    for row in cells:
        table.add_row(*(Text(cell, style=STYLES.get(cell.lower(), "")) for cell in row))
    Console(file=sys.stdout, highlight=False).print(Padding(table, (0, 0, 0, indent)))


def fields(pairs: Iterable[tuple[str, Any]]) -> None:
    """Write names with their values, one a line; what has no value is left out."""
    shown = [(name, plain(str(value))) for name, value in pairs if value not in (None, "")]
    width = max((len(name) for name, _ in shown), default=0) + 1
    for name, value in shown:
        say(f"{click.style(f'{name}:'.ljust(width), bold=True)} {value}")
