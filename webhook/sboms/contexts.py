"""Contexts: what a document says of packages of distributions beside their coordinates.

The distribution's release is in the purl (``distro``), or else in the document's components of type operating system,
where all are of one release. The source package is in the purl (``upstream``, Syft), in SPDX's ``sourceInfo`` (Trivy),
in CycloneDX's properties (both), or in the metadata of Syft's JSON. Syft leaves it out where it has the package's name;
of all other documents that leave it out nobody knows which one it is.
Sources: Syft, ``cataloger/debian/package.go``, ``cataloger/alpine/package.go``; Trivy, ``pkg/sbom/spdx/marshal.go``,
``pkg/sbom/io/encode.go``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Protocol
from urllib.parse import unquote

from webhook.model.distributions import PACKAGED, ROLLING, UNSTATED, is_by_source, release_of, source_of, suffix
from webhook.model.purls import Purl

_BUILT_FROM = "built package from: "
_LENGTH = len(_BUILT_FROM)
_LONGEST = 500
"""Characters of what is said of one package; real ones stay below 200."""
_EPOCH_BEFORE = re.compile(r"pkg:rpm/[^?#]*@([1-9][0-9]{0,8}):")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*+\Z")
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:+^-]*")
_OF_TRIVY = "aquasecurity:trivy:"
_OF_SYFT = "syft:metadata:"
_SYFT_SINCE_1 = re.compile(r"\bsyft[ -]v?[1-9]")
_Tail = tuple[str, str, str]
"""A release, an epoch and a source package."""


class Described(Protocol):
    """An entry, as far as it tells of a source package."""

    @property
    def source_info(self) -> str | None:
        """Such as ``built package from: openssl 3.0.11-1``."""


def built_from(name: str, version: str, release: str = "", epoch: str = "") -> str:
    """How Trivy says in SPDX from which source package a package was built."""
    whole = f"{version}-{release}" if release else version
    return f"{_BUILT_FROM}{name} {epoch}:{whole}" if epoch not in ("", "0") else f"{_BUILT_FROM}{name} {whole}"


def is_about_source(name: str) -> bool:
    """Whether a property of CycloneDX by this name tells of a source package."""
    return name.startswith((f"{_OF_TRIVY}Src", f"{_OF_SYFT}source", f"{_OF_SYFT}originPackage"))


def of_properties(stated: Mapping[str, str]) -> str | None:
    """What properties of CycloneDX tell of a source package, in Trivy's words; None for nothing.

    Args:
        stated: values by name.
    """
    if stated.get(f"{_OF_TRIVY}SrcName"):
        name, version, release, epoch = (
            stated.get(f"{_OF_TRIVY}{field}", "") for field in ("SrcName", "SrcVersion", "SrcRelease", "SrcEpoch")
        )
        return built_from(name, version, release, epoch)
    names = ("source", "sourceVersion", "originPackage", "sourceRpm")
    return of_syft(*(stated.get(f"{_OF_SYFT}{name}") for name in names))


def of_syft(source: str | None, version: str | None, origin: str | None, source_rpm: str | None) -> str | None:
    """The same of what Syft keeps from the package manager."""
    if source_rpm:
        source, _, version = source_of(source_rpm, "rpm").partition("@")
    name = source or origin
    return built_from(name, version or "") if name else None


def located(
    coordinates: Sequence[str],
    purls: Sequence[str],
    entries: Sequence[Described],
    systems: Sequence[tuple[str, str]],
    tool: str = "",
) -> tuple[Purl, ...]:
    """Distinct components, those of distributions with their context.

    Args:
        coordinates: of each entry, empty where it is unusable.
        purls: as written, one for each entry.
        entries: what else the document says, likewise.
        systems: name and version of each operating system that the document lists.
        tool: that wrote the document.
    """
    keys = list(coordinates)
    _add_contexts(keys, purls, entries, systems)
    _note_unstated(keys, purls, tool)
    distinct = dict.fromkeys(keys)
    distinct.pop("", None)
    return tuple(map(Purl, distinct))


def _add_contexts(
    keys: list[str], purls: Sequence[str], entries: Sequence[Described], systems: Sequence[tuple[str, str]]
) -> None:
    stated: dict[tuple[str, str], _Tail] = {}
    last, beginning, head, whole = "\0", "\0", "", ("", "", "")
    for place, key in enumerate(keys):
        if key[4:8] not in PACKAGED:
            continue
        text, said = purls[place], entries[place].source_info
        start = text.find("?")
        qualifiers = text[start:] if start >= 0 else ""
        if qualifiers != last or not key.startswith(beginning):
            beginning, last = key[: key.find("/", 8) + 1], qualifiers
            at = (beginning[8:-1], qualifiers)
            if at not in stated:
                stated[at] = _tail(*at, systems)
            whole = stated[at]
            head = "" if whole[1] or whole[2] else suffix(*whole)
        if head and said is not None and said[:_LENGTH] == _BUILT_FROM:
            # As Trivy writes nearly all packages, so that this is worth while.
            of, _, version = said[_LENGTH:].partition(" ")
            if "+" in version:
                version = version.replace("+", "%2B")
            if key.endswith(f"@{version}") and ":" not in text[4:start] and _PLAIN.match(of):
                same = key.startswith(of, len(beginning)) and key[len(beginning) + len(of)] == "@"
                keys[place] = f"{key}{head}" if same else f"{key}{head}&upstream={of}"
                continue
        keys[place] = key + _one(key, text, said, whole)


def _tail(distribution: str, text: str, systems: Sequence[tuple[str, str]]) -> _Tail:
    """What the qualifiers of a purl say."""
    release = epoch = upstream = ""
    for part in text[1:].partition("#")[0].split("&"):
        name, _, value = part.partition("=")
        if name == "distro":
            release = release_of(distribution, unquote(value)[:_LONGEST])
        elif name == "epoch":
            epoch = value.lstrip("0") if value.isascii() and value.isdigit() and len(value) < 10 else ""
        elif name == "upstream":
            upstream = unquote(value)
    if not release:  # 12 and 12.5 are one release, and a system without a version says nothing of it
        distinct = {release_of(distribution, f"{name}-{version}") for name, version in systems} - {""}
        release = distinct.pop() if len(distinct) == 1 else ""
        if release.partition("-")[0] not in ("", distribution):
            release = ""  # of another distribution than the package
    return release, epoch, upstream


def _one(key: str, text: str, said: str | None, tail: _Tail) -> str:
    release, epoch, upstream = tail
    coordinates = unquote(key.rpartition("/")[2])
    name, _, version = coordinates.partition("@")
    is_rpm = key[4] == "r"
    if is_rpm and not epoch and (found := _EPOCH_BEFORE.match(text)):
        epoch = found[1]
    source = source_of(upstream, "rpm" if is_rpm else "") if upstream else ""
    if not source and said is not None and said.startswith(_BUILT_FROM):
        source = said[_LENGTH:].strip().replace(" ", "@", 1)
    of, _, its_version = source.partition("@")
    if len(source) > _LONGEST or not _TOKEN.fullmatch(of) or (its_version and not _TOKEN.fullmatch(its_version)):
        return suffix(release, epoch if is_rpm else "", UNSTATED)
    if its_version in (version, f"{epoch}:{version}" if epoch else version):
        its_version = ""
    source = f"{of}@{its_version}" if its_version else of if of != name else ""
    return suffix(release, epoch if is_rpm else "", source)


def _note_unstated(keys: list[str], purls: Sequence[str], tool: str) -> None:
    """Leave in the keys that the source package is not known only where it matters, and is not the package's name."""
    end, leaves_out = f"upstream={UNSTATED}", dict[str, bool]()
    for place, key in enumerate(keys):
        if not key.endswith(end):
            continue
        kind = key[4:7]
        if kind not in leaves_out:
            leaves_out[kind] = _leaves_out(kind, purls, tool)
        if leaves_out[kind] or not _matters(key):
            keys[place] = key[: -len(end) - 1]


def _leaves_out(kind: str, purls: Sequence[str], tool: str) -> bool:
    """Whether a document leaves out source packages that have the name of their package, as Syft does."""
    if kind != "rpm" and _SYFT_SINCE_1.search(tool.lower()):
        return True
    types = ("pkg:apk/", "pkg:alpine/") if kind == "apk" else (f"pkg:{kind}/",)
    return kind != "rpm" and any("upstream=" in purl and purl.startswith(types) for purl in purls)


def _matters(key: str) -> bool:
    """Whether advisories about a package name its source package."""
    coordinates, _, context = key.partition("?")
    kind, distribution = coordinates[4:7], coordinates[8:].partition("/")[0]
    release = context.partition("distro=")[2].partition("-")[0]
    return is_by_source(kind, release or distribution) and bool(release or distribution in ROLLING)
