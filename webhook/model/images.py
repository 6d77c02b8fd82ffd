"""Image references and digests, parsed once at the edge.

Source: the reference grammar of distribution/reference and the OCI image specification, descriptors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from webhook.errors import InvalidInput

DEFAULT_HOST = "docker.io"
MAX_REFERENCE_LENGTH = 1024
"""Characters of the longest reference that is read: host, repository, tag and digest at their longest fit in."""
MAX_REPOSITORY_LENGTH = 255
"""Characters of the longest repository, ``library/`` included, as distribution has it."""
USUAL_PLATFORMS = ("linux/amd64", "linux/arm64")
"""The platforms that count where nothing is known of the nodes that images run on."""

_DEFAULT_HOST_ALIASES = ("index.docker.io", "registry-1.docker.io")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_DIGEST = re.compile(r"(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})\Z")
_BARE_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?\Z")
_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*\Z")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\Z")


class Digest(str):
    """A content digest, ``sha256:<64 hex>``; make one with :func:`parse_digest`."""

    __slots__ = ()

    @property
    def hex(self) -> str:
        """The part after the colon."""
        return self.partition(":")[2]

    @property
    def short(self) -> str:
        """``sha256:`` and the first 12 digits, for people."""
        algorithm, _, digits = self.partition(":")
        return f"{algorithm}:{digits[:12]}"


def parse_digest(text: str) -> Digest:
    """Check a digest.

    Raises:
        InvalidInput: it is not ``sha256:`` and 64 lower-case hex digits (or ``sha512:`` and 128).
    """
    if not _DIGEST.match(text):
        raise InvalidInput(
            f"{text[:100]!r} is not an image digest", remedy="A digest is sha256: followed by 64 lower-case hex digits."
        )
    return Digest(text)


@dataclass(frozen=True, slots=True)
class ImageRef:
    """A parsed image reference.

    Attributes:
        host: the registry's host and port in lower case, ``docker.io`` when the text names none.
        repository: path inside the registry, such as ``library/nginx``.
        tag: the tag; None when only a digest is given, ``latest`` when the text has neither.
        digest: the digest when the reference pins one.
        text: the reference as it was written.
    """

    host: str
    repository: str
    tag: str | None
    digest: Digest | None
    text: str

    @property
    def name(self) -> str:
        """Host and repository without tag and digest, such as ``docker.io/library/nginx``."""
        return f"{self.host}/{self.repository}"

    @property
    def tagged(self) -> str:
        """The full name with its tag, the key under which tags are remembered; the bare name when there is no tag."""
        return f"{self.name}:{self.tag}" if self.tag else self.name

    def __str__(self) -> str:
        return self.text


def parse_image(text: str) -> ImageRef:
    """Parse an image reference the way distribution does.

    Two deviations, so that one registry has one name: the host is put in lower case, and both other names of Docker Hub
    are read as ``docker.io``.

    Args:
        text: such as ``nginx``, ``ghcr.io/team/app:1.2`` or ``app@sha256:…``.

    Raises:
        InvalidInput: it is not a valid reference; the message says which part is wrong.
    """
    if not text or len(text) > MAX_REFERENCE_LENGTH:
        raise _bad(text, "it is empty" if not text else f"it is longer than {MAX_REFERENCE_LENGTH} characters")
    if _BARE_DIGEST.match(text):
        raise _bad(text, "64 hex digits are an image's id, not a name")
    rest, at, digest_text = text.partition("@")
    digest = parse_digest(digest_text) if at else None
    host, path = _split_host(rest)
    if not _HOST.match(host):
        raise _bad(text, f"{host[:100]!r} is no registry host")
    host = host.lower()
    if host in _DEFAULT_HOST_ALIASES:
        host = DEFAULT_HOST
    repository, colon, tag_text = path.partition(":")
    if colon and not _TAG.match(tag_text):
        raise _bad(text, f"{tag_text[:100]!r} is no tag")
    if host == DEFAULT_HOST and "/" not in repository:
        repository = f"library/{repository}"
    if len(repository) > MAX_REPOSITORY_LENGTH:
        raise _bad(text, f"its repository is longer than {MAX_REPOSITORY_LENGTH} characters")
    for part in repository.split("/"):
        if not _COMPONENT.match(part):
            why = "must be in lower case" if _COMPONENT.match(part.lower()) else "is no part of a repository name"
            raise _bad(text, f"{part[:100]!r} {why}")
    tag = tag_text if colon else (None if digest else "latest")
    return ImageRef(host=host, repository=repository, tag=tag, digest=digest, text=text)


def _split_host(name: str) -> tuple[str, str]:
    """Host and the rest; the first part is a host only when it could not be a repository of the default registry."""
    head, slash, tail = name.partition("/")
    if slash and ("." in head or ":" in head or head == "localhost" or head != head.lower()):
        return head, tail
    return DEFAULT_HOST, name


def _bad(text: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"{text[:100]!r} is not an image reference: {why}",
        remedy="Write it as host/repository:tag or host/repository@sha256:<64 hex digits>.",
    )
