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

TYPES: Mapping[str, str] = {
    "alpine": "apk",
    "bundler": "gem",
    "composer-vendor": "composer",
    "crate": "cargo",
    "crates": "cargo",
    "crates.io": "cargo",
    "debian": "deb",
    "dotnet": "nuget",
    "dotnet-core": "nuget",
    "dpkg": "deb",
    "gemspec": "gem",
    "go": "golang",
    "gobinary": "golang",
    "gomod": "golang",
    "gradle": "maven",
    "jar": "maven",
    "ivy": "maven",
    "node": "npm",
    "node-pkg": "npm",
    "nodejs": "npm",
    "packagist": "composer",
    "php": "composer",
    "php-composer": "composer",
    "pip": "pypi",
    "pipenv": "pypi",
    "pnpm": "npm",
    "pod": "cocoapods",
    "poetry": "pypi",
    "pom": "maven",
    "python": "pypi",
    "python-pkg": "pypi",
    "ruby": "gem",
    "rubygems": "gem",
    "rust": "cargo",
    "rust-crate": "cargo",
    "rustbinary": "cargo",
    "sbt": "maven",
    "uv": "pypi",
    "yarn": "npm",
}
"""Types that public tools were seen to write, and the type of the purl specification that they mean."""

DISTRIBUTIONS: Mapping[str, str] = {
    "almalinux": "alma",
    "alpinelinux": "alpine",
    "amazonlinux": "amazon",
    "amzn": "amazon",
    "cbl-mariner": "mariner",
    "ol": "oracle",
    "opensuse-leap": "opensuse",
    "opensuse-tumbleweed": "opensuse",
    "opensuse.leap": "opensuse",
    "opensuse.tumbleweed": "opensuse",
    "oraclelinux": "oracle",
    "rhel": "redhat",
    "rockylinux": "rocky",
    "sle": "suse",
    "sled": "suse",
    "sles": "suse",
    "suse linux enterprise server": "suse",
    "ubi": "redhat",
}
"""Namespaces of rpm, deb and apk: ids of os-release (Syft) and names of families (Trivy), in one spelling."""

STANDARD_LIBRARY = "stdlib"
"""The name of Go's standard library; Syft and Trivy write it so, cyclonedx-gomod writes ``std``."""

_LOWER_PATHS = frozenset(["apk", "bitbucket", "composer", "deb", "github", "oci"])
_LOWER_VERSIONS = frozenset(["huggingface", "oci"])
_PLAIN_V = re.compile(r"[vV=]+(?=\d)")
_NO_V = frozenset(["cargo", "cocoapods", "composer", "gem", "npm", "nuget", "pypi"])
"""Types of which the registry's versions never begin with ``v``, or mean the same without."""
_PEP503 = re.compile(r"[-_.]+")
_GO_NUMBERS = re.compile(r"\d+\.\d")
_GO_DIRTY = re.compile(r"(?:[+.]dirty)+\Z")
_GO_ESCAPED = re.compile(r"!([a-z])")
"""How the module cache and the module proxy write a capital."""
_GO_MAJOR = re.compile(r"(?:.*/)?v([2-9]|[1-9][0-9]+)\Z")
_GO_TOOLCHAIN = re.compile(r"\A(?:go|v)(?=\d)")
_NPM_PEERS = re.compile(r"(\d+\.\d+\.\d+[0-9A-Za-z.-]*)[_(+].*\Z", re.DOTALL)
"""pnpm writes the peers of a package behind its version; build metadata is dropped when a package is published."""
_NPM_ALIAS = re.compile(r"npm:(?:(@?[^@]+)@)?[vV=]*([^@:vV=][^@:]*)\Z")
_GEM_PLATFORM = re.compile(
    r"-(?:aarch64|amd64|arm|arm64|armv\w+|dalvik|darwin|i[3-6]86|java|jruby|linux|mingw|mswin|ppc|powerpc|ruby|s390x"
    r"|sparc|universal|wasm|x64|x86)(?:[-_]?\w+)*\Z"
)
_GIT = re.compile(r"(?:\.git)+\Z")
_EPOCH = re.compile(r"\A(?:\d+:)+")


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
        purl_type: a type of the purl specification, see :data:`TYPES`.
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
    return stated


def spelt(purl_type: str, stated: Stated, key: Stated) -> Stated | None:
    """What of a spelling a source may need beside the key, with the rest of it settled; None for most types.

    Args:
        purl_type: of both.
        stated: as written.
        key: the same, settled.
    """
    if purl_type == "pypi":
        return key._replace(path=tuple(part.lower().replace("_", "-") for part in stated.path))
    if purl_type == "composer":
        return key._replace(version=stated.version)
    return stated if purl_type == "nuget" else None


def _apk_deb(stated: Stated) -> Stated:
    *namespace, name = stated.path
    return stated._replace(path=(*(DISTRIBUTIONS.get(part.lower(), part) for part in namespace), name))


def _rpm(stated: Stated) -> Stated:
    """The epoch is a qualifier in the specification; some tools write it before the version."""
    *namespace, name = stated.path
    lower = [part.lower() for part in namespace]
    path = (*(DISTRIBUTIONS.get(part, part) for part in lower), name)
    return stated._replace(path=path, version=_EPOCH.sub("", stated.version) or stated.version)


def _cocoapods(stated: Stated) -> Stated:
    """A subspec is a part of its pod, and has no version of its own."""
    return stated._replace(path=stated.path[:1])


def _conda(stated: Stated) -> Stated:
    """A version holds neither ``-`` nor ``=``: what follows one of them is the build (conda's name-version-build)."""
    version = re.split("[-=]", stated.version, maxsplit=1)[0] or stated.version
    return stated._replace(path=tuple(part.lower() for part in stated.path), version=version)


def _gem(stated: Stated) -> Stated:
    return stated._replace(version=_GEM_PLATFORM.sub("", stated.version))


def _golang(stated: Stated) -> Stated:
    """A module is named by its path, with its case; the tail may stand in the subpath (Syft 1.0 to 1.38)."""
    path, subpath = (
        _GO_ESCAPED.sub(lambda letter: letter[1].upper(), text) for text in ("/".join(stated.path), stated.subpath)
    )
    version = _GO_DIRTY.sub("", stated.version)
    if len(stated.path) == 1 and path.lower() in ("go", "std", "stdlib", "toolchain"):
        return stated._replace(path=(STANDARD_LIBRARY,), version=_GO_TOOLCHAIN.sub("", version), subpath="")
    whole, name = f"{path}/{subpath}" if subpath else path, stated.name.lower()
    if name == path.lower() and not _is_major(stated, version):
        whole = path
    # Tools were seen that take the capitals from the purl, and none that takes them from the name.
    if name == whole.lower() and path == path.lower() and stated.name.isascii():
        whole = stated.name
    if _GO_NUMBERS.match(version):
        version = f"v{version}"
    return stated._replace(path=tuple(whole.split("/")), version=version, subpath="")


def _is_major(stated: Stated, version: str) -> bool:
    """Whether the subpath ends in the major version that the version has."""
    major = _GO_MAJOR.match(stated.subpath)
    return major is not None and version.removeprefix("v").partition(".")[0] == major[1]


def _maven(stated: Stated) -> Stated:
    """Group and artifact; some tools join them by a colon, or leave the group to the field beside the purl."""
    path = stated.path
    if len(path) == 1 and path[0].count(":") >= 1:
        path = tuple(path[0].split(":")[:2])
    elif len(path) == 1 and stated.group:
        path = (stated.group, *path)
    return stated._replace(path=path)


def _npm(stated: Stated) -> Stated:
    """The registry's name with its case; an alias is the package that it stands for."""
    path, version = stated.path, stated.version
    shown = f"{stated.group}/{stated.name}" if stated.group and "/" not in stated.name else stated.name
    written = "/".join(path)
    if written == written.lower() and shown.lower() == written and shown.isascii():
        path = tuple(shown.split("/"))
    if alias := _NPM_ALIAS.match(version):
        path = tuple(alias[1].split("/")) if alias[1] else path
        version = alias[2]
    if peers := _NPM_PEERS.match(version):
        version = peers[1]
    return stated._replace(path=path, version=version)


def _nuget(stated: Stated) -> Stated:
    """Neither name nor version knows case; build metadata is no part of a version (NuGet's package versioning)."""
    version = stated.version.lower()
    version = version.partition("+")[0] if version[:1].isdigit() else version
    return stated._replace(path=tuple(part.lower() for part in stated.path), version=version)


def _pypi(stated: Stated) -> Stated:
    return stated._replace(path=tuple(_PEP503.sub("-", part).lower() for part in stated.path))


def _swift(stated: Stated) -> Stated:
    *namespace, name = stated.path
    return stated._replace(path=(*namespace, _GIT.sub("", name) or name))


_RULES: Mapping[str, Callable[[Stated], Stated]] = {
    "apk": _apk_deb,
    "cocoapods": _cocoapods,
    "conda": _conda,
    "deb": _apk_deb,
    "gem": _gem,
    "golang": _golang,
    "maven": _maven,
    "npm": _npm,
    "nuget": _nuget,
    "pypi": _pypi,
    "rpm": _rpm,
    "swift": _swift,
}
