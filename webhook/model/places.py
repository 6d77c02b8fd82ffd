"""Places: where SBOMs are found, and which of them can be trusted for an image that needs a signed one.

The store keeps SBOMs by the digest of the image, and anybody who may push to some registry can hang an SBOM on a copy
of the same image. So the place of a signed SBOM names the key that signed it, and an image whose SBOMs must be signed
is judged by those signed with its key, and by what an administrator handed in.
"""

from __future__ import annotations

from webhook.model.platforms import Coverage, joined

ADDED = "added"
"""Handed in with ``bomgate sbom add``."""
IMPORTED = "imported"
"""Handed in with ``bomgate sbom import``."""
DIRECTORY = "directory"
"""Found in the folder that ``sbom.directory`` names."""
REPORTED = "cluster-report"
"""Found in a report in the cluster."""
GENERATED = "generated"
"""Made on demand."""
ATTESTATION = "cosign-attestation"
"""Found in a signed statement, whose signature was checked where one is needed."""
SIGNED = "signed:"
"""Begins the place of a signed SBOM; the fingerprint of the key follows."""
_BY_HAND = frozenset((ADDED, IMPORTED, DIRECTORY))


def kept_place(place: str, seal: str) -> str:
    """Where an SBOM was found, as the store keeps it.

    Args:
        place: the name of the source that had it.
        seal: for an image that needs a signature, ``signed:<fingerprint>`` of the key; else empty. What the source of
            attestations gives for such an image has been signed by that key.
    """
    return seal if seal and place == ATTESTATION else place


def trusted_places(seal: str) -> frozenset[str]:
    """The places whose SBOMs count for an image that needs a signature.

    Args:
        seal: the place of SBOMs that the right key has signed, ``signed:<fingerprint>``.
    """
    return _BY_HAND | {seal}


def counts(place: str, seal: str) -> bool:
    """Whether what a source gives can count for an image.

    Args:
        place: the name of the source.
        seal: as for :func:`kept_place`.
    """
    return not seal or kept_place(place, seal) in trusted_places(seal)


Finding = tuple[str, Coverage | None]
"""Where a document was found, and what of the image it describes by the word of that place."""


def kept_finding(known: Finding, found: Finding) -> Finding:
    """What is remembered of a document that is found again.

    The word of a more trusted place replaces that of another, and places of equal trust complete each other. So nobody
    who may attach an unsigned SBOM widens what a signed one describes.
    """
    if is_more_trusted(found[0], known[0]):
        return found
    if is_more_trusted(known[0], found[0]):
        return known
    return known[0], joined((known[1], found[1]))


def is_more_trusted(place: str, than: str) -> bool:
    """Whether a document that was found in both places is better remembered with the first one.

    Of two keys that have signed the same document the later one is kept, so that a key can be changed.
    """
    return _trust(place) > _trust(than) or (place != than and place.startswith(SIGNED) and than.startswith(SIGNED))


def _trust(place: str) -> int:
    if place in _BY_HAND:
        return 2
    return 1 if place.startswith(SIGNED) else 0


def answers_for(looked_at: str, place: str) -> bool:
    """Whether one who looked at a place would have seen what was found in another.

    Where no signature is needed, the source of attestations shows them whatever key has signed them.

    Args:
        looked_at: the place, as the store keeps it.
        place: where a document was found, as the store keeps it.
    """
    return place == looked_at or (looked_at == ATTESTATION and place.startswith(SIGNED))


def settles(place: str) -> bool:
    """Whether a document from here is an administrator's word on the image, so that nothing is looked for."""
    return place in (ADDED, IMPORTED)


def is_searchable(place: str) -> bool:
    """Whether a place can be asked again for what was found there: nobody handed it in, and it was not made."""
    return not settles(place) and place != GENERATED
