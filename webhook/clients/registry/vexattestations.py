"""VEX documents that are attached to an image: signed statements, as cosign and docker scout write them.

Statements are in cosign's tag ``sha256-<hex>.att``, in Sigstore bundles and envelopes that refer to the image, and
unsigned in artefacts and in BuildKit's attestations. Only those count that a listed key has signed, about exactly the
manifest that they are attached to. The others are read only to say why they do not count.
Sources: the OpenVEX addendum on attesting, cosign's attestation and bundle specifications, OCI distribution 1.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from webhook.clients.registry.anatomy import Subject
from webhook.clients.registry.basket import Basket
from webhook.clients.registry.listings import BUNDLE_PREDICATE
from webhook.clients.registry.locations import Repository
from webhook.clients.registry.manifests import (
    IN_TOTO,
    Descriptor,
    Manifest,
    is_envelope_type,
    parse_digest_or_none,
    plain_type,
)
from webhook.clients.registry.search import Search, Visit
from webhook.clients.registry.signatures import PublicKey
from webhook.clients.trail import Trail
from webhook.errors import InvalidInput, SourceError, TooMuchAttached, UnusableAnswer
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, ImageRef
from webhook.model.vex import AttachedVex, VexLook
from webhook.sboms.envelopes import IN_TOTO_PAYLOAD, may_hold_vex, read_envelope, read_statement, vex_document
from webhook.sboms.vex import is_vex, parse_vex

_PREDICATES = ("predicateType", "in-toto.io/predicate-type", BUNDLE_PREDICATE)


@dataclass(slots=True)
class _Found:
    """What was found so far; documents are told apart by signer, subject and content."""

    attached: dict[tuple[str, str, str], AttachedVex] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    trouble: str = ""

    def miss(self, why: str) -> None:
        """Note that something could not be read that may be a statement that counts."""
        self.remarks.append(why)
        self.trouble = self.trouble or why


class VexAttestations:
    """Where VEX documents are attached to images; implements ``VexPlace``.

    Args:
        search: what all places of a registry share.
        keys: of the signers that count.
    """

    def __init__(self, search: Search, keys: Sequence[PublicKey]) -> None:
        self._search, self._keys = search, tuple(keys)

    def fetch(self, image: ImageRef, digest: Digest, deadline: Deadline) -> VexLook:
        """See :class:`webhook.ports.VexPlace`."""
        return self._look(image, digest, deadline, unsigned=False)

    def examine(self, image: ImageRef, digest: Digest, deadline: Deadline) -> VexLook:
        """The same with those that do not count, which have no signer.

        Raises:
            SourceError: as for ``fetch``.
        """
        return self._look(image, digest, deadline, unsigned=True)

    def _look(self, image: ImageRef, digest: Digest, deadline: Deadline, *, unsigned: bool) -> VexLook:
        visit, found = self._search.visit(image, digest, deadline, Trail()), _Found()
        # The registry has answered. What goes wrong from here on may be the work of whoever attached something.
        try:
            for subject in visit.anatomy.subjects:
                for where, repository, layer in self._layers(visit, subject, found, unsigned=unsigned):
                    self._read(visit, subject, (where, repository, layer), found, unsigned=unsigned)
        except (InvalidInput, UnusableAnswer) as problem:
            found.miss(problem.message)
        except SourceError as problem:
            if not self._search.is_over(deadline):
                raise
            found.miss(f"what is attached could not be read in time: {problem.message}")
        return VexLook(tuple(found.attached.values()), found.trouble, tuple(found.remarks))

    def _layers(
        self, visit: Visit, subject: Subject, found: _Found, *, unsigned: bool
    ) -> Iterator[tuple[str, Repository, Descriptor]]:
        """The layers that may hold VEX: in what refers to a manifest, behind its tag, in the image's index."""
        for where, manifest in self._referring(visit, subject, found):
            stated = (manifest.annotations or {}).get(BUNDLE_PREDICATE, "")
            for layer in self._wanted(manifest, stated, unsigned=unsigned):
                yield where, visit.attachments, layer
        basket = Basket()
        for where, manifest in self._search.tagged(visit, subject, basket, "att", "vex"):
            for layer in self._wanted(manifest, "", unsigned=False):
                yield where, visit.attachments, layer
        for problem in basket.problems:
            found.miss(problem.message)
        for about, descriptor in visit.anatomy.attestations if unsigned else ():
            digest = parse_digest_or_none(descriptor.digest)
            if about != subject.digest or digest is None:
                continue
            fetched = self._search.client.manifest(visit.repository, digest, visit.budget, descriptor.size)
            for layer in self._wanted(fetched.manifest, "", unsigned=True) if fetched is not None else ():
                yield f"{visit.repository.name}@{digest}", visit.repository, layer

    def _referring(self, visit: Visit, subject: Subject, found: _Found) -> Iterator[tuple[str, Manifest]]:
        client, most = self._search.client, self._search.options.max_attachments
        listing, entries = self._search.listings.entries(visit.attachments, subject.digest, visit.budget)
        if listing.problem:
            found.miss(f"{listing.at}: {listing.problem}")
        distinct = {entry.digest: entry for entry in entries}
        likely = [entry for entry in distinct.values() if _may_refer(entry)]
        if len(likely) > most:
            raise TooMuchAttached(
                f"{listing.at} has {len(likely)} attachments that may be VEX documents; at most {most} are read.",
                remedy="Delete old attachments, or raise sbom.maxAttachments.",
            )
        for entry in likely:
            digest = parse_digest_or_none(entry.digest)
            if digest is None:
                continue
            where = f"{visit.attachments.name}@{digest}"
            try:
                fetched = client.manifest(visit.attachments, digest, visit.budget, entry.size)
            except UnusableAnswer as problem:
                found.miss(f"{where}: {problem.message}")
                continue
            if fetched is None:
                continue
            attached_to = fetched.manifest.subject
            if attached_to is not None and attached_to.digest == subject.digest:
                yield where, fetched.manifest

    def _wanted(self, manifest: Manifest, stated: str, *, unsigned: bool) -> Sequence[Descriptor]:
        def may_hold(layer: Descriptor) -> bool:
            kind = layer.media_type
            if not (is_envelope_type(kind) or (unsigned and plain_type(kind) == IN_TOTO)):
                return False
            predicate = next(filter(None, map(layer.annotation, _PREDICATES)), stated)
            return not predicate or may_hold_vex(predicate)

        return self._search.layers(manifest, may_hold)

    def _read(
        self, visit: Visit, subject: Subject, at: tuple[str, Repository, Descriptor], found: _Found, *, unsigned: bool
    ) -> None:
        where, repository, layer = at
        try:
            data = self._search.client.blob(repository, layer, visit.budget)
        except TooMuchAttached:
            raise
        except (InvalidInput, UnusableAnswer) as problem:
            found.miss(f"{where}: {problem.message}")
            return
        signer = ""
        try:
            signer, payload = self._opened(data, layer)
            if payload is None or (not signer and not unsigned):
                return
            statement = read_statement(payload)
            document = vex_document(statement)
            if document is None or not is_vex(document):
                return
            if subject.digest not in statement.subjects:
                found.remarks.append(f"{where}: the statement is about another image than {subject.digest.short}")
                return
            parsed = parse_vex(document)
        except InvalidInput as problem:
            if signer:
                found.miss(f"{where}: what a listed key has signed cannot be read: {problem.message}")
            else:
                found.remarks.append(f"{where}: {problem.message}")
            return
        parts = tuple(str(part.digest) for part in visit.anatomy.subjects if part.role != "index")
        one = AttachedVex(parsed, document, signer, str(subject.digest), parts if visit.anatomy.is_index else ())
        found.attached[signer, one.subject, parsed.digest] = one

    def _opened(self, data: bytes, layer: Descriptor) -> tuple[str, bytes | None]:
        """Who of the listed signed a layer, and the statement in it; None when it holds something else."""
        if not is_envelope_type(layer.media_type):
            return "", data
        envelope = read_envelope(data)
        if envelope is None or envelope.payload_type != IN_TOTO_PAYLOAD:
            return "", None
        signer = next((key.fingerprint for key in self._keys if key.signed(envelope)), "")
        return signer, envelope.payload


def _may_refer(entry: Descriptor) -> bool:
    """Whether what refers to an image may hold VEX, by its own word."""
    predicate, kind = entry.annotation(BUNDLE_PREDICATE), plain_type(entry.artifact_type or "")
    if predicate:
        return may_hold_vex(predicate)
    return not kind or is_envelope_type(kind) or "in-toto" in kind or "openvex" in kind or "empty" in kind
