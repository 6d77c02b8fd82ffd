"""Trust in VEX documents: whose statements count, and for which images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webhook.model.vex import VexOrigin, VexOriginKind

if TYPE_CHECKING:
    from webhook.policy.imagenames import ImagePattern
    from webhook.policy.precedence import Place


@dataclass(frozen=True, slots=True)
class TrustedVex:
    """One entry of ``vex.trust``: whose documents count, and where.

    Attributes:
        kind: a source, or a signer of attestations.
        name: of the source, or the fingerprint of the key.
        label: what people call it.
        namespaces: where its documents count; empty for everywhere.
        images: for which images they do; empty for all.
    """

    kind: VexOriginKind
    name: str
    label: str = ""
    namespaces: tuple[str, ...] = ()
    images: tuple[ImagePattern, ...] = ()

    def holds(self, place: Place) -> bool:
        """Whether its documents count for an image in a namespace."""
        if self.namespaces and place.namespace not in self.namespaces:
            return False
        return not self.images or any(pattern.matches(place.image, place.digest) for pattern in self.images)


@dataclass(frozen=True, slots=True)
class VexTrust:
    """Whose documents count. Without entries only those do that somebody handed in.

    Attributes:
        entries: of ``vex.trust``.
        unversioned: whether a product or a component without a version may loosen something.
        added: whether documents count that somebody handed in.
    """

    entries: tuple[TrustedVex, ...] = ()
    unversioned: bool = False
    added: bool = True

    def of(self, origin: VexOrigin) -> tuple[TrustedVex, ...] | None:
        """The entries for a document; None when nobody trusts it, empty when it counts wherever it says."""
        if origin.kind is VexOriginKind.ADDED:
            return () if self.added else None
        found = tuple(entry for entry in self.entries if (entry.kind, entry.name) == (origin.kind, origin.name))
        return found or None

    @property
    def signers(self) -> tuple[TrustedVex, ...]:
        """The entries about signers."""
        return tuple(entry for entry in self.entries if entry.kind is VexOriginKind.ATTESTATION)


NO_TRUST = VexTrust()
