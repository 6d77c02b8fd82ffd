"""Output: tables for people, JSON for machines. What was asked for goes to standard output, all else beside it.

A table is drawn only on a terminal. Elsewhere the same rows are plain lines, so that ``grep`` and ``cut`` have it easy.
Whatever is printed for people passes :func:`webhook.policy.plaintext.plain`, for much of it was written by strangers.
"""

from __future__ import annotations

import csv
import datetime as dt
import shutil
import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import click
import msgspec

from webhook.model.actions import Action
from webhook.policy.plaintext import escaped, plain, spreadsheet_cell

STYLES = {"deny": "red", "warn": "yellow", "allow": "green"}
_JSON = msgspec.json.Encoder(decimal_format="number", enc_hook=str)


def is_terminal() -> bool:
    """Whether standard output is read by a person."""
    return sys.stdout.isatty()


def to_json(content: object) -> str:
    """JSON with two blanks of indentation; dataclasses become objects, scores numbers, moments UTC with a ``Z``.

    Strings are exact, with hidden characters escaped.
    """
    return escaped(msgspec.json.format(_JSON.encode(content), indent=2).decode())


def print_json(content: object) -> None:
    """Write JSON to standard output."""
    click.echo(to_json(content))


def print_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows to standard output as CSV (RFC 4180), with a heading.

    Args:
        columns: names, the keys of JSON.
        rows: cells; None is empty. A text that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_csv_cell(cell) for cell in row] for row in rows)


def _csv_cell(cell: object) -> object:
    if isinstance(cell, dt.datetime):
        return cell.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if cell is None or isinstance(cell, int | Decimal):
        return "" if cell is None else cell
    return spreadsheet_cell(plain(str(cell)))


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


def _draw(names: Sequence[str], right: Sequence[bool], cells: Sequence[Sequence[str]], indent: int) -> None:
    from webhook.cli.tables import Layout

    layout = Layout(names, right, cells, shutil.get_terminal_size().columns - indent)
    for line in layout.heading():
        say(f"{'':{indent}}{click.style(line, bold=True)}")
    say(f"{'':{indent}}{'─' * layout.width}")
    for row in cells:
        for line in layout.lines(row, _coloured):
            say(f"{'':{indent}}{line}")


def _coloured(cell: str, text: str) -> str:
    style = STYLES.get(cell.lower())
    return click.style(text, fg=style) if style else text


def fields(pairs: Iterable[tuple[str, Any]]) -> None:
    """Write names with their values, one a line; what has no value is left out."""
    shown = [(name, plain(str(value))) for name, value in pairs if value not in (None, "")]
    width = max((len(name) for name, _ in shown), default=0) + 1
    for name, value in shown:
        say(f"{click.style(f'{name}:'.ljust(width), bold=True)} {value}")


_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


def room(size: int | None) -> str:
    """A number of bytes for people; a question mark when it is not known."""
    if size is None:
        return "?"
    number, unit = float(size), 0
    while number >= 1024 and unit < len(_UNITS) - 1:
        number, unit = number / 1024, unit + 1
    return f"{number:.0f} {_UNITS[unit]}" if unit == 0 or number >= 100 else f"{number:.1f} {_UNITS[unit]}"
