"""SBOMs of an image, as the read model has them."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from webhook.model.changes import UINT32, Changes, StoredSbom
from webhook.model.images import Digest
from webhook.model.looks import is_of
from webhook.model.overlays import Overlay
from webhook.model.places import settles
from webhook.model.platforms import Coverage, described

Looks = tuple[tuple[str, str], ...]
"""In which names an image was looked at, and what kept places from answering; see :class:`StoredLook`."""


class ImageSboms(msgspec.Struct, frozen=True):
    """The SBOMs of one digest, and the union of their components.

    Attributes:
        sboms: by the digest of the document.
        ids: numbers of all their components, ascending.
        unusable: how many of their components cannot be looked up.
        not_in_image: how many of their entries are not in the image.
        looks: see :data:`Looks`.
    """

    sboms: Mapping[str, StoredSbom] = msgspec.field(default_factory=dict)
    ids: array[int] = msgspec.field(default_factory=lambda: array(UINT32))
    unusable: int = 0
    not_in_image: int = 0
    looks: Looks = ()

    @classmethod
    def of_all(cls, sboms: Mapping[str, StoredSbom], looks: Looks = ()) -> ImageSboms:
        """Those of an image.

        Args:
            sboms: by the digest of the document.
            looks: see :data:`Looks`.
        """
        return cls(sboms, *_union(list(sboms.values())), looks)

    def added(self, sbom: StoredSbom) -> ImageSboms:
        """These with another SBOM, or with a newer state of one."""
        return self.of_all({**self.sboms, sbom.document_digest: sbom}, self.looks)

    def without(self, document_digest: str) -> ImageSboms:
        """These without an SBOM."""
        left = {key: sbom for key, sbom in self.sboms.items() if key != document_digest}
        return self if len(left) == len(self.sboms) else self.of_all(left, self.looks)

    def counting(self, places: frozenset[str] | None) -> tuple[array[int], int, int] | None:
        """Component numbers, and how many are unusable and not in the image, of the SBOMs from some places.

        Args:
            places: None for all.

        Returns:
            None when there is no such SBOM.
        """
        if places is None:
            return self.ids, self.unusable, self.not_in_image
        chosen = [sbom for sbom in self.sboms.values() if sbom.place in places]
        return _union(chosen) if chosen else None

    def coverage(self, places: frozenset[str] | None) -> Coverage | None:
        """See :meth:`webhook.engines.readmodel.ReadModel.coverage`."""
        counting = (sbom for sbom in self.sboms.values() if places is None or sbom.place in places)
        return described((sbom.coverage, bool(sbom.component_ids)) for sbom in counting)

    def trouble(self, name: str) -> str | None:
        """See :meth:`webhook.engines.readmodel.ReadModel.trouble`."""
        if not self.looks or any(settles(sbom.place) for sbom in self.sboms.values()):
            return ""  # an older program looked, or an administrator said it
        troubles = [trouble for origin, trouble in self.looks if is_of(origin, name)]
        return min(troubles, default=None)


def _union(sboms: Sequence[StoredSbom]) -> tuple[array[int], int, int]:
    unusable = sum(sum(sbom.skipped.values()) for sbom in sboms)
    outside = sum(sbom.not_in_image for sbom in sboms)
    if len(sboms) == 1:
        return sboms[0].component_ids, unusable, outside
    return array(UINT32, sorted({number for sbom in sboms for number in sbom.component_ids})), unusable, outside


def follow(images: Overlay[Digest, ImageSboms], changes: Changes, looks: dict[Looks, Looks]) -> None:
    """Bring the SBOMs of all images up to date.

    Args:
        images: by digest.
        changes: what the store tells.
        looks: those that are known, so that equal ones are one object.
    """
    for digest in changes.removed_images:
        if (image := images.get(digest)) is not None:
            images[digest] = replace(image, looks=())
    for digest, document in changes.removed:
        if (image := images.get(digest)) is not None:
            images[digest] = image.without(document)
    for sbom in changes.sboms:
        images[sbom.digest] = images.get(sbom.digest, _NONE).added(sbom)
    for digest, _ in changes.removed:
        if (image := images.get(digest)) is not None and not image.sboms:
            del images[digest]
    for look in changes.looks:
        if (image := images.get(look.digest)) is not None:
            there = tuple(sorted({**dict(image.looks), look.origin: look.trouble}.items()))
            images[look.digest] = replace(image, looks=looks.setdefault(there, there))


_NONE = ImageSboms()
