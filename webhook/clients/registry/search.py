"""The search: what all sources of one registry client share, from an image to its documents."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from cachetools import LRUCache

from webhook.clients.registry.anatomy import Anatomy, Subject, anatomy, inner_indexes
from webhook.clients.registry.calls import Budget
from webhook.clients.registry.client import RegistryClient
from webhook.clients.registry.documents import Document
from webhook.clients.registry.explaining import Look, Trail
from webhook.clients.registry.listings import Listings
from webhook.clients.registry.locations import Locations, Repository
from webhook.clients.registry.manifests import Descriptor, Manifest
from webhook.clients.registry.options import AttachmentOptions
from webhook.clients.registry.signatures import PublicKey, Verification
from webhook.errors import Final, InvalidInput, TooMuchAttached
from webhook.model.components import Sbom
from webhook.model.deadlines import Deadline
from webhook.model.images import USUAL_PLATFORMS, Digest, ImageRef
from webhook.model.places import SIGNED
from webhook.model.platforms import WHOLE, Coverage, joined
from webhook.ports import Clock

_REMEMBERED = 1000
_MAX_INNER, _MAX_INNER_LEVELS = 16, 4
"""Indexes inside the index of one image, and how deep they are inside each other."""


_VERSION = re.compile(r"[ @/:-]v?\d[^ ]*\Z")


@dataclass(frozen=True, slots=True)
class Collected:
    """A document that was read.

    Attributes:
        sbom: what is in it.
        document: its bytes, and what was said around them.
        look: where it was read.
    """

    sbom: Sbom
    document: Document
    look: Look

    @property
    def kind(self) -> tuple[str, str]:
        """Predicate type and tool, whatever its version."""
        return self.document.predicate_type, _VERSION.sub("", self.sbom.tool).casefold()


@dataclass(slots=True)
class Basket:
    """What was found for one subject.

    Attributes:
        collected: documents that were read.
        problems: why others could not be.
    """

    collected: list[Collected] = field(default_factory=list)
    problems: list[InvalidInput] = field(default_factory=list)

    @property
    def sboms(self) -> list[Sbom]:
        """What is in the documents."""
        return [one.sbom for one in self.collected]

    def keep_newest(self) -> None:
        """Keep the newest document of each kind; one that states no time, and those of the same time, count, too."""
        newest: dict[tuple[str, str], dt.datetime] = {}
        for one in self.collected:
            if one.document.made_at is not None:
                newest[one.kind] = max(newest.get(one.kind, one.document.made_at), one.document.made_at)
        kept = []
        for one in self.collected:
            made = one.document.made_at
            if made is None or made == newest[one.kind]:
                kept.append(one)
            else:
                one.look.used = False
                one.look.answer += "; a newer one of the same signer, predicate type and tool counts (sbom.newest)"
        self.collected = kept


@dataclass(frozen=True, slots=True)
class Visit:
    """One image, being searched.

    Attributes:
        name: of the image, as the workload writes it.
        anatomy: its parts.
        repository: where the image is.
        attachments: where its attachments are.
        budget: what the search may cost.
        trail: notes of what was looked at.
        key: has to have signed; None when nothing needs to be signed.
    """

    name: str
    anatomy: Anatomy
    repository: Repository
    attachments: Repository
    budget: Budget
    trail: Trail
    key: PublicKey | None


LookAt = Callable[[Visit, Subject, Basket], None]
"""Looks at one place for one subject."""


StateOf = Callable[[Visit, Subject], Iterable[str]]
"""What a place would read for one subject, by digests."""


class Search:
    """Searches registries for SBOMs; safe to use from several threads.

    Args:
        client: reads from registries.
        locations: which repository is asked for which image.
        options: which SBOMs count.
        parse: bytes → Sbom.
        clock: time.
        platforms: which platforms of an index count, asked for each image; by default those of the options, or the
            usual ones where the options name none.

    Raises:
        ConfigError: a rule of ``sbom.verify`` cannot be used.
    """

    def __init__(
        self,
        client: RegistryClient,
        locations: Locations,
        options: AttachmentOptions,
        parse: Callable[[bytes], Sbom],
        clock: Clock,
        *,
        platforms: Callable[[], tuple[str, ...]] | None = None,
    ) -> None:
        self.client, self.options = client, options
        self.listings = Listings(client, options, clock)
        self._locations, self._parse = locations, parse
        self._verification = Verification(options.verify)
        self._platforms = platforms or (lambda: options.platforms or USUAL_PLATFORMS)
        self._anatomies = LRUCache[tuple[str, Digest, tuple[str, ...]], Anatomy](_REMEMBERED)
        self._lock = threading.Lock()

    def signed_only(self, image: ImageRef) -> bool:
        """Whether only signed SBOMs count for an image."""
        return self._verification.key(image) is not None

    def seal(self, image: ImageRef) -> str:
        """The place of SBOMs that the right key has signed, for an image that needs such; else empty."""
        key = self._verification.key(image)
        return "" if key is None else f"{SIGNED}{key.fingerprint}"

    def visit(self, image: ImageRef, digest: Digest, deadline: Deadline, trail: Trail) -> Visit:
        """Begin to search an image.

        Raises:
            SourceError: the image itself cannot be read.
        """
        repository, attachments = self._locations.image(image), self._locations.attachments(image)
        budget = self.client.budget(deadline)
        parts = self._anatomy(repository, digest, budget)
        if attachments != repository:
            # Some registries answer 404 to whoever has shown no token yet; this request brings one.
            self.client.tag_digest(attachments, digest, budget)
        key = self._verification.key(image)
        return Visit(image.name, parts, repository, attachments, budget, trail, key)

    def gather(self, visit: Visit, look_at: LookAt) -> Sequence[Sbom]:
        """Look at a place for every part of the image; the SBOMs of all of them together.

        Raises:
            InvalidInput: a part has documents, and not one of them can be read.
            TooMuchAttached: more hangs on the image than is read.
            SourceError: the registry did not answer, or refused to.
        """
        found: dict[str, Sbom] = {}
        problems: list[InvalidInput] = []
        without = []
        for subject in visit.anatomy.subjects:
            basket = Basket()
            look_at(visit, subject, basket)
            if self.options.newest and visit.key is not None:
                basket.keep_newest()
            for sbom in basket.sboms:
                known = found.get(sbom.document_digest)
                coverage = Coverage(visit.anatomy.platforms, subject.entries) if subject.entries else WHOLE
                both = coverage if known is None else joined((known.coverage, coverage)) or coverage
                found[sbom.document_digest] = replace(sbom, coverage=both)
            if not basket.sboms:
                problems += basket.problems
                without.append(subject.role)
        if problems:
            raise problems[0]
        missing = [role for role in without if role != "index"]
        if visit.trail.looks and visit.anatomy.remark:
            visit.trail.looks[-1].answer += f"; {visit.anatomy.remark}"
        if found and missing and "index" in without:
            visit.trail.looks[-1].answer += f"; no SBOM for {', '.join(missing)}"
        return tuple(found.values())

    def state(self, image: ImageRef, digest: Digest, deadline: Deadline, look_at: StateOf) -> str:
        """A text that changes whenever what hangs on an image does, as one place sees it.

        Raises:
            SourceError: the registry did not answer, or refused to.
        """
        visit = self.visit(image, digest, deadline, Trail())
        state = hashlib.sha256(repr(visit.key.fingerprint if visit.key else "").encode())
        for subject in visit.anatomy.subjects:
            for part in (subject.digest, *subject.entries, *look_at(visit, subject)):
                state.update(f"{part}\n".encode())
        return state.hexdigest()

    def tag_state(self, visit: Visit, subject: Subject, suffix: str) -> str:
        """What cosign's tag for a subject points at; empty when there is no such tag."""
        if not subject.digest.startswith("sha256:"):
            return ""
        tag = f"sha256-{subject.digest.hex}.{suffix}"
        return self.client.tag_digest(visit.attachments, tag, visit.budget) or ""

    def layers(self, manifest: Manifest) -> Sequence[Descriptor]:
        """The layers of an attachment.

        Raises:
            TooMuchAttached: there are more than are read.
        """
        layers = manifest.layers or []
        if len(layers) > self.options.max_layers:
            raise TooMuchAttached(
                f"An attachment has {len(layers)} layers; at most {self.options.max_layers} are read, and no part of "
                "them stands for the whole.",
                remedy="Delete old attestations, or raise sbom.maxLayers.",
            )
        return layers

    def tagged(self, visit: Visit, subject: Subject, suffix: str, place: str) -> Iterator[tuple[str, Manifest]]:
        """What cosign's tag for a subject points at, if there is such a tag.

        Args:
            visit: the search.
            subject: what it is attached to.
            suffix: of the tag: ``att`` or ``sbom``.
            place: for the trail.

        Raises:
            SourceError: the registry did not answer, or refused to.
        """
        if not subject.digest.startswith("sha256:"):
            return  # a tag with another digest would be too long
        tag = f"sha256-{subject.digest.hex}.{suffix}"
        at = f"{visit.attachments.name}:{tag}"
        fetched = self.client.manifest(visit.attachments, tag, visit.budget)
        if fetched is None:
            visit.trail.note(place, at, f"{subject.role}: no such tag")
        else:
            yield at, fetched.manifest

    def read(
        self, visit: Visit, layer: Descriptor, basket: Basket, look: Look, opened: Callable[[bytes], Document | None]
    ) -> None:
        """Read one document; what cannot be read is a problem of its subject, not yet of the search.

        Args:
            visit: the search.
            layer: where the document is.
            basket: of its subject.
            look: its answer is completed.
            opened: takes the document out of what is around it; None when it is no SBOM.

        Raises:
            SourceError: the registry did not answer, or refused to.
        """
        repository = visit.repository if look.place == "buildkit" else visit.attachments
        try:
            document = opened(self.client.blob(repository, layer, visit.budget))
            if document is None:
                look.answer += "no SBOM"
                return
            sbom = self._parse(document.data)
        except TooMuchAttached:
            raise  # what was not read might be worse than all that was
        except InvalidInput as problem:
            look.answer += f"unreadable: {problem.message}"
            basket.problems.append(InvalidInput(f"{look.at}: {problem.message}", remedy=problem.remedy))
            return
        basket.collected.append(Collected(sbom, document, look))
        look.used, look.document = True, sbom.document_digest
        look.answer += f"{sbom.format} {sbom.version}, {len(sbom.components)} components".replace("  ", " ")

    def _inner(self, repository: Repository, manifest: Manifest, budget: Budget) -> dict[Digest, Manifest]:
        """The indexes inside an index, and inside those."""
        inner: dict[Digest, Manifest] = {}
        level = inner_indexes(manifest)
        for _ in range(_MAX_INNER_LEVELS):
            following: list[Digest] = []
            for digest in level:
                if digest in inner:
                    continue
                if len(inner) >= _MAX_INNER:
                    raise Final(f"{repository.name} has an index with more than {_MAX_INNER} indexes in it.")
                fetched = self.client.manifest(repository, digest, budget)
                if fetched is None:
                    raise Final(f"{repository.name} lists the index {digest.short}, which the registry does not have.")
                inner[digest] = fetched.manifest
                following += inner_indexes(fetched.manifest)
            level = [digest for digest in following if digest not in inner]
            if not level:
                return inner
        raise Final(f"{repository.name} nests indexes more than {_MAX_INNER_LEVELS} levels deep.")

    def _anatomy(self, repository: Repository, digest: Digest, budget: Budget) -> Anatomy:
        platforms = self._platforms()
        key = (repository.name, digest, platforms)
        with self._lock:
            known = self._anatomies.get(key)
        if known is not None:
            return known
        fetched = self.client.manifest(repository, digest, budget)
        if fetched is None:
            raise Final(
                f"{repository.name} has no image {digest.short} (404).",
                remedy="Check the image's name, and where registries rewrites it to.",
            )
        found = anatomy(digest, fetched.manifest, platforms, self._inner(repository, fetched.manifest, budget))
        with self._lock:
            self._anatomies[key] = found
        return found
