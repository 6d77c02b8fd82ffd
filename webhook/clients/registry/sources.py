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
from webhook.clients.registry.listings import BUNDLE_PREDICATE
from webhook.clients.registry.manifests import (
    IN_TOTO,
    Manifest,
    checked_digest,
    is_envelope_type,
    is_sbom_artifact,
    is_sbom_type,
    plain_type,
)
from webhook.clients.registry.search import Search, Visit
from webhook.clients.trail import Trail
from webhook.errors import ConfigError, InvalidInput
from webhook.model.components import Sbom
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, ImageRef
from webhook.ports import SbomSource
from webhook.sboms.envelopes import may_hold_sbom

_UNSIGNED = "not asked: what is there is not signed, and sbom.verify wants signatures for this image"
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


class ReferrersSource(RegistrySource):
    """Unsigned SBOMs and statements that refer to the image, by the registry's list or the tag of the older scheme."""

    place = "referrers"

    def _state_of(self, visit: Visit, subject: Subject) -> Iterable[str]:
        return self._search.listings.state(visit.attachments, subject.digest, visit.budget)

    def _look_at(self, visit: Visit, subject: Subject, basket: Basket) -> None:
        listing = self._search.listings.of(visit.attachments, subject.digest, visit.budget)
        visit.trail.note(listing.place, listing.at, f"{subject.role}: {listing.answer}")
        for attached in listing.attached:
            at = f"{visit.attachments.name}@{attached.digest}"
            if attached.manifest is None:
                visit.trail.note(listing.place, at, attached.problem)
                basket.problems.append(InvalidInput(f"{at}: {attached.problem}"))
                continue
            for layer in self._search.layers(attached.manifest):
                if is_envelope_type(layer.media_type):
                    continue  # the source of cosign's attestations reads it
                look = visit.trail.note(listing.place, at, f"{attached.manifest.kind}: ")
                if plain_type(layer.media_type) == IN_TOTO:
                    self._search.read(visit, layer, basket, look, partial(statement_document, subject=subject.digest))
                elif is_sbom_type(layer.media_type) or is_sbom_artifact(attached.manifest.kind):
                    self._search.read(visit, layer, basket, look, bare_document)
                else:
                    look.answer += f"no SBOM ({layer.media_type[:80]})"


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
            digest = checked_digest(descriptor, visit.repository.name)
            fetched = self._search.client.manifest(visit.repository, digest, visit.budget, descriptor.size)
            if fetched is None:
                visit.trail.note(self.place, at, f"{subject.role}: the registry does not have it")
                basket.problems.append(InvalidInput(f"{at}: the index lists it, and the registry does not have it"))
                continue
            for layer in self._search.layers(fetched.manifest):
                predicate = layer.annotation("in-toto.io/predicate-type")
                if plain_type(layer.media_type) != IN_TOTO or (predicate and not may_hold_sbom(predicate)):
                    continue
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
        listing = self._search.listings.of(visit.attachments, subject.digest, visit.budget, signed=signed)
        visit.trail.note(self.place, listing.at, f"{subject.role}: {listing.answer}")
        for attached in listing.attached:
            if attached.manifest is not None:
                at = f"{visit.attachments.name}@{attached.digest}"
                stated = (attached.manifest.annotations or {}).get(BUNDLE_PREDICATE, "")
                self._envelopes(visit, subject, basket, at, attached.manifest, stated)
        for at, manifest in self._search.tagged(visit, subject, "att", self.place):
            self._envelopes(visit, subject, basket, at, manifest)

    def _envelopes(
        self, visit: Visit, subject: Subject, basket: Basket, at: str, manifest: Manifest, stated: str = ""
    ) -> None:
        opened = partial(envelope_document, subject=subject.digest, key=visit.key)
        for layer in self._search.layers(manifest):
            predicate = layer.annotation("predicateType") or stated
            if is_envelope_type(layer.media_type) and (not predicate or may_hold_sbom(predicate)):
                look = visit.trail.note(self.place, at, f"{subject.role}: ")
                self._search.read(visit, layer, basket, look, opened)


class CosignAttachmentSource(RegistrySource):
    """Unsigned SBOMs under cosign's tag ``sha256-<hex>.sbom``."""

    place = "cosign-attachment"

    def _state_of(self, visit: Visit, subject: Subject) -> Iterable[str]:
        return (self._search.tag_state(visit, subject, "sbom"),)

    def _look_at(self, visit: Visit, subject: Subject, basket: Basket) -> None:
        for at, manifest in self._search.tagged(visit, subject, "sbom", self.place):
            for layer in self._search.layers(manifest):
                if not is_sbom_type(layer.media_type):
                    continue
                look = visit.trail.note(self.place, at, f"{subject.role}: ")
                scope = layer.annotation(_SCOPE)
                if scope in ("", "all"):
                    self._search.read(visit, layer, basket, look, bare_document)
                else:
                    look.answer += f"describes a part of the image only ({scope[:80]})"


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
