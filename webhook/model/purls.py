"""Package URLs: the key of a package, and which types OSS Index covers.

A :class:`Purl` here is *coordinates*: type, namespace, name and version, without qualifiers and subpath. As a *key* it
is in the one spelling that ``identity`` gives to all spellings of a package; two SBOMs of one package must give one
component. As *written* it is what an SBOM said, with nothing settled but the percent-encoding and the type.
Source: the purl specification and its type definitions; what OSS Index covers: ossindex.sonatype.org/ecosystems.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote, unquote

from webhook.errors import InvalidInput
from webhook.model.ecosystems import OSS_INDEX_TYPES, TYPES
from webhook.model.identity import STANDARD_LIBRARY as _LIBRARY
from webhook.model.identity import Stated, settled, spelt
from webhook.model.purlshapes import MAX_PURL_LENGTH, common_key, common_keys

_SEGMENT = r"[A-Za-z0-9._~+-]"
_STATED_EPOCH = re.compile(r"[^?#\n]*+\?(?:[^#\n]*&)?epoch=0*+([1-9][0-9]{0,8})(?:[&#]|\Z)")
"""How Trivy states the epoch of a package of Debian, which is a part of its version (deb-version(7))."""
_WRITTEN = re.compile(
    # Coordinates as written that need no decoding, but for a raw "+".
    rf"pkg:[a-z][a-z0-9._-]*+/(?:%40{_SEGMENT}++/)?+(?:{_SEGMENT}++/)*+{_SEGMENT}++(?:@[A-Za-z0-9._~:+-]++)?+\Z"
).match
_PLAIN = re.compile(
    # The type, the path and the version of a purl that holds no escapes.
    rf"pkg:([a-z][a-z0-9.-]*+)/((?:{_SEGMENT}++/)*+{_SEGMENT}++)@([A-Za-z0-9._~:+-]++)(?:\?[^#]*+)?\Z"
).match
_QUICK = re.compile(
    # Shapes that are common and easily settled: composer versions with a "v", and NuGet's names with their case.
    r"pkg:(?:composer/([a-z0-9._-]++/[a-z0-9._-]++)@(v)(?![0-9]++\.[0-9]++\.[0-9]++\.0(?![\w.]))"
    r"|(?:nuget|dotnet|dotnet-core)/([A-Za-z0-9._-]++)@(?=(?:(?:0|[1-9][0-9]*+)\.){2}(?:0|[1-9][0-9]*+)"
    r"(?:\.[1-9][0-9]*+)?+(?![\w.])))([0-9]++\.[A-Za-z0-9.-]*+)(?:\?[^#]*+)?\Z"
).match
_LONG_EPOCH = 10
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9._-]*\Z")


STANDARD_LIBRARY = f"pkg:golang/{_LIBRARY}"
"""The package of Go's standard library."""


class Purl(str):
    """A package URL in canonical form, without subpath: ``pkg:npm/%40angular/core@17.0.0``.

    It is a string, so that equality, hashing, sorting, JSON and database columns need nothing else; make one with
    :func:`parse_purl` only. Whatever is canonical holds ``@``, ``/`` and ``?`` only as separators. It has no qualifiers
    but those that tell apart packages of distributions, see :mod:`webhook.model.distributions`.
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
        return unquote(version.partition("?")[0]) if at else ""

    @property
    def coordinates(self) -> Purl:
        """Without qualifiers."""
        return Purl(self.partition("?")[0]) if "?" in self else self

    @property
    def is_covered(self) -> bool:
        """Whether OSS Index knows packages of this type; it has nothing reliable about Go's standard library."""
        return self.type in OSS_INDEX_TYPES and self.package != STANDARD_LIBRARY


_NOTHING = Purl("")


class Identity(NamedTuple):
    """What a package is, and what an SBOM called it.

    Attributes:
        key: the one spelling of all.
        spelling: what a source may have to be asked with, where that differs; empty otherwise.
    """

    key: Purl
    spelling: Purl


def parse_purl(text: str) -> Purl:
    """Read a package URL in any accepted spelling and return its key.

    Args:
        text: such as ``pkg:npm/@angular/core@17.0.0?foo=bar#sub``; misspelt types are mapped (``pip`` to ``pypi``). A
            missing version is accepted.

    Raises:
        InvalidInput: it is no purl (the message says which part is wrong).
    """
    key = common_key(text)
    return Purl(key) if key else identify(text).key


def parse_common(texts: Iterable[str]) -> list[Purl]:
    """Keys of many purls, as far as they have one of the commonest shapes; faster than one at a time.

    Args:
        texts: purls as written.

    Returns:
        For each text what :func:`parse_purl` gives for it, with a version that can be asked for; or an empty string
        when the shape is another one, so that only :func:`identify` can tell.
    """
    texts = list(texts)
    return list(map(Purl, common_keys(texts, "\n".join([*texts, ""]))[0]))


def identify(text: str, *, name: str = "", group: str = "", version: str = "", override: bool = False) -> Identity:
    """Read a package URL together with what stands beside it in an SBOM.

    Args:
        text: the purl.
        name: what the document calls the package; it restores what the purl's spelling lost, and nothing else.
        group: CycloneDX's ``group``, likewise.
        version: used when the purl has none, or lacks the epoch that it has (deb).
        override: use ``version`` in any case.

    Raises:
        InvalidInput: it is no purl.
    """
    if quick := _QUICK(text):
        composer, at, nuget, number = quick.groups()
        kind, path = ("composer", composer) if composer else ("nuget", nuget)
        spelling = Purl(f"pkg:{kind}/{path}@{at or ''}{number}")
        key = Purl(f"pkg:{kind}/{path}@{number}".lower() if nuget else f"pkg:{kind}/{path}@{number}")
        return Identity(key, _NOTHING if spelling == key else spelling)
    if len(version) > MAX_PURL_LENGTH:
        raise _bad(text, f"the version beside it is longer than {MAX_PURL_LENGTH} characters")
    name, group = (said if len(said) <= MAX_PURL_LENGTH else "" for said in (name, group))  # they only restore
    kind, stated = _stated(text, version, override=override)
    own = _with_epoch(text, stated.version, version) if kind == "deb" else stated.version
    stated = Stated(stated.path, own, stated.subpath, name, group)
    settled_one = settled(kind, stated)
    key = _joined(text, kind, settled_one)
    there = spelt(kind, stated, settled_one)
    spelling = _NOTHING if there is None else _joined(text, kind, there)
    return Identity(key, _NOTHING if spelling == key else spelling)


def _stated(text: str, version: str, *, override: bool) -> tuple[str, Stated]:
    """The type and the decoded parts of a purl."""
    plain = _PLAIN(text)
    if plain is not None and len(text) <= MAX_PURL_LENGTH and not override and plain[1] not in ("alpine", "none"):
        return TYPES.get(plain[1], plain[1]), Stated(tuple(plain[2].split("/")), plain[3])
    kind, path, own = _parts(text)
    if version and (override or not own):
        _refuse_unsafe(text, version)
        own = _decoded(text, version)
    subpath = "/".join(filter(None, unquote(text.partition("#")[2]).strip().split("/"))) if "#" in text else ""
    if not subpath.isprintable() or "\ufffd" in subpath:
        subpath = ""
    return kind, Stated(path, own, subpath)


def _with_epoch(text: str, version: str, beside: str) -> str:
    """The version of a package of type deb with its epoch, which the purl's own text may leave out."""
    if not version or ":" in version:  # only behind an epoch may one hold colons
        return version
    if found := _STATED_EPOCH.match(text):
        return f"{found[1]}:{version}"
    epoch, colon, rest = beside.strip().partition(":")
    stands_beside = colon and rest == version and epoch.isascii() and epoch.isdigit() and len(epoch) < _LONG_EPOCH
    return f"{epoch}:{version}" if stands_beside else version


def parse_written(text: str) -> Purl:
    """Read a package URL and keep its spelling: only the percent-encoding and the type are put right.

    Raises:
        InvalidInput: it is no purl.
    """
    kind, path, version = _parts(text)
    return _joined(text, kind, Stated(path, version))


def _parts(text: str) -> tuple[str, tuple[str, ...], str]:
    """The type, and decoded the namespace's segments with the name, and the version."""
    coordinates = text.partition("#")[0].partition("?")[0].strip()
    if len(coordinates) > MAX_PURL_LENGTH:
        raise _bad(text, f"it is longer than {MAX_PURL_LENGTH} characters")
    _refuse_unsafe(text, coordinates)
    scheme, _, rest = coordinates.partition(":")
    purl_type, slash, path = rest.strip().lstrip("/").partition("/")
    path = path.strip("/")
    if scheme.lower() != "pkg":
        raise _bad(text, "it does not begin with 'pkg:'")
    if not slash or not _TYPE.match(purl_type):
        raise _bad(text, f"{purl_type[:40]!r} is not a package type")
    purl_type = purl_type.lower()
    if purl_type == "none":
        raise _bad(text, "its type is 'none': the tool that wrote it did not know what kind of package it is")
    if purl_type == "alpine" and "/" not in path:
        path = f"alpine/{path}"
    purl_type = TYPES.get(purl_type, purl_type)
    head, version = _split_version(purl_type, path)
    head = unquote(head)
    _refuse_undecodable(text, head)
    # Decoding can uncover separators and spaces; dropping them here makes reading the result again change nothing.
    parts = tuple(part.strip() for part in head.split("/") if part.strip())
    if not parts or (purl_type == "npm" and len(parts) == 1 and parts[0].startswith("@")):
        raise _bad(text, "it has no name")
    return purl_type, parts, _decoded(text, unquote(version))


def _split_version(purl_type: str, path: str) -> tuple[str, str]:
    """The path up to the version, and the version, both still encoded."""
    if purl_type == "npm":  # an npm name has an "@" in front only; versions that pnpm and aliases write have more
        path = path.replace("%2F", "/").replace("%2f", "/") if path.startswith(("@", "%40")) else path
        scope, slash, rest = path.partition("/") if path.startswith(("@", "%40")) else ("", "", path)
        name, _, version = rest.partition("@")
        return f"{scope}{slash}{name}", version
    name, at, version = path.rpartition("@")
    return (name, version) if at else (path, "")


def _joined(text: str, purl_type: str, stated: Stated) -> Purl:
    head = f"pkg:{purl_type}/{'/'.join(stated.path)}"
    together = f"{head}@{stated.version}"
    if _WRITTEN(together):
        return Purl(together.replace("+", "%2B"))
    if "%" not in head and "@" not in head and _WRITTEN(head):
        return _with_version(text, head.replace("+", "%2B"), stated.version)
    path = [quote(part.strip(), safe=":") for part in stated.path if part.strip()]
    if not path:
        raise _bad(text, "it has no name")
    return _with_version(text, f"pkg:{purl_type}/{'/'.join(path)}", stated.version)


def _with_version(text: str, head: str, version: str) -> Purl:
    version = _decoded(text, version)
    return Purl(f"{head}@{quote(version, safe=':')}" if version else head)


def _decoded(text: str, version: str) -> str:
    _refuse_undecodable(text, version)
    return version.strip()


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
