"""Lists of attachments: what refers to a manifest, by the registry's list or by the tag of the older scheme.

Source: the OCI distribution specification, "Listing Referrers" and "Referrers Tag Schema".
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from webhook.clients.registry.calls import Budget
from webhook.clients.registry.client import RegistryClient
from webhook.clients.registry.locations import Repository
from webhook.clients.registry.manifests import Descriptor, Manifest, checked_digest, is_sbom_artifact
from webhook.clients.registry.options import AttachmentOptions
from webhook.errors import Final
from webhook.model.images import Digest
from webhook.ports import Clock
from webhook.sboms.envelopes import is_sbom_predicate

BUNDLE_PREDICATE = "dev.sigstore.bundle.predicateType"
_REMEMBERED = 1000
_MAX_ALGORITHM, _MAX_ENCODED = 32, 64


@dataclass(frozen=True, slots=True)
class Attached:
    """Something that refers to a manifest.

    Attributes:
        digest: of its manifest.
        manifest: what it is, by its own word; None when it could not be opened.
        problem: why it could not be opened; empty when it was.
    """

    digest: Digest
    manifest: Manifest | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """All that refers to a manifest.

    Attributes:
        place: ``referrers`` or ``fallback-tag``.
        at: what was asked.
        attached: what was found and opened, likely SBOMs first.
        unopened: how many more there are than are opened.
        foreign: how many refer to something else, whatever the list says.
    """

    place: str
    at: str
    attached: tuple[Attached, ...] = ()
    unopened: int = 0
    foreign: int = 0

    @property
    def answer(self) -> str:
        """For people."""
        parts = [f"{len(self.attached)} attachments" if self.attached else "nothing attached"]
        parts += [f"{self.unopened} more not opened"] if self.unopened else []
        parts += [f"{self.foreign} that belong to something else"] if self.foreign else []
        return ", ".join(parts)


class Listings:
    """Reads lists, and remembers them shortly, because several sources look at the same one.

    What an entry of a list says of itself is used for the order only. Registries are known to state a wrong type there;
    the manifest decides.

    Args:
        client: reads.
        options: how many pages and entries.
        clock: time.
    """

    def __init__(self, client: RegistryClient, options: AttachmentOptions, clock: Clock) -> None:
        self._client, self._options, self._clock = client, options, clock
        self._known: OrderedDict[tuple[str, Digest], tuple[float, Listing]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, repository: Repository, subject: Digest, budget: Budget) -> Listing:
        """What refers to a manifest.

        Raises:
            SourceError: the registry did not answer, or refused to.
        """
        key = (repository.name, subject)
        with self._lock:
            known = self._known.get(key)
            if known is not None and self._clock.monotonic() < known[0]:
                return known[1]
        listing = self._read(repository, subject, budget)
        with self._lock:
            self._known[key] = (self._clock.monotonic() + self._options.listing_seconds, listing)
            self._known.move_to_end(key)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return listing

    def _read(self, repository: Repository, subject: Digest, budget: Budget) -> Listing:
        entries = self._pages(repository, subject, budget)
        if entries is not None:
            empty = Listing("referrers", f"{repository.name}@{subject}")
            return self._opened(empty, repository, subject, entries, budget)
        tag = fallback_tag(subject)
        empty = Listing("fallback-tag", f"{repository.name}:{tag}")
        fetched = self._client.manifest(repository, tag, budget)
        if fetched is None or fetched.manifest.manifests is None:
            return empty  # by the specification, something else than an index counts as nothing attached
        return self._opened(empty, repository, subject, fetched.manifest.manifests, budget)

    def _pages(self, repository: Repository, subject: Digest, budget: Budget) -> list[Descriptor] | None:
        entries: list[Descriptor] = []
        url = ""
        for _ in range(self._options.max_pages):
            page = self._client.referrers(repository, subject, budget, url)
            if page is None and url:
                raise Final(f"The list of attachments of {repository.name}@{subject.short} breaks off.")
            if page is None:
                return None
            entries += page.entries
            url = page.next
            if not url:
                return entries
        raise Final(
            f"The attachments of {repository.name}@{subject.short} fill more than {self._options.max_pages} pages.",
            remedy="Delete old attachments, or raise sbom.maxPages.",
        )

    def _opened(
        self,
        listing: Listing,
        repository: Repository,
        subject: Digest,
        entries: Iterable[Descriptor],
        budget: Budget,
    ) -> Listing:
        distinct: dict[str, Descriptor] = {}
        for entry in entries:
            distinct.setdefault(entry.digest, entry)
        ranked = sorted(distinct.values(), key=_rank)
        attached, foreign = [], 0
        for entry in ranked[: self._options.max_attachments]:
            digest = checked_digest(entry, listing.at)
            fetched = self._client.manifest(repository, digest, budget, entry.size)
            if fetched is None:
                attached.append(Attached(digest, problem="it is listed, and the registry does not have it"))
            elif fetched.manifest.subject is None or fetched.manifest.subject.digest != subject:
                foreign += 1
            else:
                attached.append(Attached(digest, fetched.manifest))
        unopened = max(0, len(ranked) - self._options.max_attachments)
        return Listing(listing.place, listing.at, tuple(attached), unopened, foreign)


def fallback_tag(subject: Digest) -> str:
    """The tag that lists what refers to a manifest, where the registry has no list of its own."""
    algorithm, _, encoded = subject.partition(":")
    return f"{algorithm[:_MAX_ALGORITHM]}-{encoded[:_MAX_ENCODED]}"


def _rank(entry: Descriptor) -> int:
    """Likely SBOMs first, so that the limit on opened entries does not cut them off."""
    predicate = entry.annotation(BUNDLE_PREDICATE)
    if is_sbom_artifact(entry.artifact_type or "") or is_sbom_predicate(predicate):
        return 0
    return 2 if predicate or "signature" in (entry.artifact_type or "") else 1
