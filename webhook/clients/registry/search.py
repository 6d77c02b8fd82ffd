"""What all sources of one registry client share, from an image to its documents."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from webhook.clients.registry.anatomy import Anatomies, Anatomy, Subject
from webhook.clients.registry.basket import Basket, Collected, cut_short
from webhook.clients.registry.calls import Budget
from webhook.clients.registry.client import RegistryClient
from webhook.clients.registry.documents import Document, DoesNotCount
from webhook.clients.registry.listings import Listings
from webhook.clients.registry.locations import Locations, Repository
from webhook.clients.registry.manifests import Descriptor, Manifest
from webhook.clients.registry.options import AttachmentOptions
from webhook.clients.registry.signatures import PublicKey, Verification
from webhook.clients.trail import Look, Trail
from webhook.errors import InvalidInput, SourceError, TooMuchAttached, UnusableAnswer
from webhook.model.caches import TimedCache
from webhook.model.components import Sbom
from webhook.model.deadlines import Deadline
from webhook.model.images import USUAL_PLATFORMS, Digest, ImageRef
from webhook.model.places import SIGNED
from webhook.model.platforms import WHOLE, Coverage, joined
from webhook.ports import Clock, NoneCounts, PartlyRead

_REMEMBERED = 1000


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
        self._locations, self._parse, self._clock = locations, parse, clock
        self._verification = Verification(options.verify)
        self._ahead = TimedCache[tuple[str, Digest], bool](_REMEMBERED, clock.monotonic)
        self._anatomies = Anatomies(client, platforms or (lambda: options.platforms or USUAL_PLATFORMS))

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
        parts = self._anatomies.of(repository, digest, budget)
        if attachments != repository:
            # Some registries answer 404 to requests without a token; this request brings one.
            self.client.tag_digest(attachments, digest, budget)
        key = self._verification.key(image)
        return Visit(image.name, parts, repository, attachments, budget, trail, key)

    def is_over(self, deadline: Deadline) -> bool:
        """Whether the time for a search has run out."""
        return not deadline.remaining(self._clock.monotonic())

    def gather(self, visit: Visit, look_at: LookAt) -> Sequence[Sbom]:
        """Look at a place for every part of the image; the SBOMs of all of them together.

        Raises:
            PartlyRead: some documents of the image cannot be read, or the registry failed after others were.
            NoneCounts: there are documents, all were read, and none of them counts.
            InvalidInput: there are documents, and none of them can be read.
            UnusableAnswer: the same, because the first of them cannot be got.
            TooMuchAttached: more hangs on the image than is read.
            SourceError: the registry did not answer, or refused to.
        """
        found: dict[str, Sbom] = {}
        every, without = Basket(), list[str]()
        failure: SourceError | None = None
        for subject in visit.anatomy.subjects:
            basket = Basket()
            try:
                look_at(visit, subject, basket)
            except SourceError as problem:
                if not (found or basket.collected):
                    raise
                failure = problem
            if self.options.newest and visit.key is not None:
                self._keep_newest((visit.attachments.name, subject.digest), basket)
            for sbom in basket.sboms:
                known = found.get(sbom.document_digest)
                coverage = Coverage(visit.anatomy.platforms, subject.entries) if subject.entries else WHOLE
                both = coverage if known is None else joined((known.coverage, coverage)) or coverage
                found[sbom.document_digest] = replace(sbom, coverage=both)
            if not basket.sboms:
                without.append(subject.role)
            every.take_notes(basket)
            if failure is not None:
                visit.trail.note(visit.trail.looks[-1].place, visit.attachments.name, failure.message)
                raise cut_short(failure, found.values())
        first = next(iter(every.problems), None)
        if first is not None and not found:
            raise first
        if every.uncounted and not found:
            raise NoneCounts(every.uncounted[0].message, remedy=every.uncounted[0].remedy)
        missing = [role for role in without if role != "index"]
        if visit.trail.looks and visit.anatomy.remark:
            visit.trail.looks[-1].answer += f"; {visit.anatomy.remark}"
        if found and missing and "index" in without:
            visit.trail.looks[-1].answer += f"; no SBOM for {', '.join(missing)}"
        if first is not None:
            sboms, is_short, unread = tuple(found.values()), every.is_short, every.unread
            raise PartlyRead(first.message, remedy=first.remedy, sboms=sboms, is_short=is_short, unread=unread)
        return tuple(found.values())

    def _keep_newest(self, key: tuple[str, Digest], basket: Basket) -> None:
        now = self._clock.now()
        self._ahead.forget(key)
        if basket.is_ahead(now):
            self._ahead.put(key, True, math.inf)
        basket.keep_newest(now)

    def state(self, image: ImageRef, digest: Digest, deadline: Deadline, look_at: StateOf) -> str:
        """A text that changes whenever what hangs on an image does, as one place sees it.

        It is empty where time alone may change what counts.

        Raises:
            SourceError: the registry did not answer, or refused to.
        """
        visit = self.visit(image, digest, deadline, Trail())
        state = hashlib.sha256(repr(visit.key.fingerprint if visit.key else "").encode())
        for subject in visit.anatomy.subjects:
            if visit.key is not None and self._ahead.get((visit.attachments.name, subject.digest)):
                return ""
            for part in (subject.digest, *subject.entries, *look_at(visit, subject)):
                state.update(f"{part}\n".encode())
        return state.hexdigest()

    def tag_state(self, visit: Visit, subject: Subject, suffix: str) -> str:
        """What cosign's tag for a subject points at; empty when there is no such tag."""
        if not subject.digest.startswith("sha256:"):
            return ""
        tag = f"sha256-{subject.digest.hex}.{suffix}"
        return self.client.tag_digest(visit.attachments, tag, visit.budget) or ""

    def layers(self, manifest: Manifest, wanted: Callable[[Descriptor], bool]) -> Sequence[Descriptor]:
        """The layers of an attachment that may be SBOMs; nothing else takes a place.

        Raises:
            TooMuchAttached: there are more than are read.
        """
        layers = [layer for layer in manifest.layers or [] if wanted(layer)]
        if len(layers) > self.options.max_layers:
            raise TooMuchAttached(
                f"An attachment has {len(layers)} layers that may be SBOMs; at most {self.options.max_layers} are "
                "read, and no part of them stands for the whole.",
                remedy="Delete old attestations, or raise sbom.maxLayers.",
            )
        return layers

    def tagged(
        self, visit: Visit, subject: Subject, basket: Basket, suffix: str, place: str
    ) -> Iterator[tuple[str, Manifest]]:
        """What cosign's tag for a subject points at, if there is such a tag.

        Args:
            visit: the search.
            subject: what it is attached to.
            basket: of the subject; takes note of a tag that cannot be read.
            suffix: of the tag: ``att`` or ``sbom``.
            place: for the trail.

        Raises:
            SourceError: the registry did not answer, or refused to.
        """
        if not subject.digest.startswith("sha256:"):
            return  # a tag with another digest would be too long
        tag = f"sha256-{subject.digest.hex}.{suffix}"
        at = f"{visit.attachments.name}:{tag}"
        try:
            fetched = self.client.manifest(visit.attachments, tag, visit.budget)
        except UnusableAnswer as problem:  # anybody who may push a tag can push such a one: it hides nothing else
            visit.trail.note(place, at, f"{subject.role}: {problem.message}")
            basket.miss(problem)
            return
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
            data = self.client.blob(repository, layer, visit.budget)
        except TooMuchAttached:
            raise  # what was not read might be worse than all that was
        except (InvalidInput, UnusableAnswer) as problem:
            look.answer += f"unreadable: {problem.message}"
            basket.miss(type(problem)(f"{look.at}: {problem.message}", remedy=problem.remedy))
            return
        document = None
        try:
            document = opened(data)
            if document is None:
                look.answer += "no SBOM"
                return
            sbom = self._parse(document.data)
        except DoesNotCount as problem:
            look.answer += f"does not count: {problem.message}"
            basket.uncounted.append(InvalidInput(f"{look.at}: {problem.message}", remedy=problem.remedy))
            return
        except InvalidInput as problem:
            look.answer += f"unreadable: {problem.message}"
            basket.refuse(InvalidInput(f"{look.at}: {problem.message}", remedy=problem.remedy), document)
            return
        basket.collected.append(Collected(sbom, document, look))
        look.used, look.document = True, sbom.document_digest
        look.answer += f"{sbom.format} {sbom.version}, {len(sbom.components)} components".replace("  ", " ")
