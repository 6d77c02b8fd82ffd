"""Semantic Versioning 2.0.0 and its dialects: npm, cargo, Go, Swift, NuGet, pub, hex and Bitnami.

Keys are tuples: four numbers, then the pre-release, then (pub only) the build. Numbers that are left out are zeros, as
in the ranges of all these ecosystems: ``<2`` means ``<2.0.0``.
Source: semver.org, section 11; the dialects are described at their functions.
"""

from __future__ import annotations

import re

Identifier = tuple[int, int, str]
Identifiers = tuple[Identifier, ...]
Key = tuple[tuple[int, ...], tuple[int, Identifiers], tuple[int, Identifiers]]

_LANGUAGE, _PRE_RELEASE, _RELEASE = (-1, ()), 0, (1, ())
_NO_BUILD: tuple[int, Identifiers] = (0, ())
_NUMBER = r"(?:0|[1-9][0-9]*)"
_TAIL = r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
_STRICT = re.compile(rf"v?({_NUMBER}(?:\.{_NUMBER}){{0,2}}){_TAIL}", re.ASCII)
_PUB = re.compile(rf"v?([0-9]+(?:\.[0-9]+){{0,2}}){_TAIL}", re.ASCII)
_NUGET = re.compile(rf"v?([0-9]+(?:\.[0-9]+){{0,3}}){_TAIL}", re.ASCII)
_NPM = re.compile(
    # Possessive: 1.10.0.2 must not be read as 1.1 with a pre-release.
    r"[v=\s]*+([0-9]++(?:\.[0-9]++){0,2}+)(?:-?([0-9A-Za-z-]++(?:\.[0-9A-Za-z-]++)*+))?"
    r"(?:\+([0-9A-Za-z-]++(?:\.[0-9A-Za-z-]++)*+))?",
    re.ASCII,
)
_GO_TOOLCHAIN = re.compile(r"([0-9]+)(?:\.([0-9]+)(?:\.([0-9]+)|([a-z]+)([0-9]*))?)?", re.ASCII)
_LEADING_ZERO = re.compile(r"0[0-9]+\Z")
_LANGUAGE_VERSIONS_SINCE = 21


def strict(version: str) -> Key | None:
    """Cargo, hex and Swift: as the specification says; a leading ``v`` is passed over, a build decides nothing."""
    return _key(_STRICT.fullmatch(version), is_strict=True)


def npm(version: str) -> Key | None:
    """As node-semver reads versions loosely: ``=v1.2.3`` and ``1.2.3beta`` are versions, too."""
    return _key(_NPM.fullmatch(version))


def nuget(version: str) -> Key | None:
    """Four numbers, and pre-releases without regard to case. Source: NuGet's reference on package versioning."""
    return _key(_NUGET.fullmatch(version.lower()))


def pub(version: str) -> Key | None:
    """A build comes after the version without it. Source: pub_semver, ``Version.compareTo``."""
    return _key(_PUB.fullmatch(version), has_builds=True)


def bitnami(version: str) -> Key | None:
    """A number behind a hyphen is a revision of the package, and comes after the version without it.

    Records call their ranges SEMVER, by which it would come before. Source: Bitnami's go-version.
    """
    base, _, revision = version.partition("-")
    key = strict(base) if revision.isascii() and revision.isdigit() else None
    return strict(version) if key is None else (key[0], key[1], (1, (_identifier(revision),)))


def golang(version: str) -> Key | None:
    """Modules by golang.org/x/mod/semver, with or without ``v``; toolchains (``go1.22rc1``) by the package go/version.

    Since Go 1.21 a toolchain version without its third number is that of the language, and comes before its release
    candidates: go1.22 < go1.22rc1 < go1.22.0. What follows a hyphen or a blank in a toolchain version decides nothing.
    """
    if version.startswith("go"):
        return _toolchain(re.split(r"[-\s]", version[2:], maxsplit=1)[0])
    return _key(_STRICT.fullmatch(version), is_strict=True) or _release_candidate(version)


def _key(found: re.Match[str] | None, *, is_strict: bool = False, has_builds: bool = False) -> Key | None:
    if found is None:
        return None
    core, pre_release, build = found.groups()
    pre: tuple[int, Identifiers] = _RELEASE
    if pre_release is not None:
        identifiers = pre_release.split(".")
        if is_strict and any(_LEADING_ZERO.match(identifier) for identifier in identifiers):
            return None
        pre = (_PRE_RELEASE, tuple(map(_identifier, identifiers)))
    built = (1, tuple(map(_identifier, build.split(".")))) if has_builds and build is not None else _NO_BUILD
    return (_numbers(core.split(".")), pre, built)


def _identifier(text: str) -> Identifier:
    """Numbers come before words; of two that begin alike the shorter comes first."""
    return (0, int(text), "") if text.isdigit() else (1, 0, text)


def _numbers(texts: list[str]) -> tuple[int, ...]:
    return tuple(int(text) for text in [*texts, "0", "0", "0", "0"][:4])


def _toolchain(text: str) -> Key | None:
    found = _GO_TOOLCHAIN.fullmatch(text)
    if found is None:
        return None
    major, minor, patch, kind, number = found.groups()
    numbers = _numbers([major, minor or "0", patch or "0"])
    if kind is not None:
        candidate = (_identifier(kind), *([_identifier(number)] if number else []))
        return (numbers, (_PRE_RELEASE, candidate), _NO_BUILD)
    is_language = minor is not None and patch is None and int(minor) >= _LANGUAGE_VERSIONS_SINCE
    return (numbers, _LANGUAGE if is_language else _RELEASE, _NO_BUILD)


def _release_candidate(version: str) -> Key | None:
    """A toolchain's ``1.22rc1`` without its ``go``; other words without a hyphen are no versions of modules."""
    text = version.removeprefix("v")
    found = _GO_TOOLCHAIN.fullmatch(text)
    return _toolchain(text) if found is not None and found[4] in ("alpha", "beta", "rc") else None
