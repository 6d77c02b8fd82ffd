"""SBOMs of an image, as the read model has them."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from webhook.model.changes import UINT32, StoredSbom
from webhook.model.looks import is_of
from webhook.model.places import settles
from webhook.model.platforms import Coverage, described

Looks = tuple[tuple[str, str], ...]
"""In which names an image was looked at, and what kept places from answering; see :class:`StoredLook`."""


@dataclass(frozen=True, slots=True)
class ImageSboms:
    """The SBOMs of one digest, and the union of their components.

    Attributes:
        sboms: by the digest of the document.
        ids: numbers of all their components, ascending.
        unusable: how many of their components cannot be looked up.
        not_in_image: how many of their entries are not in the image.
        looks: see :data:`Looks`.
    """

    sboms: Mapping[str, StoredSbom] = field(default_factory=dict)
    ids: array[int] = field(default_factory=lambda: array(UINT32))
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

    def of(self, places: frozenset[str]) -> tuple[array[int], int, int] | None:
        """What counts of the SBOMs from these places, as of all; None when there is no such SBOM."""
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
