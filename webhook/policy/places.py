"""Places: the entries of one vulnerability and package, by the namespace and the image to which they are narrowed.

Many may be about one vulnerability, such as an exception for each namespace; a finding meets a few of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from webhook.model.bases import Key
from webhook.policy.precedence import Entry, Place

FEW = 32
"""So many entries are rather walked one by one."""
_WILD = "*"


class PlaceIndex:
    """Entries of one key by place.

    Args:
        entries: the strongest claim first.

    Attributes:
        entries: see above.
    """

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        self.entries = entries
        found: dict[tuple[str | None, str | None], list[Entry]] = {}
        for entry in entries:
            found.setdefault((entry.assessment.scope.namespace, _image_of(entry)), []).append(entry)
        self._by_place = found

    def near(self, place: Place) -> Iterator[Sequence[Entry]]:
        """Those that may match in a place, in several lists, each the strongest claim first."""
        images: dict[str | None, None] = {None: None, _WILD: None}
        if place.digest is not None:
            images[str(place.digest)] = None
        if place.image is not None:
            images.update(dict.fromkeys(place.image.names))
            if place.image.digest is not None:
                images[str(place.image.digest)] = None
        for namespace in (place.namespace, None):
            for image in images:
                entries = self._by_place.get((namespace, image))
                if entries:
                    yield entries


class PlaceIndexes:
    """The indexes of keys with many entries, made when they are asked for."""

    def __init__(self) -> None:
        self._known: dict[Key, PlaceIndex] = {}

    def near(self, key: Key, entries: tuple[Entry, ...], place: Place) -> Iterator[Sequence[Entry]]:
        """Those of a key's entries that may match in a place, in lists, each the strongest claim first.

        Args:
            key: of the entries.
            entries: as they are now.
            place: where the component is.
        """
        known = self._known.get(key)
        if known is None or known.entries is not entries:
            known = self._known[key] = PlaceIndex(entries)
        return known.near(place)


def _image_of(entry: Entry) -> str | None:
    """By what an entry that is narrowed to an image is found; None where it is not."""
    image = entry.image
    if image is None:
        return None
    if image.digest is not None:
        return str(image.digest)
    return _WILD if "*" in image.name else image.name
