"""The packages of vulnerable components, found by globs."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from webhook.model.changes import UINT32
from webhook.model.purls import Purl
from webhook.model.triage import ANY_TYPE
from webhook.policy.imagenames import matches_wildcards

Affecting = Sequence[tuple[int, Purl, tuple[str, ...]]]
"""Number, purl and vulnerability ids of every vulnerable component."""
_MOST_PATTERN = 200
_LAST = "\U0010ffff"
_SEPARATORS = re.compile(r"[-_.]+")
_PYTHON = "pkg:pypi*/"
"""How a pattern of Python packages begins; see ``PackageScan.pattern``."""


@dataclass(frozen=True, slots=True)
class PackageIndex:
    """The vulnerable components by package.

    Attributes:
        lines: packages in lower case, sorted.
        text: all of them, with a line end behind each.
        offsets: where each begins in it, and where it ends.
        starts: where the components of each begin, and where those of the last end.
        components: in this order.
        numbers: of these components.
        by_name: the places of the lines in the order of their names.
        name_starts: where the components of each of these begin in the next, and where those of the last end.
        by_name_numbers: the numbers of the components in the order of their names.
    """

    lines: Sequence[str]
    text: str
    offsets: Sequence[int]
    starts: Sequence[int]
    components: Affecting
    numbers: Sequence[int]
    by_name: Sequence[int]
    name_starts: Sequence[int]
    by_name_numbers: Sequence[int]

    @classmethod
    def of(cls, affecting: Affecting) -> PackageIndex:
        """The packages of these components."""
        ordered = sorted(affecting, key=lambda component: component[1].package.lower())
        lines: list[str] = []
        starts = array(UINT32)
        for place, (_, purl, _) in enumerate(ordered):
            line = purl.package.lower()
            if not lines or lines[-1] != line:
                lines.append(line)
                starts.append(place)
        starts.append(len(ordered))
        numbers = array(UINT32, (number for number, _, _ in ordered))
        by_name = array(UINT32, sorted(range(len(lines)), key=lambda place: _name(lines[place])))
        name_starts, by_name_numbers = array(UINT32), array(UINT32)
        for place in by_name:
            name_starts.append(len(by_name_numbers))
            by_name_numbers.extend(numbers[starts[place] : starts[place + 1]])
        name_starts.append(len(by_name_numbers))
        text, offsets = "\n".join([*lines, ""]), array(UINT32, accumulate((len(line) + 1 for line in lines), initial=0))
        return cls(lines, text, offsets, starts, ordered, numbers, by_name, name_starts, by_name_numbers)

    def matching(self, pattern: str) -> set[int]:
        """Numbers of the components whose name, or purl where it begins with ``pkg:``, matches a glob without case.

        The name of a Python package may be written with dots or underscores.
        """
        glob, is_purl = pattern[:_MOST_PATTERN].lower(), pattern.startswith("pkg:")
        found = self._matching(glob, is_purl=is_purl)
        if is_purl and not glob.startswith((ANY_TYPE, _PYTHON)):
            return found
        name, at, version = glob.partition("@")
        hyphened = f"{_SEPARATORS.sub('-', name)}{at}{version}"
        return found if hyphened == glob else found | self._matching(hyphened, is_purl=is_purl, of="pkg:pypi/")

    def _matching(self, glob: str, *, is_purl: bool, of: str = "") -> set[int]:
        lines, starts, first, last = self.lines, self.starts, 0, len(self.lines)
        beginning, star, rest = glob.partition("*")
        if of:
            first, last = bisect_left(lines, of), bisect_left(lines, of + _LAST)
        elif is_purl:
            beginning = beginning.partition("@")[0]
            first, last = bisect_left(lines, beginning), bisect_left(lines, beginning + _LAST)
            if glob == f"{beginning}*":
                return set(self.numbers[starts[first] : starts[last]])
        elif star and not rest:
            return self._beginning(beginning)
        rarest, matches = max(glob.partition("@")[0].split("*"), key=len), _matcher(glob)
        found: set[int] = set()
        for place in self._holding(rarest, first, last):
            line, start, end = lines[place], starts[place], starts[place + 1]
            if matches(line, 0 if is_purl else line.rfind("/") + 1):
                found.update(self.numbers[start:end])
            elif is_purl:
                components = self.components[start:end]
                found.update(number for number, purl, _ in components if matches(purl.coordinates.lower(), 0))
        return found

    def _holding(self, piece: str, first: int, last: int) -> Iterator[int]:
        """The places of the lines that hold a piece of text, and perhaps of others, sought in all of them at once."""
        at, end = self.offsets[first], self.offsets[last]
        while 0 <= (found := self.text.find(piece, at, end)) < end:
            place = bisect_right(self.offsets, found) - 1
            yield place
            at = self.offsets[place + 1]

    def _beginning(self, beginning: str) -> set[int]:
        """Those whose names begin so; most people write no other globs, and there may be many."""
        first, last = (
            bisect_left(self.by_name, edge, key=lambda place: _name(self.lines[place]))
            for edge in (beginning, beginning + _LAST)
        )
        return set(self.by_name_numbers[self.name_starts[first] : self.name_starts[last]])


def _name(line: str) -> str:
    return line[line.rfind("/") + 1 :]


def _matcher(glob: str) -> Callable[[str, int], bool]:
    """Whether what a text has from a place on matches a glob."""
    beginning, star, rest = glob.partition("*")
    if star and not rest:
        return lambda text, place: text.startswith(beginning, place)
    if star and not beginning and rest.find("*") == len(rest) - 1:
        return lambda text, place: text.find(rest[:-1], place) >= 0
    return lambda text, place: matches_wildcards(glob, text[place:])
