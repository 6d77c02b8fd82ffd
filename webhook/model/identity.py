"""Identity: what makes two statements about a package the same package, by the rules of its ecosystem.

A rule takes what an SBOM says of one package, decoded, and returns it in the one spelling that all tools' spellings
have in common. It removes what is no part of the identity (a conda build, a gem's platform, the peers of pnpm) and
keeps what tells two builds apart (the local part of a Python version, ``.redhat-N``). Sources: the purl specification's
type definitions, and where they differ from the registry, the registry; docs/reference/formats.md names both by type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from webhook.model.ecosystems import DISTRIBUTIONS
from webhook.model.normalforms import composer_version, gem_version, nuget_version, pypi_version, swift_address, without

STANDARD_LIBRARY = "stdlib"
"""The name of Go's standard library; Syft and Trivy write it so, cyclonedx-gomod writes ``std``."""

_LOWER_PATHS = frozenset(["alpm", "apk", "bitbucket", "bitnami", "brew", "composer", "deb", "github", "hex", "oci"]) | {
    *("chrome-extension", "luarocks", "otp", "swift", "vscode-extension"),
}
"""Types whose names know no case: purl-spec, ``case_sensitive: false`` of both namespace and name, and SwiftPM."""
_LOWER_NAMESPACES = frozenset(["qpkg", "yocto"])
_LOWER_VERSIONS = frozenset(["huggingface", "oci", "vscode-extension"])
_NOT_PUB = re.compile(r"[^a-z0-9_]")
_PLAIN_V = re.compile(r"\A[vV=]+\s*(?=\d)")
_NO_V = frozenset(["cargo", "cocoapods", "composer", "gem", "hex", "npm", "nuget", "pub", "pypi", "swift"])
"""Types of which the registry's versions never begin with ``v``, or mean the same without."""
_PEP503 = re.compile(r"[-_.]+")
_GO_NUMBERS = re.compile(r"\d+\.\d")
_GO_DIRTY = ("+dirty", ".dirty")
_GO_ESCAPED = re.compile(r"!([a-z])")
"""How the module cache and the module proxy write a capital."""
_GO_MAJOR = re.compile(r"(?:.*/)?v([2-9]|[1-9][0-9]+)\Z")
_GO_TOOLCHAIN = re.compile(r"\A(?:go|v)(?=\d)")
_GO_RELEASE = re.compile(r"([0-9][0-9A-Za-z.]*)[-+\s]", re.ASCII)
_NPM_PEERS = re.compile(r"(\d+\.\d+\.\d+[0-9A-Za-z.-]*)[_(+].*\Z", re.DOTALL)
"""pnpm writes the peers of a package behind its version; build metadata is dropped when a package is published."""
_NPM_VIRTUAL = re.compile(r"virtual:[^#]*#")
"""How Yarn writes a package whose peers are settled, before where it comes from."""
_NPM_ALIAS = re.compile(r"npm:(?:(@?[^@]+)@)?[vV=]*([^@:vV=][^@:]*)\Z")
_MAVEN_NOTATION = re.compile(r"([\w.+-]+):[A-Za-z][\w-]*(?:@\w+)?\Z")
"""A version with the kind of file or the classifier behind it."""
_MAVEN_BUILD = re.compile(r"(v?\d[\w.-]*)\s+[\d($@\[]", re.ASCII)
"""A version with what its builder put behind it, as manifests of JARs have it: ``1.4 1855 April 22 2006``."""
_PINNED = re.compile(r"\[([^\[\](),]+)\]|\{strictly ([^\[\](),{};\s]+)\}|([^\[\](),!\s]+)!!")
"""One version and no other: in brackets for Maven and NuGet, and as Gradle writes it."""
_EPOCH = re.compile(r"\A(?:(?:\d+|\(none\)):)+")
_DEB_EPOCH = re.compile(r"\A0*+((?:[1-9]\d*+)?:)(?=\d)", re.ASCII)


class Stated(NamedTuple):
    """What an SBOM says of one package, decoded.

    Attributes:
        path: the segments of the purl's namespace, and its name.
        version: empty when none is stated.
        subpath: of the purl.
        name: what the document calls the package beside the purl; empty when it says nothing.
        group: the same for CycloneDX's ``group``.
    """

    path: tuple[str, ...]
    version: str
    subpath: str = ""
    name: str = ""
    group: str = ""


def settled(purl_type: str, stated: Stated) -> Stated:
    """The package in the spelling that all spellings of it have in common.

    Args:
        purl_type: a type of the purl specification.
        stated: as written.
    """
    if purl_type in _NO_V and (prefix := _PLAIN_V.match(stated.version)):
        stated = stated._replace(version=stated.version[prefix.end() :])
    rule = _RULES.get(purl_type)
    if rule is not None:
        stated = rule(stated)
    if purl_type in _LOWER_VERSIONS:
        stated = stated._replace(version=stated.version.lower())
    if purl_type in _LOWER_PATHS:
        stated = stated._replace(path=tuple(part.lower() for part in stated.path))
    if purl_type in _LOWER_NAMESPACES:
        *namespace, name = stated.path
        stated = stated._replace(path=(*(part.lower() for part in namespace), name))
    return stated


def spelt(purl_type: str, stated: Stated, key: Stated) -> Stated | None:
    """What of a spelling a source may need beside the key, with the rest of it settled; None for most types.

    Args:
        purl_type: of both.
        stated: as written.
        key: the same, settled.
    """
    if purl_type == "pypi":
        path = tuple(part.partition("[")[0].rstrip() or part for part in stated.path)
        version = stated.version.partition(";")[0].rstrip() or key.version
        return Stated(tuple(part.lower().replace("_", "-") for part in path), _PLAIN_V.sub("", version, count=1))
    if purl_type == "composer":
        return key._replace(version=stated.version.lstrip("= "))
    if purl_type == "swift":
        return _swift(stated)._replace(version=key.version)
    return stated._replace(version=_unpinned(stated.version)) if purl_type == "nuget" else None


def _apk(stated: Stated) -> Stated:
    *namespace, name = stated.path
    return stated._replace(path=(*(DISTRIBUTIONS.get(part.lower(), part) for part in namespace), name))


def _deb(stated: Stated) -> Stated:
    """The architecture that dpkg writes behind a name is no part of it (Debian Policy 5.6.7); nor is an epoch of 0."""
    *namespace, name = stated.path
    version = _DEB_EPOCH.sub(lambda epoch: epoch[1].lstrip(":"), stated.version)
    return _apk(stated._replace(path=(*namespace, name.partition(":")[0] or name), version=version))


def _rpm(stated: Stated) -> Stated:
    """The epoch is a qualifier in the specification; some tools write it before the version."""
    *namespace, name = stated.path
    lower = [part.lower() for part in namespace]
    path = (*(DISTRIBUTIONS.get(part, part) for part in lower), name)
    return stated._replace(path=path, version=_EPOCH.sub("", stated.version) or stated.version)


def _cocoapods(stated: Stated) -> Stated:
    """A subspec is a part of its pod, and has no version."""
    return stated._replace(path=stated.path[:1])


def _conda(stated: Stated) -> Stated:
    """A version holds neither ``-`` nor ``=``: what follows one of them is the build (conda's name-version-build)."""
    version = re.split("[-=]", stated.version.lstrip("= "), maxsplit=1)[0] or stated.version
    name = stated.path[-1].lower()  # the channel before it is a qualifier
    return stated._replace(path=(name.rpartition("::")[2] or name,), version=version)


def _composer(stated: Stated) -> Stated:
    """Composer fills versions up to four numbers when it compares them."""
    return stated._replace(version=composer_version(stated.version))


def _conan(stated: Stated) -> Stated:
    """A reference may end in the revision of the recipe; ``_`` is in the place of a user where there is none."""
    path = tuple(part for part in stated.path if part != "_") or stated.path
    return stated._replace(path=path, version=stated.version.partition("#")[0] or stated.version)


def _gem(stated: Stated) -> Stated:
    return stated._replace(version=gem_version(stated.version))


def _golang(stated: Stated) -> Stated:
    """A module is named by its path, with its case; the tail may stand in the subpath (Syft 1.0 to 1.38).

    What follows a hyphen or a blank in the version of a toolchain is its builder's, and decides nothing (go/version).
    """
    path, subpath = (
        _GO_ESCAPED.sub(lambda letter: letter[1].upper(), text) for text in ("/".join(stated.path), stated.subpath)
    )
    version = without(stated.version, _GO_DIRTY)
    if len(stated.path) == 1 and path.lower() in ("go", "std", "stdlib", "toolchain"):
        return stated._replace(path=(STANDARD_LIBRARY,), version=_toolchain(version), subpath="")
    whole = f"{path}/{subpath}" if subpath else path
    stated = stated._replace(name=_go_name(stated, whole.lower()))
    name = stated.name.lower()
    if name == path.lower() and not _is_major(stated, version):
        whole = path
    # Tools were seen that take the capitals from the purl, and none that takes them from the name.
    if name == whole.lower() and path == path.lower() and stated.name.isascii():
        whole = stated.name
    if _GO_NUMBERS.match(version):
        version = f"v{version}"
    if name == f"{whole.lower()}/{version.partition('.')[0]}" and _GO_MAJOR.match(name) and stated.name.isascii():
        whole = stated.name
    return stated._replace(path=tuple(whole.split("/")), version=version, subpath="")


def _toolchain(version: str) -> str:
    number = _GO_TOOLCHAIN.sub("", version)
    found = _GO_RELEASE.match(number)
    return found[1] if found else number


def _go_name(stated: Stated, path: str) -> str:
    """The module's path as the document shows it; cdxgen puts all but its last part into the group."""
    if not stated.group or stated.name.lower() == path:
        return stated.name
    joined = f"{stated.group}/{stated.name}"
    return joined if joined.lower() == path else stated.name


def _is_major(stated: Stated, version: str) -> bool:
    """Whether the subpath ends in the major version that the version has."""
    major = _GO_MAJOR.match(stated.subpath)
    return major is not None and version.removeprefix("v").partition(".")[0] == major[1]


def _hex(stated: Stated) -> Stated:
    """A namespace is an organisation; ``hexpm`` is the public repository."""
    return stated._replace(path=stated.path[1:] if stated.path[:-1] == ("hexpm",) else stated.path)


def _maven(stated: Stated) -> Stated:
    """Group and artifact; some tools join them by a colon, or leave the group to the field beside the purl."""
    *namespace, name = stated.path
    # Syft takes a title for the group, and Gradle's plugins write "group#artifact;version" there.
    group, parts = ".".join(namespace).partition("#")[0], name.split(":")
    if len(parts) > 1 and group in ("", parts[0]):
        group, *parts = parts
    version = _unpinned(stated.version)
    notation = _MAVEN_NOTATION.match(version)
    version = notation[1] if notation else version
    build = _MAVEN_BUILD.match(version)
    version = build[1] if build else version
    artifact = parts[0] or name
    shown = stated.name.split(":")  # as Trivy names packages
    group = group or stated.group or (shown[0] if shown[1:] == [artifact] else "")
    path = tuple(filter(None, (group, artifact)))
    return stated._replace(path=path, version=version)


def _unpinned(version: str) -> str:
    pinned = _PINNED.fullmatch(version)
    return next(filter(None, pinned.groups())).strip() if pinned else version


def _npm(stated: Stated) -> Stated:
    """The registry's name with its case; an alias is the package that it stands for."""
    path, version = stated.path, stated.version
    shown = f"{stated.group}/{stated.name}" if stated.group and "/" not in stated.name else stated.name
    written = "/".join(path)
    if written == written.lower() and shown.lower() == written and shown.isascii():
        path = tuple(shown.split("/"))
    if virtual := _NPM_VIRTUAL.match(version):
        version = version[virtual.end() :]
    if alias := _NPM_ALIAS.match(version):
        path = tuple(alias[1].split("/")) if alias[1] else path
        version = alias[2]
    if peers := _NPM_PEERS.match(version):
        version = peers[1]
    return stated._replace(path=path, version=version)


def _nuget(stated: Stated) -> Stated:
    """Neither name nor version knows case; versions are normalised (NuGet docs, *Normalized version numbers*)."""
    version = nuget_version(_unpinned(stated.version))
    return stated._replace(path=tuple(part.lower() for part in stated.path), version=version)


def _pypi(stated: Stated) -> Stated:
    """Neither the extras nor the marker of a requirement (PEP 508) is a part of it."""
    path = tuple(part.partition("[")[0].rstrip() or part for part in stated.path)
    version = stated.version.partition(";")[0].rstrip() or stated.version
    version = pypi_version(version)
    return stated._replace(path=tuple(_PEP503.sub("-", part).lower() for part in path), version=version)


def _pub(stated: Stated) -> Stated:
    """A name holds lower-case letters, digits and underscores (dart.dev, *The pubspec file*: name)."""
    return stated._replace(path=tuple(_NOT_PUB.sub("_", part.lower()) for part in stated.path))


def _swift(stated: Stated) -> Stated:
    """SwiftPM compares addresses without regard to case."""
    return stated._replace(path=swift_address(stated.path))


_RULES: Mapping[str, Callable[[Stated], Stated]] = {
    "apk": _apk,
    "cocoapods": _cocoapods,
    "composer": _composer,
    "conan": _conan,
    "conda": _conda,
    "deb": _deb,
    "gem": _gem,
    "golang": _golang,
    "hex": _hex,
    "maven": _maven,
    "npm": _npm,
    "nuget": _nuget,
    "pub": _pub,
    "pypi": _pypi,
    "rpm": _rpm,
    "swift": _swift,
}
