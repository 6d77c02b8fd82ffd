"""The registry client: manifests, blobs and lists of attachments, each checked against its digest and size.

Source: the OCI distribution specification, "Pull", "Listing Referrers" and "Push".
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import IO

from webhook.clients.http.headers import joined, next_link
from webhook.clients.http.messages import Answer, Request
from webhook.clients.http.problems import origin
from webhook.clients.registry.blobs import BlobFile, checked_bytes
from webhook.clients.registry.calls import CAP_REMEDY, Budget, Calls
from webhook.clients.registry.credentials import Before, Keychain
from webhook.clients.registry.dockerconfig import Credential
from webhook.clients.registry.locations import Repository
from webhook.clients.registry.manifests import (
    ACCEPT,
    OLD_TYPES,
    Descriptor,
    Manifest,
    checked_digest,
    parse_digest_or_none,
    plain_type,
    read_list,
    read_manifest,
)
from webhook.clients.registry.options import RegistryOptions
from webhook.errors import Final, InvalidInput, TooMuchAttached, UnusableAnswer
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest
from webhook.ports import Clock

_ACCEPT = {"Accept": ACCEPT}
_MADE = frozenset([201])
_NO_LIST = frozenset([404, 405, 501])
_NO_HEAD = frozenset(range(201, 600)) - {429, 502, 503, 504}
"""Statuses of a HEAD that say little: some registries answer it with an error, and GET rightly."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A manifest that was read and checked.

    Attributes:
        digest: of its bytes.
        size: of its bytes.
        manifest: what it says.
    """

    digest: Digest
    size: int
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list of attachments.

    Attributes:
        entries: the attachments on it.
        next: address of the next page; empty on the last.
    """

    entries: tuple[Descriptor, ...]
    next: str = field(default="")


class RegistryClient:
    """Reads from registries; safe to use from several threads.

    Args:
        options: limits.
        keychains: where credentials come from, in order.
        clock: time.
    """

    def __init__(self, options: RegistryOptions, keychains: Sequence[Keychain], clock: Clock) -> None:
        self._options, self._keychains = options, keychains
        self._calls = Calls(options, keychains, clock)

    def budget(self, deadline: Deadline) -> Budget:
        """A fresh budget for one search."""
        return Budget(deadline, self._options.requests_per_image, self._options.bytes_per_image)

    def opened_by(self, keychain: Keychain) -> RegistryClient:
        """A client with what another keychain has; where it has nothing, with the credentials of this one.

        It shares connections and limits with this one, and no tokens: what one keychain opens stays closed to others.
        """
        other = copy.copy(self)
        other._keychains = (Before(keychain, self._keychains),)
        other._calls = self._calls.opened_by(other._keychains)
        return other

    def credential(self, repository: Repository, deadline: Deadline) -> Credential | None:
        """What opens a repository, or may open it where none of it has been read; None when there is nothing.

        Raises:
            SourceError: the credentials cannot be read.
        """
        return self._calls.credential(repository, deadline)

    def close(self) -> None:
        """Close all connections."""
        self._calls.close()

    def tag_digest(self, repository: Repository, tag: str, budget: Budget) -> Digest | None:
        """The digest that a tag points at now; None when the registry has no such tag.

        Raises:
            SourceError: the registry did not answer, or refused to.
        """
        reply = self._calls.get(repository, self._manifest(repository, tag, "HEAD"), budget, absent=_NO_HEAD)
        found = parse_digest_or_none(reply.headers.get("Docker-Content-Digest", "")) if reply.status == 200 else None
        if found is not None and plain_type(reply.headers.get("Content-Type", "")) not in OLD_TYPES:
            return found
        # Else only the manifest itself can tell; and the old format is refused there.
        fetched = self.manifest(repository, tag, budget)
        return None if fetched is None else fetched.digest

    def manifest(self, repository: Repository, reference: str, budget: Budget, size: int = -1) -> Fetched | None:
        """Read a manifest or an index.

        Args:
            repository: where it is.
            reference: its digest, or a tag.
            budget: what it may cost.
            size: what its descriptor says; negative when nothing says it.

        Returns:
            None when the registry has no such manifest.

        Raises:
            UnusableAnswer: it is not what its digest or size says, is too large, or cannot be read.
            SourceError: the registry did not answer, or refused to.
        """
        where = f"{repository.name}{'@' if ':' in reference else ':'}{reference}"
        if size > self._options.max_manifest_bytes:
            raise UnusableAnswer(f"The manifest {where} has {size} bytes, which is too large.", remedy=CAP_REMEDY)
        request = self._manifest(repository, reference, "GET")
        reply = self._calls.get(repository, request if size < 0 else replace(request, limit=size), budget)
        if reply.status == 404:
            return None
        expected = parse_digest_or_none(reference)
        if expected is None:
            expected = parse_digest_or_none(reply.headers.get("Docker-Content-Digest", ""))
        digest = checked_bytes(reply.body, expected, size, where)
        return Fetched(digest, len(reply.body), read_manifest(reply.body, where))

    def blob(self, repository: Repository, descriptor: Descriptor, budget: Budget) -> bytes:
        """Read a blob whole.

        Raises:
            InvalidInput: it is larger than is read.
            TooMuchAttached: the search has read too much before.
            UnusableAnswer: it is missing, or not what its digest or size says.
            SourceError: the registry did not answer, or refused to.
        """
        request, digest = self._blob_request(repository, descriptor, budget)
        reply = self._calls.get(repository, request, budget)
        _refuse_missing(reply, repository, digest)
        checked_bytes(reply.body, digest, descriptor.size, f"{repository.name}@{digest}")
        return reply.body

    def blob_into(self, repository: Repository, descriptor: Descriptor, budget: Budget, into: IO[bytes]) -> None:
        """Write a blob to a file as it comes.

        Args:
            repository: where it is.
            descriptor: says what it is.
            budget: what it may cost.
            into: where to; what it has is replaced, and is of no use when an error is raised.

        Raises:
            InvalidInput, TooMuchAttached, UnusableAnswer, SourceError: as for :meth:`blob`.
        """
        request, digest = self._blob_request(repository, descriptor, budget)
        file = BlobFile(into, digest)
        reply = self._calls.get(repository, replace(request, begin=file.begin), budget)
        _refuse_missing(reply, repository, digest)
        budget.bytes -= descriptor.size
        file.check(descriptor.size, f"{repository.name}@{digest}")

    def _blob_request(self, repository: Repository, descriptor: Descriptor, budget: Budget) -> tuple[Request, Digest]:
        """What asks for a blob, and its digest."""
        digest = checked_digest(descriptor, repository.name)
        limit = self._options.max_blob_bytes
        if budget.bytes < descriptor.size <= limit:
            most = self._options.bytes_per_image
            raise TooMuchAttached(f"The search reads more than {most} bytes from registries.", remedy=CAP_REMEDY)
        if not 0 <= descriptor.size <= limit:
            what = f"{repository.name}@{digest} has {descriptor.size} bytes"
            raise InvalidInput(f"{what}; at most {limit} are read", remedy=CAP_REMEDY)
        url = f"{repository.registry.url}/v2/{repository.path}/blobs/{digest}"
        return Request(repository.registry.destination, "GET", url, descriptor.size), digest

    def referrers(self, repository: Repository, subject: Digest, budget: Budget, url: str = "") -> Page | None:
        """One page of what refers to a manifest.

        Args:
            repository: where to look.
            subject: digest of the manifest.
            budget: what it may cost.
            url: of the page; empty for the first.

        Returns:
            None when the registry has no such list, so that the tag of the older scheme is to be asked.

        Raises:
            Final: the answer is no list, or points elsewhere.
            SourceError: the registry did not answer, or refused to.
        """
        url = url or f"{repository.registry.url}/v2/{repository.path}/referrers/{subject}"
        limit = self._options.max_manifest_bytes
        request = Request(repository.registry.destination, "GET", url, limit, _ACCEPT)
        reply = self._calls.get(repository, request, budget, absent=_NO_LIST)
        # Registries without the list answer 404 by the specification, and in practice also with their web pages.
        if reply.status != 200 or "json" not in reply.headers.get("Content-Type", "json"):
            return None
        entries = read_list(reply.body, f"list of attachments of {repository.name}")
        if entries is None:
            raise Final(f"{repository.registry.host} did not answer with a list of attachments.")
        return Page(entries, _next_page(reply))

    def push_blob(self, repository: Repository, data: bytes, budget: Budget) -> Digest:
        """Push a blob, unless it is there; its digest.

        Raises:
            SourceError: the registry did not answer, or refused to.
        """
        digest, destination = Digest(f"sha256:{hashlib.sha256(data).hexdigest()}"), repository.registry.destination
        base, limit = f"{repository.registry.url}/v2/{repository.path}/blobs", self._options.max_manifest_bytes
        there = self._calls.get(repository, Request(destination, "HEAD", f"{base}/{digest}", 0), budget)
        if there.status == 200:
            return digest
        begin = Request(destination, "POST", f"{base}/uploads/", limit, body=b"")
        begun = self._calls.get(repository, begin, budget, absent=frozenset([202]))
        url = joined(begun.url, begun.headers.get("Location", ""))
        if begun.status != 202 or not url or origin(url) != origin(begun.url):
            raise Final(f"{repository.registry.host} does not say where to upload a blob.")
        url = f"{url}{'&' if '?' in url else '?'}digest={digest}"
        content = {"Content-Type": "application/octet-stream"}
        self._calls.get(repository, Request(destination, "PUT", url, limit, content, body=data), budget, _MADE)
        return digest

    def push_manifest(
        self, repository: Repository, tag: str, data: bytes, media_type: str, budget: Budget
    ) -> tuple[Digest, bool]:
        """Push a manifest by a tag, or by its digest; that digest, and whether the registry lists what it refers to.

        Raises:
            SourceError: the registry did not answer, or refused to.
        """
        digest = Digest(f"sha256:{hashlib.sha256(data).hexdigest()}")
        url = f"{repository.registry.url}/v2/{repository.path}/manifests/{tag or digest}"
        limit, content = self._options.max_manifest_bytes, {"Content-Type": media_type}
        request = Request(repository.registry.destination, "PUT", url, limit, content, body=data)
        reply = self._calls.get(repository, request, budget, _MADE)
        return digest, bool(reply.headers.get("OCI-Subject"))

    def _manifest(self, repository: Repository, reference: str, method: str) -> Request:
        url = f"{repository.registry.url}/v2/{repository.path}/manifests/{reference}"
        return Request(repository.registry.destination, method, url, self._options.max_manifest_bytes, _ACCEPT)


def _refuse_missing(reply: Answer, repository: Repository, digest: Digest) -> None:
    if reply.status == 404:
        raise UnusableAnswer(
            f"{repository.name} refers to {digest.short}, which the registry does not have.",
            remedy="Attach the SBOM again; the attachment was copied or deleted in part.",
        )


def _next_page(reply: Answer) -> str:
    """The next page (RFC 8288), which has to be on the same host."""
    header = reply.headers.get("Link", "")
    target = next_link(header)
    if not target and "next" in header.lower():
        raise Final(f"{origin(reply.url)} continues its list of attachments with a link that cannot be parsed.")
    if not target:
        return ""
    url = joined(reply.url, target)
    if not url:
        raise Final(f"{origin(reply.url)} continues its list of attachments at something that is not a web address.")
    if origin(url) != origin(reply.url):
        raise Final(
            f"{origin(reply.url)} continues its list of attachments at {origin(url)}, which bomgate does not contact."
        )
    return url
