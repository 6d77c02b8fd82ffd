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
_PYPI = "pkg:pypi/"
_PYTHON = "pkg:pypi*/"
"""How a pattern of Python packages begins; see ``PackageScan.pattern``."""


@dataclass(frozen=True, slots=True)
class PackageIndex:
    """The vulnerable components by package.

    Attributes:
        components: sorted by their purls in lower case.
        numbers: of these components.
        text: the purls in lower case, with a line end behind each.
        offsets: where each begins in it, and where the last ends.
        by_name: the places of the components in the order of their names.
        by_name_numbers: the numbers of the components in that order.
    """

    components: Affecting
    numbers: Sequence[int]
    text: str
    offsets: Sequence[int]
    by_name: Sequence[int]
    by_name_numbers: Sequence[int]

    @classmethod
    def of(cls, affecting: Affecting) -> PackageIndex:
        """The packages of these components."""
        ordered = sorted(affecting, key=lambda component: component[1].coordinates.lower())
        lines = [purl.coordinates.lower() for _, purl, _ in ordered]
        numbers = array(UINT32, (number for number, _, _ in ordered))
        by_name = array(UINT32, sorted(range(len(lines)), key=lambda place: _name(lines[place])))
        text, offsets = "\n".join([*lines, ""]), array(UINT32, accumulate((len(line) + 1 for line in lines), initial=0))
        return cls(ordered, numbers, text, offsets, by_name, array(UINT32, (numbers[place] for place in by_name)))

    def matching(self, pattern: str, most: int | None = None) -> set[int] | None:
        """Numbers of the components whose name, or purl where it begins with ``pkg:``, matches a glob without case.

        The name of a Python package may be written with dots or underscores.

        Args:
            pattern: the glob.
            most: None is returned where there are more, and it takes long to name all.
        """
        glob, is_purl, hyphened = _read(pattern)
        found = self._matching(glob, most, is_purl=is_purl)
        if found is None or hyphened is None:
            return found
        others = self._matching(hyphened, most, is_purl=is_purl, of=_PYPI)
        return None if others is None else found | others

    def _matching(self, glob: str, most: int | None, *, is_purl: bool, of: str = "") -> set[int] | None:
        first, last = 0, len(self.components)
        beginning, star, rest = glob.partition("*")
        if is_purl and len(beginning) > len(of):
            first, last = self._range(beginning)
            if star and not rest and not of:
                return set(self.numbers[first:last])
        elif of:
            first, last = self._range(of)
        elif star and not rest:
            return self._beginning(beginning)
        matches, found = _matcher(glob, is_purl=is_purl), set[int]()
        for place in self._holding(pieces_of(glob, is_purl=is_purl), first, last):
            if matches(self._line(place)):
                found.add(self.numbers[place])
                if most is not None and len(found) > most:
                    return None
        return found

    def _range(self, beginning: str) -> tuple[int, int]:
        """Between which places the purls begin so."""
        places = range(len(self.components))
        return bisect_left(places, beginning, key=self._line), bisect_left(places, beginning + _LAST, key=self._line)

    def _line(self, place: int) -> str:
        return self.text[self.offsets[place] : self.offsets[place + 1] - 1]

    def _holding(self, pieces: re.Pattern[str], first: int, last: int) -> Iterator[int]:
        """The places of the lines that hold pieces of text, and perhaps of others, sought in all of them at once."""
        end = self.offsets[last]
        for held in pieces.finditer(self.text, self.offsets[first], end):
            if held[1] is not None:
                yield bisect_right(self.offsets, held.start()) - 1

    def _beginning(self, beginning: str) -> set[int]:
        """Those whose names begin so; most people write no other globs, and there may be many."""
        first, last = (
            bisect_left(self.by_name, edge, key=lambda place: _name(self._line(place)))
            for edge in (beginning, beginning + _LAST)
        )
        return set(self.by_name_numbers[first:last])


def package_matcher(pattern: str) -> Callable[[Purl], bool]:
    """Whether a component is one that :meth:`PackageIndex.matching` finds, for those who look at few."""
    glob, is_purl, hyphened = _read(pattern)
    matches = _matcher(glob, is_purl=is_purl)
    if hyphened is None:
        return lambda purl: matches(purl.coordinates.lower())
    others = _matcher(hyphened, is_purl=is_purl)

    def is_meant(purl: Purl) -> bool:
        line = purl.coordinates.lower()
        return matches(line) or (line.startswith(_PYPI) and others(line))

    return is_meant


def _read(pattern: str) -> tuple[str, bool, str | None]:
    """The glob, whether it is one of purls, and how it is written for Python packages where that is something else."""
    glob, is_purl = pattern[:_MOST_PATTERN].lower(), pattern.startswith("pkg:")
    if is_purl and not glob.startswith((ANY_TYPE, _PYTHON)):
        return glob, is_purl, None
    name, at, version = glob.partition("@")
    hyphened = f"{_SEPARATORS.sub('-', name)}{at}{version}"
    return glob, is_purl, None if hyphened == glob else hyphened


def _name(line: str) -> str:
    return line[line.rfind("/") + 1 :].partition("@")[0]


def pieces_of(glob: str, *, is_purl: bool) -> re.Pattern[str]:
    """The pieces of a glob in turn, up to the end of the line that holds them; of a purl without the first one.

    What holds them need not match: the first piece is left out, and others may overlap with it. Where the first piece
    is, and the others do not follow, the pattern matches without its group. Each piece is taken where it comes first,
    and nothing is tried twice, so that the time is linear whatever people write.
    """
    beginning, star, rest = glob.partition("*")
    pieces = [piece for piece in rest.split("*") if piece] if is_purl else [piece for piece in glob.split("*") if piece]
    within = r"[^\n]" if is_purl else r"[^/@\n]"
    if not is_purl and beginning:
        pieces[0] = f"/{pieces[0]}"
    if not pieces or (is_purl and not star):
        return re.compile(r"()[^\n]*+\n")
    first, *others = map(re.escape, pieces)
    follow = "".join(f"(?>{within}*?{piece})" for piece in others)
    return re.compile(f"{first}(?:({follow})[^\\n]*+\\n|{within}*+)")


def _matcher(glob: str, *, is_purl: bool) -> Callable[[str], bool]:
    """Whether a glob matches the name in a purl in lower case, or all of it, or all but its version."""
    if not is_purl:
        return lambda line: matches_wildcards(glob, _name(line))
    return lambda line: matches_wildcards(glob, line) or matches_wildcards(glob, line.partition("@")[0])
