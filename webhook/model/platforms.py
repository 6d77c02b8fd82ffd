"""Platforms of an image index, and which of them SBOMs describe.

One image may be another program on each platform, so the SBOM of one says nothing of the others. What an SBOM describes
is kept with it: whether that is enough depends on the machines that are there, which change.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

ANY_PLATFORM = "no platform"
"""The name of an entry that states no platform; it may run anywhere."""
_COUNTED = "#"


class Coverage(msgspec.Struct, frozen=True):
    """What of an image an SBOM describes.

    Entries of an index are named by their platform, ``os/architecture`` with or without ``/variant``; the second and
    further ones of a platform get a number (``linux/amd64#2``), because a node may run any of them.

    Attributes:
        platforms: every entry of the index; empty for an SBOM that describes the whole image.
        covered: the entries that the SBOM describes.
    """

    platforms: tuple[str, ...] = ()
    covered: tuple[str, ...] = ()

    def without(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """The wanted platforms that the index has and that no SBOM describes, as people name them.

        Args:
            wanted: ``os/architecture``, with or without ``/variant``.
        """
        asked, covered = tuple(wanted), frozenset(self.covered)
        names = (name for name in self.platforms if name not in covered and is_wanted(plain_name(name), asked))
        return tuple(dict.fromkeys(map(plain_name, names)))


WHOLE = Coverage()
"""The coverage of an SBOM of the index itself, of an image without an index, and of what was handed in."""


def joined(coverages: Iterable[Coverage | None]) -> Coverage | None:
    """What several SBOMs of one image describe together.

    Args:
        coverages: of each; None where nobody took note of it.

    Returns:
        None when nobody took note for any of them.
    """
    noted = [coverage for coverage in coverages if coverage is not None]
    if not noted:
        return None
    if any(not coverage.platforms for coverage in noted):
        return WHOLE
    platforms = dict.fromkeys(name for coverage in noted for name in coverage.platforms)
    return Coverage(tuple(platforms), tuple(dict.fromkeys(name for coverage in noted for name in coverage.covered)))


def described(sboms: Iterable[tuple[Coverage | None, bool]]) -> Coverage | None:
    """What of an image its SBOMs describe together; one without a usable purl describes nothing, unless all are so.

    Args:
        sboms: of each its coverage, and whether it names a component that can be looked up.

    Returns:
        None when nobody took note for any of them.
    """
    everything = tuple(sboms)
    usable = [coverage for coverage, is_usable in everything if is_usable]
    return joined(usable or [coverage for coverage, _ in everything])


def numbered(platforms: Iterable[str]) -> list[str]:
    """Names for the entries of an index, each different, in the order of the index."""
    seen: dict[str, int] = {}
    names = []
    for platform in platforms:
        seen[platform] = seen.get(platform, 0) + 1
        names.append(platform if seen[platform] == 1 else f"{platform}{_COUNTED}{seen[platform]}")
    return names


def plain_name(name: str) -> str:
    """The platform of an entry's name."""
    return name.partition(_COUNTED)[0]


def is_wanted(platform: str, wanted: Iterable[str]) -> bool:
    """Whether an entry may run on one of the wanted platforms; a wanted one without variant means all variants."""
    return any(platform in (text, ANY_PLATFORM) or platform.startswith(f"{text}/") for text in wanted)
