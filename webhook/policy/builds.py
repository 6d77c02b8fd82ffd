"""Builds: parts of a version that say who built it, and not what is in it.

A build of an affected version is affected: where an advisory names ``2.0.1`` as affected, by a list or as the last one,
that is ``2.0.1+cpu``, too, although every order puts it behind. What names a build itself is about that build, and a
bound where a fix begins is left to the order: a build of what is fixed is fixed.
Sources: PEP 440, *Version matching*; the Debian Developer's Reference, *Binary-only uploads*; rpm-dependencies(7);
Bitnami's go-version; Maven's ComparableVersion, by which words that it does not know come behind the release.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

_REBUILT = re.compile(r"\+b[0-9]+\Z", re.ASCII)
_DIST_TAG = re.compile(r"(-[^-]+)\.[a-z]{2,4}[0-9][0-9a-z_]*\Z", re.ASCII)
"""For which distribution an rpm was built, such as ``.azl3``, at the end of its release."""
_REVISION = re.compile(r"-r?[0-9]+\Z", re.ASCII)
_MAVEN = re.compile(r"([0-9]+(?:\.[0-9]+)*+(?:[.-](?:final|ga|release))?)[.-](?:([a-z]+)|[0-9])", re.ASCII)
_SNAPSHOT = re.compile(r"[.-](?:(?:BUILD-)?SNAPSHOT|[0-9]{8}\.[0-9]{6}-[0-9]+)\Z", re.ASCII | re.IGNORECASE)
_MAVEN_ORDERED = frozenset(
    ["a", "alpha", "b", "beta", "cr", "final", "ga", "m", "milestone", "rc", "release", "snapshot", "sp"]
)
"""Words of which Maven's order knows what they say of a release; a service pack comes behind it."""
_MAVEN_BUILDS = frozenset(["android", "jakarta", "java", "jdk", "jre", "redhat"])
"""Words for whom or for what a release was built."""


def releases_of(version: str, purl_type: str) -> Iterator[tuple[str, bool]]:
    """The releases that a version is a build of, and whether that is certain; else it may be a later release.

    Args:
        version: of a component.
        purl_type: of it.
    """
    if purl_type == "maven":
        yield from _maven(version)
    elif (rule := _RULES.get(purl_type)) is not None:
        # Of a package of Debian built again, 1.0-1+b2, both the source's version and the upstream's may be named.
        while (shorter := rule(version)) != version:
            yield shorter, True
            version = shorter


def snapshot_of(version: str, purl_type: str) -> str:
    """The release that a snapshot of Maven was on the way to; empty for what is no snapshot.

    Args:
        version: of a component.
        purl_type: of it.
    """
    found = _SNAPSHOT.search(version) if purl_type == "maven" else None
    return version[: found.start()] if found else ""


def _maven(version: str) -> Iterator[tuple[str, bool]]:
    found = _MAVEN.match(version.lower())
    if found is None:
        return
    word = found[2] or ""
    if word not in _MAVEN_ORDERED and (word or version[found.end(1)] == "-"):
        yield version[: found.end(1)], word in _MAVEN_BUILDS


def _without_local(version: str) -> str:
    return version.partition("+")[0]


def _without_revision(version: str) -> str:
    return _REVISION.sub("", version)


def _deb(version: str) -> str:
    without = _REBUILT.sub("", version)
    return without if without != version else version.rpartition("-")[0] or version


def _rpm(version: str) -> str:
    without = _DIST_TAG.sub(r"\1", version)
    return without if without != version else version.rpartition("-")[0] or version


_RULES: Mapping[str, Callable[[str], str]] = {
    "apk": _without_revision,
    "bitnami": _without_revision,
    "conan": _without_local,
    "conda": _without_local,
    "deb": _deb,
    "pub": _without_local,
    "pypi": _without_local,
    "rpm": _rpm,
}
"""How a version reads without its build; those of other ecosystems decide nothing in their order."""
