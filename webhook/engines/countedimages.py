"""Counted images: what a read model tells of the images that were judged last, as long as nothing of it changes.

An assessment changes no image's contents, and most changes of components are newer answers that say the same. So the
first decision after them does not count an image's components again.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from webhook.engines.componenttable import ComponentTable
from webhook.model.changes import Changes, ImageFacts
from webhook.model.imagesboms import ImageSboms
from webhook.model.platforms import Coverage

if TYPE_CHECKING:
    from webhook.model.images import Digest

Question = tuple["Digest", str, frozenset[str] | None]
"""Digest and name of an image, and the places whose SBOMs count; None for all."""
_MOST_KEPT = 10_000
_MOST_CHANGES, _MOST_COMPONENTS = 32, 1_000
"""So many changes are looked through for components of an image, of so many components each."""
_MOST_SOUGHT = 16
"""So many components are sought one by one."""


@dataclass(frozen=True, slots=True, eq=False)
class CountedImage:
    """What is known of an image under one name.

    Attributes:
        facts: of its components.
        coverage: what of it the SBOMs describe; None when nothing is known of that.
        trouble: why not all its SBOMs are known; empty when they are, None when it was not looked at in this name.
    """

    facts: ImageFacts
    coverage: Coverage | None
    trouble: str | None


@dataclass(slots=True)
class _Entry:
    """A counted image as of some changes of components.

    Attributes:
        counted: what is kept.
        ids: numbers of the image's components, ascending.
        through: the last change that is known not to concern it.
    """

    counted: CountedImage
    ids: array[int]
    through: int

    def has_any(self, numbers: frozenset[int]) -> bool:
        """Whether some components are in the image."""
        if len(numbers) > _MOST_SOUGHT:
            return not numbers.isdisjoint(self.ids)
        ids, end = self.ids, len(self.ids)
        for number in numbers:  # few, mostly one: a search is shorter than a walk through the image
            at = bisect_left(ids, number)
            if at < end and ids[at] == number:
                return True
        return False


class CountedImages:
    """The images that were asked for last; whoever has it keeps others out meanwhile."""

    def __init__(self) -> None:
        self._kept: dict[Digest, dict[Question, _Entry]] = {}
        self._count, self._through = 0, 0
        self._changed: tuple[frozenset[int], ...] = ()  # by the last changes

    def of(
        self, question: Question, images: Mapping[Digest, ImageSboms], components: ComponentTable
    ) -> CountedImage | None:
        """What is known of an image, where answers do not age; None without an SBOM that counts.

        Args:
            question: which image.
            images: by digest.
            components: of all images.
        """
        digest = question[0]
        entry = self._kept.get(digest, _NONE).get(question)
        if entry is not None and (entry.through == self._through or self._is_untouched(entry)):
            return entry.counted
        image = images.get(digest)
        counted = None if image is None else count(image, question, components)
        if image is not None and counted is not None:
            if self._count >= _MOST_KEPT:
                self._kept, self._count = {}, 0
            of_digest = self._kept.setdefault(digest, {})
            self._count += question not in of_digest
            of_digest[question] = _Entry(counted, image.ids, self._through)
        return counted

    def _is_untouched(self, entry: _Entry) -> bool:
        """Whether none of the components that changed meanwhile is in an image."""
        missed = self._through - entry.through
        changed = self._changed[-missed:]
        if len(changed) < missed or any(map(entry.has_any, changed)):
            return False
        entry.through = self._through
        return True

    def follow(self, changes: Changes, components: set[int] | None) -> None:
        """Forget what changes.

        Args:
            changes: what the store tells.
            components: those that have changed; None for any.
        """
        if components is None or len(components) > _MOST_COMPONENTS:
            self._kept, self._count, self._changed = {}, 0, ()
        elif components:
            self._changed = (*self._changed, frozenset(components))[-_MOST_CHANGES:]
            self._through += 1
        changed = chain((sbom.digest for sbom in changes.sboms), (look.digest for look in changes.looks))
        for digest in chain(changed, (digest for digest, _ in changes.removed), changes.removed_images):
            self._count -= len(self._kept.pop(digest, _NONE))


def count(
    image: ImageSboms, question: Question, components: ComponentTable, stale_before: int = 0
) -> CountedImage | None:
    """What is known of an image; None without an SBOM that counts.

    Args:
        image: its SBOMs.
        question: what of it is asked for.
        components: of all images.
        stale_before: as for :meth:`ComponentTable.facts`.
    """
    _, name, places = question
    counting = image.counting(places)
    if counting is None:
        return None
    return CountedImage(components.facts(*counting, stale_before), image.coverage(places), image.trouble(name))


_NONE: Mapping[Question, _Entry] = {}
