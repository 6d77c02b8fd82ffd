"""What the read model has of the SBOMs of one image."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from webhook.model.changes import UINT32, StoredSbom
from webhook.model.looks import is_of
from webhook.model.places import settles
from webhook.model.platforms import Coverage, described

Looks = tuple[tuple[str, str], ...]
"""In which names an image was looked at, and what kept places from answering; see :class:`StoredLook`."""


@dataclass(slots=True)
class ImageSboms:
    """The SBOMs of one digest, and the union of their components."""

    sboms: dict[str, StoredSbom] = field(default_factory=dict)
    ids: array[int] = field(default_factory=lambda: array(UINT32))
    unusable: int = 0
    not_in_image: int = 0
    looks: Looks = ()

    def add(self, sbom: StoredSbom) -> None:
        """Add an SBOM, or replace it."""
        self.sboms[sbom.document_digest] = sbom
        self.ids, self.unusable, self.not_in_image = _union(list(self.sboms.values()))

    def remove(self, document_digest: str) -> None:
        """Take an SBOM out."""
        if self.sboms.pop(document_digest, None) is not None:
            self.ids, self.unusable, self.not_in_image = _union(list(self.sboms.values()))

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
