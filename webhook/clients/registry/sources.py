"""The places in a registry where SBOMs are: referrers, BuildKit's attestations, cosign's attestations and attachments.

Each has a second door, ``examine``, that also notes on a trail what it looked at. The subject of every statement
is compared with the digest that was asked for, so that no SBOM of another image slips in.

Sources: OCI distribution specification 1.1; BuildKit's attestation storage; cosign's attestation, bundle and SBOM
specifications.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar

from webhook.clients.registry.anatomy import Subject
from webhook.clients.registry.basket import Basket
from webhook.clients.registry.documents import bare_document, envelope_document, statement_document
from webhook.clients.registry.listings import BUNDLE_PREDICATE, Listing
from webhook.clients.registry.manifests import (
    IN_TOTO,
    Descriptor,
    Manifest,
    checked_digest,
    is_envelope_type,
    is_sbom_artifact,
    is_sbom_type,
    plain_type,
)
from webhook.clients.registry.search import Search, Visit
from webhook.clients.trail import Trail
from webhook.errors import ConfigError, InvalidInput, UnusableAnswer
from webhook.model.components import Sbom
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, ImageRef
from webhook.ports import SbomSource
from webhook.sboms.envelopes import may_hold_sbom

_UNSIGNED = "not asked: what is there is not signed, and sbom.verify wants signatures for this image"
_MOST_NAMED = 50
"""Layers of an attachment that a trail names although they are no SBOMs."""
_SCOPE = "dev.sigstore.sbom.scope"


class RegistrySource:
    """One place in a registry; implements ``ConditionalSource``.

    Args:
        search: what all places share.

    Attributes:
        place: its name.
        is_signed: whether what is there may be signed; nothing else is asked where signatures are needed.
    """

    place: ClassVar[str]
    is_signed: ClassVar[bool] = False

    def __init__(self, search: Search) -> None:
        self._search = search

    def fetch(self, image: ImageRef, digest: Digest, deadline: Deadline) -> Sequence[Sbom]:
        """See :class:`webhook.ports.SbomSource`."""
        return self.examine(image, digest, deadline, Trail())

    def examine(self, image: ImageRef, digest: Digest, deadline: Deadline, trail: Trail) -> Sequence[Sbom]:
        """The same, with notes."""
        if not self.is_signed and self._search.signed_only(image):
            trail.note(self.place, image.name, _UNSIGNED)
            return ()
        visit = self._search.visit(image, digest, deadline, trail)
        return self._search.gather(visit, self._look_at) if self._is_there(visit, digest) else ()

    def state(self, image: ImageRef, digest: Digest, deadline: Deadline) -> str:
        """See :class:`webhook.ports.ConditionalSource`."""
        return self._search.state(image, digest, deadline, self._state_of)

    def _is_there(self, visit: Visit, digest: Digest) -> bool:
        return True

    def _look_at(self, visit: Visit, subject: Subject, basket: Basket) -> None:
        """Read what is there for one subject."""
        raise NotImplementedError

    def _state_of(self, visit: Visit, subject: Subject) -> Iterable[str]:
        """What would be read for one subject, by digests."""
        raise NotImplementedError

    def _listed(self, visit: Visit, subject: Subject, basket: Basket, place: str, *, signed: bool) -> Listing:
        """What refers to a subject; what of it cannot be opened is a problem of the subject.

        Args:
            visit: the search.
            subject: what is referred to.
            basket: of the subject.
            place: for the trail; empty for that of the list.
            signed: see :meth:`Listings.of`.

        Raises:
            SourceError: the registry did not answer, or refused to.
            TooMuchAttached: more hangs on it than is read.
        """
        listing = self._search.listings.of(visit.attachments, subject.digest, visit.budget, signed=signed)
        place = place or listing.place
        visit.trail.note(place, listing.at, f"{subject.role}: {listing.answer}")
        if listing.problem:
            basket.miss(UnusableAnswer(listing.problem))
        for attached in listing.attached:
            if attached.manifest is None:
                at = f"{visit.attachments.name}@{attached.digest}"
                visit.trail.note(place, at, attached.problem)
                basket.problems.append(InvalidInput(f"{at}: {attached.problem}"))
                basket.is_short |= not attached.is_gone
        return listing


class ReferrersSource(RegistrySource):
    """Unsigned SBOMs and statements that refer to the image, by the registry's list or the tag of the older scheme."""

    place = "referrers"

    def _state_of(self, visit: Visit, subject: Subject) -> Iterable[str]:
        return self._search.listings.state(visit.attachments, subject.digest, visit.budget)

    def _look_at(self, visit: Visit, subject: Subject, basket: Basket) -> None:
        listing = self._listed(visit, subject, basket, "", signed=False)
        for attached in listing.attached:
            if attached.manifest is None:
                continue
            at = f"{visit.attachments.name}@{attached.digest}"
            kind = attached.manifest.kind
            may_be_sbom = partial(_may_be_sbom, kind=kind)
            for layer in self._search.layers(attached.manifest, may_be_sbom):
                look = visit.trail.note(listing.place, at, f"{kind}: ")
                if plain_type(layer.media_type) == IN_TOTO:
                    self._search.read(visit, layer, basket, look, partial(statement_document, subject=subject.digest))
                else:
                    self._search.read(visit, layer, basket, look, bare_document)
            for layer in (attached.manifest.layers or ())[:_MOST_NAMED]:
                # The source of cosign's attestations reads envelopes.
                if not is_envelope_type(layer.media_type) and not may_be_sbom(layer):
                    visit.trail.note(listing.place, at, f"{kind}: no SBOM ({layer.media_type[:80]})")


class BuildkitSource(RegistrySource):
    """Unsigned statements in the image's own index, as BuildKit writes them."""

    place = "buildkit"

    def _is_there(self, visit: Visit, digest: Digest) -> bool:
        if not visit.anatomy.attestations:
            kind = "the index has no attestations" if visit.anatomy.is_index else "the image is no index"
            visit.trail.note(self.place, f"{visit.repository.name}@{digest}", kind)
        return bool(visit.anatomy.attestations)

    def _state_of(self, visit: Visit, subject: Subject) -> Iterable[str]:
        return map(str, visit.anatomy.attestations)

    def _look_at(self, visit: Visit, subject: Subject, basket: Basket) -> None:
        for about, descriptor in visit.anatomy.attestations:
            if about != subject.digest:
                continue
            at = f"{visit.repository.name}@{descriptor.digest}"
            try:
                digest = checked_digest(descriptor, visit.repository.name)
                fetched = self._search.client.manifest(visit.repository, digest, visit.budget, descriptor.size)
            except UnusableAnswer as problem:
                visit.trail.note(self.place, at, f"{subject.role}: {problem.message}")
                basket.miss(problem)
                continue
            if fetched is None:
                visit.trail.note(self.place, at, f"{subject.role}: the registry does not have it")
                basket.problems.append(InvalidInput(f"{at}: the index lists it, and the registry does not have it"))
                continue
            for layer in self._search.layers(fetched.manifest, _may_state_sbom):
                look = visit.trail.note(self.place, at, f"{subject.role}: ")
                self._search.read(visit, layer, basket, look, partial(statement_document, subject=subject.digest))


class CosignAttestationSource(RegistrySource):
    """Signed statements: under cosign's tag ``sha256-<hex>.att``, and as Sigstore bundles that refer to the image."""

    place = "cosign-attestation"
    is_signed = True

    def _state_of(self, visit: Visit, subject: Subject) -> Iterable[str]:
        listed = self._search.listings.state(visit.attachments, subject.digest, visit.budget)
        return (*listed, self._search.tag_state(visit, subject, "att"))

    def _look_at(self, visit: Visit, subject: Subject, basket: Basket) -> None:
        signed = visit.key is not None
        listing = self._listed(visit, subject, basket, self.place, signed=signed)
        for attached in listing.attached:
            if attached.manifest is not None:
                at = f"{visit.attachments.name}@{attached.digest}"
                stated = (attached.manifest.annotations or {}).get(BUNDLE_PREDICATE, "")
                self._envelopes(visit, subject, basket, at, attached.manifest, stated)
        for at, manifest in self._search.tagged(visit, subject, basket, "att", self.place):
            self._envelopes(visit, subject, basket, at, manifest)

    def _envelopes(
        self, visit: Visit, subject: Subject, basket: Basket, at: str, manifest: Manifest, stated: str = ""
    ) -> None:
        opened = partial(envelope_document, subject=subject.digest, key=visit.key)

        def may_hold(layer: Descriptor) -> bool:
            predicate = layer.annotation("predicateType") or stated
            return is_envelope_type(layer.media_type) and (not predicate or may_hold_sbom(predicate))

        for layer in self._search.layers(manifest, may_hold):
            look = visit.trail.note(self.place, at, f"{subject.role}: ")
            self._search.read(visit, layer, basket, look, opened)


class CosignAttachmentSource(RegistrySource):
    """Unsigned SBOMs under cosign's tag ``sha256-<hex>.sbom``."""

    place = "cosign-attachment"

    def _state_of(self, visit: Visit, subject: Subject) -> Iterable[str]:
        return (self._search.tag_state(visit, subject, "sbom"),)

    def _look_at(self, visit: Visit, subject: Subject, basket: Basket) -> None:
        for at, manifest in self._search.tagged(visit, subject, basket, "sbom", self.place):
            for layer in self._search.layers(manifest, lambda layer: is_sbom_type(layer.media_type)):
                look = visit.trail.note(self.place, at, f"{subject.role}: ")
                scope = layer.annotation(_SCOPE)
                if scope in ("", "all"):
                    self._search.read(visit, layer, basket, look, bare_document)
                else:
                    look.answer += f"describes a part of the image only ({scope[:80]})"


def _may_be_sbom(layer: Descriptor, kind: str) -> bool:
    """Whether a layer of an artefact of some kind may be an SBOM without an envelope around it."""
    is_likely = plain_type(layer.media_type) == IN_TOTO or is_sbom_type(layer.media_type) or is_sbom_artifact(kind)
    return is_likely and not is_envelope_type(layer.media_type)


def _may_state_sbom(layer: Descriptor) -> bool:
    predicate = layer.annotation("in-toto.io/predicate-type")
    return plain_type(layer.media_type) == IN_TOTO and (not predicate or may_hold_sbom(predicate))


_SOURCES: dict[str, type[RegistrySource]] = {
    "referrers": ReferrersSource,
    "buildkit": BuildkitSource,
    "cosignAttestation": CosignAttestationSource,
    "cosignAttachment": CosignAttachmentSource,
}


def registry_source(name: str, search: Search) -> SbomSource:
    """The source that ``sbom.sources`` calls by a name.

    Raises:
        ConfigError: no source in registries has this name.
    """
    if name not in _SOURCES:
        raise ConfigError(f"sbom.sources cannot name {name!r:.60}", remedy=f"Registries have: {', '.join(_SOURCES)}.")
    return _SOURCES[name](search)
