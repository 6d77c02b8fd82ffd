"""Image patterns: which images an assessment that is narrowed to an image applies to.

A pattern is a digest, an image reference (``nginx`` means ``docker.io/library/nginx`` with any tag), or a name with
``*``, which stands for any characters, slashes included: ``registry.corp/shop/*``, ``*/log4shell-demo:*``. However a
pattern or an image is spelled, the same images match (:attr:`webhook.model.images.ImageRef.name`).
"""

from __future__ import annotations

from dataclasses import dataclass

from webhook.errors import InvalidInput
from webhook.model.images import (
    DEFAULT_HOST,
    Digest,
    ImageRef,
    canonical_host,
    parse_digest,
    parse_image,
    registry_name,
    split_host,
)
from webhook.policy.plaintext import is_plain

MAX_LENGTH = 500


@dataclass(frozen=True, slots=True)
class ImagePattern:
    """A parsed pattern; :func:`parse_pattern` makes one.

    Attributes:
        name: host and repository, with ``*`` where it is a wildcard; empty when only a digest counts.
        tag: the tag, possibly with ``*``; None means any tag, or none.
        digest: the digest; None means any.
    """

    name: str
    tag: str | None = None
    digest: Digest | None = None

    def __str__(self) -> str:
        if self.digest is not None:
            return str(self.digest)
        return self.name if self.tag is None else f"{self.name}:{self.tag}"

    @property
    def narrowness(self) -> tuple[int, int, int]:
        """Sort key, narrower patterns last: names by the number of literal characters, then digests."""
        if self.digest is not None:
            return (1, 0, 0)
        text = str(self)
        stars = text.count("*")
        return (0, len(text) - stars, -stars)

    def matches(self, image: ImageRef | None, digest: Digest | None) -> bool:
        """Whether the pattern applies to an image.

        Args:
            image: the reference; None when it is not known.
            digest: what the reference was resolved to; None when that is not known.
        """
        if self.digest is not None:
            return self.digest == digest or (image is not None and self.digest == image.digest)
        if image is None or not self._names(image):
            return False
        return self.tag is None or (image.tag is not None and matches_wildcards(self.tag, image.tag))

    def _names(self, image: ImageRef) -> bool:
        if "*" not in self.name:
            return self.name in image.names
        says_port = ":" in self.name.partition("/")[0]
        return any(matches_wildcards(self.name, name) for name in (image.spellings if says_port else image.names))


def parse_pattern(text: str) -> ImagePattern:
    """Read a pattern.

    Raises:
        InvalidInput: it is neither a digest, nor a reference, nor a name with ``*``.
    """
    stripped = text.strip()
    if stripped.startswith(("sha256:", "sha512:")):
        return ImagePattern("", None, parse_digest(stripped))
    if "*" not in stripped:
        image = parse_image(stripped)
        if image.digest is not None:
            return ImagePattern("", None, image.digest)
        return ImagePattern(image.name, image.tag if _states_tag(stripped) else None)
    if len(stripped) > MAX_LENGTH or "@" in stripped or " " in stripped or not is_plain(stripped):
        raise InvalidInput(
            f"{text[:100]!r} is not an image pattern.",
            remedy="Write a digest, an image reference, or a name with `*` such as registry.corp/shop/*.",
        )
    name, tag = stripped, None
    if _states_tag(stripped):
        name, _, tag = stripped.rpartition(":")
    return ImagePattern(_full_name(name), tag)


def _states_tag(text: str) -> bool:
    return ":" in text.rpartition("/")[2]


def _full_name(name: str) -> str:
    """The name with its registry, as :func:`parse_image` resolves it; a leading wildcard may stand for the registry."""
    head, slash, tail = name.partition("/")
    if head.startswith("*"):
        return f"{_host(head)}{slash}{tail}" if slash else name
    if not slash:
        return f"{DEFAULT_HOST}/library/{name}"
    host, rest = split_host(name)
    return f"{_host(host)}/{rest}"


def _host(host: str) -> str:
    """A registry as image names spell it; one with a wildcard keeps its port, which may narrow it."""
    if "*" not in host:
        return registry_name(canonical_host(host))
    name, colon, port = host.lower().rpartition(":")
    return f"{name}:{port.lstrip('0') or port}" if colon and port.isdecimal() else host.lower()


def matches_wildcards(pattern: str, text: str) -> bool:
    """Whether the text matches a pattern whose ``*`` stands for any characters; linear in the length of the text."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == first
    if not text.startswith(first):
        return False
    place = len(first)
    for part in rest[:-1]:
        found = text.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return len(text) - place >= len(rest[-1]) and text.endswith(rest[-1])
