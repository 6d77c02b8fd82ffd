"""Layout of tables on a terminal: they fit its width, and no word in them is broken.

Identifiers, digests and purls are words, so they can be copied as they are. A column whose longest word leaves no room
for the rest is taken out of the table: its cells stand below their rows, on lines of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rich.cells import cell_len

_GAP = 2


class Layout:
    """How wide the columns of a table are, and which stand below the rows.

    Args:
        names: headings.
        right: which columns are flush right.
        cells: all rows.
        room: columns of the terminal.

    Attributes:
        widths: of the columns, by their places; a column that stands below has none.
        width: of the whole table.
    """

    def __init__(self, names: Sequence[str], right: Sequence[bool], cells: Sequence[Sequence[str]], room: int) -> None:
        self._names, self._right, self._room = names, right, room
        columns = [[name, *(row[place] for row in cells)] for place, name in enumerate(names)]
        words = [max(_longest(cell) for cell in column) for column in columns]
        whole = [max(cell_len(cell) for cell in column) for column in columns]
        kept = list(range(len(names)))
        while len(kept) > 1 and _sum(words, kept) > room:
            kept.remove(max(kept[1:], key=lambda place: (words[place], place)))
        spare = room - _sum(words, kept)
        self.widths: dict[int, int] = {}
        for place in sorted(kept, key=lambda place: whole[place] - words[place]):  # what lacks little gets it first
            more = max(min(whole[place] - words[place], spare), 0)
            self.widths[place] = words[place] + more
            spare -= more
        self.width = min(_sum([self.widths.get(place, 0) for place in range(len(names))], kept), max(room, 1))

    def heading(self) -> Iterator[str]:
        """The lines of the heading."""
        return self._block(self._names, lambda _, text: text)

    def lines(self, row: Sequence[str], styled: Callable[[str, str], str]) -> Iterator[str]:
        """The lines of a row.

        Args:
            row: its cells.
            styled: a cell and a part of it → the part with its colour.
        """
        yield from self._block(row, styled)
        for place, cell in enumerate(row):
            if place not in self.widths and cell != "-":
                yield from self._below(self._names[place], cell)

    def _below(self, name: str, cell: str) -> Iterator[str]:
        if cell_len(f"  {name}: {cell}") <= self._room:
            yield f"  {name}: {cell}"
            return
        yield f"  {name}:"
        for text in _wrapped(cell, self._room - 4):
            yield f"    {text}"

    def _block(self, row: Sequence[str], styled: Callable[[str, str], str]) -> Iterator[str]:
        wrapped = {place: _wrapped(row[place], width) for place, width in self.widths.items()}
        for number in range(max(len(texts) for texts in wrapped.values())):
            parts = []
            for place in sorted(self.widths):
                text = wrapped[place][number] if number < len(wrapped[place]) else ""
                blanks = " " * max(self.widths[place] - cell_len(text), 0)
                shown = styled(row[place], text)
                parts.append(f"{blanks}{shown}" if self._right[place] else f"{shown}{blanks}")
            yield (" " * _GAP).join(parts).rstrip()


def _sum(widths: Sequence[int], places: Sequence[int]) -> int:
    return sum(widths[place] for place in places) + _GAP * (len(places) - 1)


def _longest(cell: str) -> int:
    return max((cell_len(word) for word in cell.split()), default=0)


def _wrapped(cell: str, width: int) -> list[str]:
    """A cell in lines; a word that is longer than a line stays whole."""
    lines: list[str] = []
    for word in cell.split(" "):
        if lines and cell_len(lines[-1]) + 1 + cell_len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines or [""]
