"""Whereabouts: which images contain a component, in two arrays, so that a million components stay small."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence, Set

from webhook.model.changes import UINT32
from webhook.model.images import Digest

_SMALL = 1 << 16
"""Images whose places fit into two bytes."""
Contents = Sequence[tuple[Digest, "array[int]"]]


class Whereabouts:
    """The images of each component.

    Args:
        contents: each image with the numbers of its components.

    Attributes:
        digests: of the images; their places are what the methods give.
        components: the numbers of the components of each image.
    """

    def __init__(self, contents: Contents) -> None:
        self.components = dict(contents)
        self.digests = tuple(self.components)
        size = max((max(ids) for _, ids in contents if ids), default=-1) + 1
        starts = array(UINT32, bytes(4 * (size + 1)))
        for _, ids in contents:
            for number in ids:
                starts[number] += 1
        total = 0
        for number in range(size + 1):  # where the images of each component end, for now
            total += starts[number]
            starts[number] = total
        kind = "H" if len(contents) <= _SMALL else UINT32
        places = array(kind, bytes(array(kind).itemsize * total))
        for place in range(len(contents) - 1, -1, -1):
            for number in contents[place][1]:
                starts[number] -= 1
                places[starts[number]] = place
        self._starts, self._places = starts, places

    def among(self, digests: Set[Digest]) -> Whereabouts:
        """The same for some images only."""
        return Whereabouts([pair for pair in self.components.items() if pair[0] in digests])

    def is_of(self, contents: Contents) -> bool:
        """Whether these are the contents that it was made of."""
        mine = self.components
        return len(mine) == len(contents) and all(mine.get(digest) is numbers for digest, numbers in contents)

    def places(self, numbers: Iterable[int], most: int | None = None) -> set[int]:
        """The places of images that contain one of these components; with ``most`` about as many at least."""
        found: set[int] = set()
        starts, places = self._starts, self._places
        for number in numbers:
            if number + 1 < len(starts):
                found.update(places[starts[number] : starts[number + 1]])
                if most is not None and len(found) > most:
                    break
        return found

    def images(self, numbers: Iterable[int]) -> list[Digest]:
        """The images that contain one of these components, in a fixed order."""
        return [self.digests[place] for place in sorted(self.places(numbers))]

    def in_some(self, numbers: Iterable[int], of: set[int]) -> Iterator[int]:
        """Those of some components that images at some places contain."""
        starts, places = self._starts, self._places
        for number in numbers:
            if number + 1 < len(starts) and not of.isdisjoint(places[starts[number] : starts[number + 1]]):
                yield number
