"""Image references and digests, parsed once at the edge, and the identity of an image.

Two references name the same image when their :attr:`ImageRef.name` is the same, however they are spelled; nothing else
compares images by name. Source: the reference grammar of distribution/reference and the OCI image specification,
descriptors.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

import msgspec

from webhook.errors import InvalidInput

DEFAULT_HOST = "docker.io"
MAX_REFERENCE_LENGTH = 1024
"""Characters of the longest reference that is read: host, repository, tag and digest at their longest fit in."""
MAX_REPOSITORY_LENGTH = 255
"""Characters of the longest repository, ``library/`` included, as distribution has it."""
USUAL_PLATFORMS = ("linux/amd64", "linux/arm64")
"""The platforms that count where nothing is known of the nodes that images run on."""

_DEFAULT_HOST_ALIASES = ("index.docker.io", "registry-1.docker.io", "registry.hub.docker.com")
_OFFICIAL = "library/"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_DIGEST = re.compile(r"(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})\Z")
_BARE_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?\Z")
_NUMBER = re.compile(r"(?:0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)\Z")
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


class ImageRef(msgspec.Struct, frozen=True):
    """A parsed image reference.

    Attributes:
        host: the registry's host and port by :func:`canonical_host`, ``docker.io`` when the text names none.
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
        """Registry and repository, such as ``docker.io/library/nginx``: the identity of the image but for its tag."""
        return f"{registry_name(self.host)}/{self.repository}"

    @property
    def names(self) -> tuple[str, ...]:
        """The names that a prefix may begin: :attr:`name`, and that of an official image without ``library/``."""
        short = self.name.replace(f"{DEFAULT_HOST}/{_OFFICIAL}", f"{DEFAULT_HOST}/", 1)
        return (self.name,) if short == self.name else (self.name, short)

    @property
    def spellings(self) -> tuple[str, ...]:
        """The :attr:`names` with and without the ports that are left out in them, as a pattern may write these."""
        registry, _, _ = self.name.partition("/")
        bare = registry.removesuffix(":443")
        if _split_port(bare)[1]:
            return self.names
        return tuple(
            f"{bare}{port}{name.removeprefix(registry)}" for name in self.names for port in ("", ":443", ":80")
        )

    @property
    def tagged(self) -> str:
        """The full name with its tag, the key under which tags are remembered; the bare name when there is no tag."""
        return f"{self.name}:{self.tag}" if self.tag else self.name

    @property
    def identity(self) -> str:
        """The whole reference in the one spelling in which references are compared."""
        return f"{self.tagged}@{self.digest}" if self.digest else self.tagged

    def __str__(self) -> str:
        return self.text


def parse_image(text: str) -> ImageRef:
    """Parse an image reference the way distribution does, with the host in one spelling (:func:`canonical_host`).

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
    host, path = split_host(rest)
    if not _HOST.match(host):
        raise _bad(text, f"{host[:100]!r} is not a registry host")
    host = canonical_host(host)
    repository, colon, tag_text = path.partition(":")
    if colon and not _TAG.match(tag_text):
        raise _bad(text, f"{tag_text[:100]!r} is not a tag")
    if host == DEFAULT_HOST and "/" not in repository:
        repository = f"{_OFFICIAL}{repository}"
    if len(repository) > MAX_REPOSITORY_LENGTH:
        raise _bad(text, f"its repository is longer than {MAX_REPOSITORY_LENGTH} characters")
    for part in repository.split("/"):
        if not _COMPONENT.match(part):
            why = (
                "must be in lower case"
                if _COMPONENT.match(part.lower())
                else "is not a valid part of a repository name"
            )
            raise _bad(text, f"{part[:100]!r} {why}")
    tag = tag_text if colon else (None if digest else "latest")
    return ImageRef(host=host, repository=repository, tag=tag, digest=digest, text=text)


@lru_cache(maxsize=4096)
def readable(text: str) -> ImageRef | None:
    """A reference, parsed; None for a text that is none."""
    try:
        return parse_image(text)
    except InvalidInput:
        return None


def identity(text: str) -> str:
    """A reference in the one spelling in which references are compared; a text that is none comes back as it is."""
    image = readable(text)
    return text if image is None else image.identity


def split_host(name: str) -> tuple[str, str]:
    """Host, as it is written, and the rest; the first part is a host only when it could be no repository of the Hub."""
    head, slash, tail = name.partition("/")
    if slash and ("." in head or ":" in head or head == "localhost" or head != head.lower()):
        return head, tail
    return DEFAULT_HOST, name


def canonical_host(text: str) -> str:
    """A registry's host and port in the one spelling that is compared.

    Lower case; ports without leading zeros, and 443 left out, because HTTPS has it anyway; addresses in their shortest
    form, an IPv4 address also where it is written as an IPv6 one or with fewer than four numbers; ``docker.io`` for
    every name of Docker Hub. A name without a dot keeps its port, or gets 443, because without one it would be read as
    a part of a repository.

    Args:
        text: a host with or without a port, by the grammar of references; a text that is none comes back in lower case.
    """
    host, port = _split_port(text.lower())
    host = _address(host)
    port = port.lstrip("0") or port[:1]
    if host in (DEFAULT_HOST, *_DEFAULT_HOST_ALIASES) and port in ("", "80", "443"):
        return DEFAULT_HOST
    if port in ("", "443"):
        return host if "." in host or ":" in host or host == "localhost" else f"{host}:443"
    return f"{host}:{port}"


@lru_cache(maxsize=1024)
def registry_name(host: str) -> str:
    """The name of a registry, by its host and port (:func:`canonical_host`); where it is compared, not connected to.

    Port 80 is left out. A registry is reached there when it speaks plain HTTP, and often the same one answers on both
    ports; if they were two, the other port would be a way around what is said of the first.
    """
    return canonical_host(host.removesuffix(":80")) if host.endswith(":80") else host


def _split_port(host: str) -> tuple[str, str]:
    """Host and port; the colons of an IPv6 address are inside brackets."""
    name, colon, port = host.rpartition(":")
    return (name, port) if colon and port.isdecimal() and not host.endswith("]") else (host, "")


def _address(host: str) -> str:
    """The shortest form of a host that is an address; any other as it is."""
    if host.startswith("["):
        try:
            address = ipaddress.IPv6Address(host[1:-1])
        except ValueError:
            return host
        return str(address.ipv4_mapped or f"[{address}]")
    numbers = host.split(".")
    if len(numbers) > 4 or not all(_NUMBER.match(number) for number in numbers):
        return host
    # The forms of inet_aton, which resolvers of the C library take: octal and hexadecimal numbers, and a long last one.
    *front, last = map(_number, numbers)
    if any(number > 0xFF for number in front) or last >= 1 << 8 * (4 - len(front)):
        return host
    value = sum(number << 8 * (3 - index) for index, number in enumerate(front)) + last
    return str(ipaddress.IPv4Address(value))


def _number(text: str) -> int:
    if text.startswith("0x"):
        return int(text, 16)
    return int(text, 8 if text.startswith("0") else 10)


def _bad(text: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"{text[:100]!r} is not an image reference: {why}",
        remedy="Write it as host/repository:tag or host/repository@sha256:<64 hex digits>.",
    )
