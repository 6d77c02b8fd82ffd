"""Lists of attachments: what refers to a manifest, by the registry's list or by the tag of the older scheme.

Source: the OCI distribution specification, "Listing Referrers" and "Referrers Tag Schema".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from webhook.clients.registry.calls import Budget
from webhook.clients.registry.client import RegistryClient
from webhook.clients.registry.locations import Repository
from webhook.clients.registry.manifests import Descriptor, Manifest, is_sbom_artifact, parse_digest_or_none
from webhook.clients.registry.options import AttachmentOptions
from webhook.errors import Final, TooMuchAttached, UnusableAnswer
from webhook.model.caches import TimedCache
from webhook.model.images import Digest
from webhook.ports import Clock
from webhook.sboms.envelopes import may_hold_sbom

BUNDLE_PREDICATE = "dev.sigstore.bundle.predicateType"
_REMEMBERED = 1000
_MAX_ALGORITHM, _MAX_ENCODED = 32, 64
_Key = tuple[str, Digest, bool]


@dataclass(frozen=True, slots=True)
class Attached:
    """Something that refers to a manifest.

    Attributes:
        digest: of its manifest.
        manifest: what it is, by its own word; None when it could not be opened.
        problem: why it could not be opened; empty when it was.
        is_gone: whether that is because the registry does not have it.
    """

    digest: Digest
    manifest: Manifest | None = None
    problem: str = ""
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """All that refers to a manifest.

    Attributes:
        place: ``referrers`` or ``fallback-tag``.
        at: what was asked.
        attached: what was found and opened, likely SBOMs first.
        unopened: how many more there are, which say that they are no SBOMs.
        foreign: how many refer to something else, whatever the list says.
        unsigned: how many are not opened because they say that they are SBOMs without a signature, and one is needed.
        problem: why the list itself cannot be read; empty when it can.
    """

    place: str
    at: str
    attached: tuple[Attached, ...] = ()
    unopened: int = 0
    foreign: int = 0
    unsigned: int = 0
    problem: str = ""

    @property
    def answer(self) -> str:
        """For people."""
        if self.problem:
            return self.problem
        parts = [f"{len(self.attached)} attachments" if self.attached else "nothing attached"]
        parts += [f"{self.unopened} more not opened, which are no SBOMs by their type"] if self.unopened else []
        parts += [f"{self.unsigned} unsigned SBOMs, which do not count"] if self.unsigned else []
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
        self._client, self._options = client, options
        self._known = TimedCache[_Key, tuple[Listing, Budget, int, int]](_REMEMBERED, clock.monotonic)

    def of(self, repository: Repository, subject: Digest, budget: Budget, *, signed: bool = False) -> Listing:
        """What refers to a manifest.

        Args:
            repository: where to look.
            subject: digest of the manifest.
            budget: what it may cost.
            signed: only what may be signed is of use, so that nothing else takes a place.

        Raises:
            SourceError: the registry did not answer, or refused to.
            TooMuchAttached: more hangs on it than is read.
        """

        def read() -> tuple[tuple[Listing, Budget, int, int], float]:
            requests, size = budget.requests, budget.bytes
            listing, entries = self.entries(repository, subject, budget)
            opened = self._opened(listing, repository, subject, _chosen(entries, signed), budget)
            cost = requests - budget.requests, size - budget.bytes
            return (opened, budget, *cost), self._options.listing_seconds

        # Places are asked side by side, and one of them reads for all.
        listing, payer, requests, size = self._known.get_or_make((repository.name, subject, signed), read)
        if payer is not budget:  # whichever of them it was, the limits are the same for each
            budget.spend(requests, size)
        return listing

    def state(self, repository: Repository, subject: Digest, budget: Budget) -> Sequence[str]:
        """The digests of what refers to a manifest, or of the list where a tag points at one; nothing is opened.

        Raises:
            SourceError: the registry did not answer, or refused to.
            TooMuchAttached: it has too many pages.
        """
        entries = self._pages(repository, subject, budget)
        if entries is not None:
            found: Sequence[str] = sorted(entry.digest for entry in entries)
        else:
            found = (self._client.tag_digest(repository, fallback_tag(subject), budget) or "",)
        for signed in (False, True):  # what is read after this must not be older, or a change would be lost
            self._known.forget((repository.name, subject, signed))
        return found

    def entries(self, repository: Repository, subject: Digest, budget: Budget) -> tuple[Listing, Sequence[Descriptor]]:
        """The list as it stands, with nothing opened.

        Raises:
            SourceError: the registry did not answer, or refused to.
            TooMuchAttached: it has too many pages.
        """
        entries = self._pages(repository, subject, budget)
        if entries is not None:
            return Listing("referrers", f"{repository.name}@{subject}"), entries
        tag = fallback_tag(subject)
        empty = Listing("fallback-tag", f"{repository.name}:{tag}")
        try:
            fetched = self._client.manifest(repository, tag, budget)
        except UnusableAnswer as problem:  # anybody who may push a tag can push such a one: it hides nothing else
            return replace(empty, problem=problem.message), ()
        # By the specification, something else than an index counts as nothing attached.
        return empty, () if fetched is None else fetched.manifest.manifests or ()

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
        raise TooMuchAttached(
            f"The attachments of {repository.name}@{subject.short} fill more than {self._options.max_pages} pages.",
            remedy="Delete old attachments, or raise sbom.maxPages.",
        )

    def _opened(
        self,
        listing: Listing,
        repository: Repository,
        subject: Digest,
        chosen: _Chosen,
        budget: Budget,
    ) -> Listing:
        most = self._options.max_attachments
        if len(chosen.likely) > most:
            raise TooMuchAttached(
                f"{listing.at} has {len(chosen.likely)} attachments that may be SBOMs; at most {most} are read, and "
                "no part of them stands for the whole.",
                remedy="Delete old attachments, or raise sbom.maxAttachments.",
            )
        attached, foreign = [], 0
        wanted = [*chosen.likely, *chosen.others][:most]
        for entry in wanted:
            digest = parse_digest_or_none(entry.digest)
            if digest is None:
                foreign += 1  # whatever it is, no node and no tool finds it
                continue
            try:
                fetched = self._client.manifest(repository, digest, budget, entry.size)
            except UnusableAnswer as problem:
                attached.append(Attached(digest, problem=problem.message))
                continue
            if fetched is None:
                why = "it is listed, and the registry does not have it"
                attached.append(Attached(digest, problem=why, is_gone=True))
            elif fetched.manifest.subject is None or fetched.manifest.subject.digest != subject:
                foreign += 1
            else:
                attached.append(Attached(digest, fetched.manifest))
        unopened = len(chosen.likely) + len(chosen.others) - len(wanted)
        return replace(listing, attached=tuple(attached), unopened=unopened, foreign=foreign, unsigned=chosen.unsigned)


def fallback_tag(subject: Digest) -> str:
    """The tag that lists what refers to a manifest, where the registry has no list."""
    algorithm, _, encoded = subject.partition(":")
    return f"{algorithm[:_MAX_ALGORITHM]}-{encoded[:_MAX_ENCODED]}"


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The entries of a list, each once.

    Attributes:
        likely: by their own word, or because they say nothing, these may be SBOMs.
        others: by their own word, these are something else.
        unsigned: how many say that they are SBOMs without a signature where one is needed.
    """

    likely: tuple[Descriptor, ...]
    others: tuple[Descriptor, ...]
    unsigned: int = 0


def _chosen(entries: Iterable[Descriptor], signed: bool) -> _Chosen:
    """Sort the entries of a list, so that what cannot count takes the place of nothing that can.

    An entry's own word takes it out only where it says so in so many words: a registry may state a type that means
    nothing, such as that of an empty configuration.
    """
    distinct: dict[str, Descriptor] = {}
    for entry in entries:
        distinct.setdefault(entry.digest, entry)
    likely: list[Descriptor] = []
    others: list[Descriptor] = []
    unsigned = 0
    for entry in distinct.values():
        predicate, kind = entry.annotation(BUNDLE_PREDICATE), entry.artifact_type or ""
        if signed and not predicate and is_sbom_artifact(kind):
            unsigned += 1
        elif (predicate and not may_hold_sbom(predicate)) or "signature" in kind:
            others.append(entry)
        else:
            likely.append(entry)
    likely.sort(key=_rank)
    return _Chosen(tuple(likely), tuple(others), unsigned)


def _rank(entry: Descriptor) -> int:
    """Likely SBOMs first."""
    return 0 if is_sbom_artifact(entry.artifact_type or "") or entry.annotation(BUNDLE_PREDICATE) else 1
