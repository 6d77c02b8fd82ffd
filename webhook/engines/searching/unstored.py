"""SBOMs that were found and could not be stored, kept in memory for a short while."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webhook.model.caches import TimedCache
from webhook.model.platforms import WHOLE, Coverage, described

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from webhook.engines.refresher import Refresher
    from webhook.model.components import Sbom
    from webhook.model.purls import Purl
    from webhook.ports import Clock

_MOST_UNSTORED = 200


@dataclass(frozen=True, slots=True)
class UnstoredSbom:
    """What was found for an image and could not be stored.

    Attributes:
        ids: numbers of the components that the store knows.
        unknown: how many further components it does not know.
        not_covered: how many further ones no source covers.
        unusable: how many cannot be looked up.
        not_in_image: how many entries are not in the image.
        coverage: what of the image it describes.
        incomplete: why not all SBOMs of the image are known; empty when they are.
    """

    ids: tuple[int, ...]
    unknown: int
    not_covered: int
    unusable: int
    not_in_image: int = 0
    coverage: Coverage = WHOLE
    incomplete: str = ""


class UnstoredSboms:
    """Knows the components of SBOMs that could not be stored; safe to use from several threads.

    Args:
        refresher: gives the numbers of known components, and brings these into the read model.
        clock: time.
        seconds: how long they are kept.
        covers: whether a source covers a component.
    """

    def __init__(self, refresher: Refresher, clock: Clock, seconds: float, covers: Callable[[Purl], bool]) -> None:
        self._refresher, self._seconds, self._covers = refresher, seconds, covers
        self._held = TimedCache[str, UnstoredSbom](_MOST_UNSTORED, clock.monotonic)

    def get(self, key: str) -> UnstoredSbom | None:
        """What is kept under a key."""
        return self._held.get(key)

    def hold(self, key: str, sboms: Sequence[Sbom], incomplete: str) -> None:
        """Keep what was found for an image.

        Args:
            key: of the search.
            sboms: what was found.
            incomplete: why not all SBOMs of the image are known; empty when they are.

        Raises:
            StoreError: the store does not know the components either.
        """
        purls = {purl for sbom in sboms for purl in sbom.keys}
        known = self._refresher.component_ids(sorted(purls))
        strangers = [purl for purl in purls if purl not in known]
        not_covered = sum(not self._covers(purl) for purl in strangers)
        held = UnstoredSbom(
            ids=tuple(sorted(set(known.values()))),
            unknown=len(strangers) - not_covered,
            not_covered=not_covered,
            unusable=sum(len(sbom.skipped) for sbom in sboms),
            not_in_image=sum(sbom.not_in_image for sbom in sboms),
            coverage=coverage_of(sboms),
            incomplete=incomplete,
        )
        self._held.put(key, held, self._seconds)


def coverage_of(sboms: Sequence[Sbom]) -> Coverage:
    """What several SBOMs of one image describe together."""
    return described((sbom.coverage, bool(sbom.components)) for sbom in sboms) or WHOLE
