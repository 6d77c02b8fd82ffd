"""Package URLs: canonical coordinates, a fast path for the common shape, and which types OSS Index covers.

A :class:`Purl` here is *coordinates*: type, namespace, name and version. Qualifiers and subpath are dropped, because
OSS Index ignores or mishandles them and because two SBOMs of one package must give one component.
Source: the purl specification and its type definitions; what OSS Index covers: ossindex.sonatype.org/ecosystems.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

from packageurl import PackageURL

from webhook.errors import InvalidInput

OSS_INDEX_TYPES = frozenset(
    [
        "cargo",
        "cocoapods",
        "composer",
        "conan",
        "conda",
        "cran",
        "gem",
        "golang",
        "maven",
        "npm",
        "nuget",
        "pypi",
        "rpm",
        "swift",
    ]
)
"""The purl types that OSS Index knows; every other type is *not covered*, which is not the same as clean."""

MAX_PURL_LENGTH = 4096
"""Characters of the longest coordinates that are read; real ones stay below 200."""

_MISSPELT_TYPES = {"alpine": "apk", "dotnet": "nuget", "dotnet-core": "nuget"}
"""Types that older tools wrote (syft: ``alpine``; Trivy: ``dotnet``, ``dotnet-core``) and what they mean."""

_LOWER_NAMES = frozenset(["apk", "bitbucket", "composer", "deb", "github", "npm", "oci", "pypi"])
"""Types of which the whole path is lower case; the rarer ones are left to packageurl-python."""

_KEPT = "cargo|cocoapods|conan|conda|cran|gem|generic|golang|maven|nuget|swift"
_FOLDED = "apk|bitbucket|composer|deb|github"
_SEGMENT = r"[A-Za-z0-9._~+-]"
_PATH = rf"(?:{_SEGMENT}++/)*+{_SEGMENT}++(?:%2B{_SEGMENT}*+)*+"
_COMMON_PATH = rf"{_SEGMENT}++(?:/{_SEGMENT}++)*+"
_CANONICAL = re.compile(
    # Coordinates that are canonical as they stand, but for a raw "+": group 1. What follows them is dropped unread.
    rf"""(pkg:(?:
        (?:{_FOLDED})/{_PATH.replace("A-Z", "")}
      | (?:{_KEPT})/{_PATH}
      | npm/(?:%40[a-z0-9._~-]+/)?[a-z0-9._~-]+
      | rpm/(?:[a-z0-9._~-]+/)?{_SEGMENT}++(?:%2B{_SEGMENT}*+)*+
      | pypi/[a-z0-9.~-]+
      | oci/[a-z0-9._~-]+(?![^?\#]*[A-Z])
      )(?:@[A-Za-z0-9._~:+-]++(?:%2B[A-Za-z0-9._~:+-]*+)*+)?
    )(?:[?\#]|\Z)""",
    re.VERBOSE,
).match
_COMMON_LINES = re.compile(
    # The commonest of these, one a line: with a version, and with no escapes but in npm scopes. Others give "".
    rf"""(pkg:(?:
        (?:{_FOLDED})/{_COMMON_PATH.replace("A-Z", "")}
      | (?:{_KEPT})/{_COMMON_PATH}
      | npm/(?:%40[a-z0-9._~-]+/)?[a-z0-9._~-]+
      | rpm/(?:[a-z0-9._~-]+/)?{_SEGMENT}+
      | pypi/[a-z0-9.~-]+
      )@v?[0-9][A-Za-z0-9._~:+-]*+
    )(?:[?\#][^\n]*+)?\n | [^\n]*\n""",
    re.VERBOSE,
).findall
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9._-]*\Z")


class Purl(str):
    """A package URL in canonical form, without qualifiers and subpath: ``pkg:npm/%40angular/core@17.0.0``.

    It is a string, so that equality, hashing, sorting, JSON and database columns need nothing else; make one with
    :func:`parse_purl` only. Whatever is canonical holds ``@`` and ``/`` only as separators.
    """

    __slots__ = ()

    @property
    def type(self) -> str:
        """The lower-case type, such as ``maven``."""
        return self[4 : self.index("/")]

    @property
    def package(self) -> str:
        """The coordinates without the version, such as ``pkg:npm/%40angular/core``."""
        head, at, _ = self.rpartition("@")
        return head if at else str(self)

    @property
    def namespace(self) -> str:
        """The decoded namespace, such as ``@angular``; empty when there is none."""
        return unquote(self.package.partition("/")[2].rpartition("/")[0])

    @property
    def name(self) -> str:
        """The decoded name, such as ``core``."""
        return unquote(self.package.rpartition("/")[2])

    @property
    def version(self) -> str:
        """The decoded version, such as ``17.0.0``; empty when there is none."""
        _, at, version = self.rpartition("@")
        return unquote(version) if at else ""

    @property
    def is_covered(self) -> bool:
        """Whether OSS Index knows packages of this type."""
        return self.type in OSS_INDEX_TYPES


def parse_purl(text: str) -> Purl:
    """Read a package URL in any accepted spelling and return its canonical coordinates.

    Case is folded as the type's definition asks, except that golang keeps its own: module paths are case-sensitive and
    OSS Index is asked with them. ``+`` is written ``%2B``. An encoded ``/`` in a namespace or name separates like a
    plain one.

    Args:
        text: such as ``pkg:npm/@Angular/core@17.0.0?foo=bar#sub``; known misspellings of the type are mapped
            (``alpine`` to ``apk``, ``dotnet`` to ``nuget``). A missing version is accepted.

    Raises:
        InvalidInput: it is no purl (the message says which part is wrong).
    """
    match = _CANONICAL(text)
    if match is None or len(match[1]) > MAX_PURL_LENGTH:
        return _respell(text)
    return Purl(match[1].replace("+", "%2B"))


def parse_common(texts: Iterable[str]) -> list[Purl]:
    """Canonical coordinates of many purls, as far as they have the commonest shape; faster than one at a time.

    Args:
        texts: purls as written.

    Returns:
        For each text what :func:`parse_purl` gives for it, with a version that begins with a digit, or with ``v`` and a
        digit; or an empty string when the shape is another one, so that only :func:`parse_purl` can tell.
    """
    texts = list(texts)
    found = _COMMON_LINES("\n".join([*texts, ""]))
    if len(found) != len(texts):
        return [Purl("")] * len(texts)  # one of them holds a line end, which is none of the common ones
    together = "\n".join(found)
    if len(together) > MAX_PURL_LENGTH and max(map(len, found)) > MAX_PURL_LENGTH:
        found = ["" if len(one) > MAX_PURL_LENGTH else one for one in found]
        together = "\n".join(found)
    if "+" in together:
        found = together.replace("+", "%2B").split("\n")
    return list(map(Purl, found))


def _respell(text: str) -> Purl:
    """Put the common deviations right; packageurl-python reads a namespace or name that is still not canonical then."""
    coordinates = text.partition("#")[0].partition("?")[0].strip()
    if len(coordinates) > MAX_PURL_LENGTH:
        raise _bad(text, f"it is longer than {MAX_PURL_LENGTH} characters")
    _refuse_unsafe(text, coordinates)
    scheme, _, rest = coordinates.partition(":")
    purl_type, slash, path = rest.strip().lstrip("/").partition("/")
    path = path.strip("/")
    if scheme != "pkg":
        raise _bad(text, "it does not begin with 'pkg:'")
    if not slash or not _TYPE.match(purl_type):
        raise _bad(text, f"{purl_type[:40]!r} is no package type")
    purl_type = purl_type.lower()
    if purl_type == "none":
        raise _bad(text, "its type is 'none': the tool that wrote it did not know what kind of package it is")
    if purl_type == "alpine" and "/" not in path:
        path = f"alpine/{path}"
    purl_type = _MISSPELT_TYPES.get(purl_type, purl_type)
    name, at, version = path.rpartition("@")
    if not name:
        name, at, version = path, "", ""
    if purl_type in _LOWER_NAMES:
        name = name.lower()
    if purl_type == "pypi":
        name = name.replace("_", "-")
    if purl_type == "npm" and name.startswith("@"):
        name = f"%40{name[1:]}"
    if match := _CANONICAL(f"pkg:{purl_type}/{name}{at}{version}"):
        return Purl(match[1].replace("+", "%2B"))
    if "@" not in name and (match := _CANONICAL(f"pkg:{purl_type}/{name}")):
        return _with_version(text, match[1].replace("+", "%2B"), unquote(version))
    return _read_slowly(text, f"pkg:{purl_type}/{path}")


def _read_slowly(text: str, coordinates: str) -> Purl:
    """Read any spelling with packageurl-python, and fold what it leaves to its callers."""
    _refuse_undecodable(text, unquote(coordinates))
    try:
        parts = PackageURL.from_string(coordinates)
    except ValueError as problem:
        nameless = str(problem).startswith(("purl is missing the required name", "Invalid purl: name"))
        why = "it has no name" if nameless else "it cannot be split into namespace, name and version"
        raise _bad(text, why) from problem
    path = f"{parts.namespace or ''}/{parts.name}"
    if parts.type in _LOWER_NAMES:
        path = path.lower()
    # Decoding can uncover separators and spaces; dropping them here makes reading the result again change nothing.
    *namespace, name = [part.strip() for part in path.split("/") if part.strip()] or [""]
    if parts.type == "rpm":
        namespace = [part.lower() for part in namespace]
    if not name:
        raise _bad(text, "it has no name")
    head = "/".join(quote(part, safe=":") for part in (*namespace, name))
    return _with_version(text, f"pkg:{parts.type}/{head}", parts.version or "")


def _with_version(text: str, head: str, version: str) -> Purl:
    _refuse_undecodable(text, version)
    version = version.strip()
    if not version:
        return Purl(head)
    if head.startswith(("pkg:huggingface/", "pkg:oci/")):
        version = version.lower()
    return Purl(f"{head}@{quote(version, safe=':')}")


def _refuse_unsafe(text: str, coordinates: str) -> None:
    if coordinates.isascii() and coordinates.isprintable():
        return
    if _CONTROL.search(coordinates):
        raise _bad(text, "it holds control characters")
    try:
        coordinates.encode()
    except UnicodeEncodeError as problem:
        raise _bad(text, "it holds half a surrogate pair") from problem


def _refuse_undecodable(text: str, part: str) -> None:
    if not part.isprintable() and _CONTROL.search(part):
        raise _bad(text, "it holds percent-encoded control characters")
    if "\ufffd" in part:
        raise _bad(text, "it holds percent-encoded bytes that are not text")


def _bad(text: str, why: str) -> InvalidInput:
    shown = text if len(text) <= 100 else f"{text[:100]}…"
    return InvalidInput(f"{shown!r} is not a package URL: {why}", remedy="Write it as pkg:type/namespace/name@version.")
