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

STANDARD_LIBRARY = "stdlib"
"""The name of Go's standard library; Syft and Trivy write it so, cyclonedx-gomod writes ``std``."""

_LOWER_PATHS = frozenset(["apk", "bitbucket", "composer", "deb", "github", "oci", "swift"])
_LOWER_VERSIONS = frozenset(["huggingface", "oci"])
_PLAIN_V = re.compile(r"\A[vV=]+\s*(?=\d)")
_NO_V = frozenset(["cargo", "cocoapods", "composer", "gem", "npm", "nuget", "pypi", "swift"])
"""Types of which the registry's versions never begin with ``v``, or mean the same without."""
_PEP503 = re.compile(r"[-_.]+")
_PEP440 = re.compile(
    r"(?:([0-9]{1,9})!)?([0-9]{1,18}(?:\.[0-9]{1,18})*)"
    r"(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?([0-9]{1,18})?)?"
    r"(?:-([0-9]{1,18})|[-_.]?(post|rev|r)[-_.]?([0-9]{1,18})?)?"
    r"(?:[-_.]?(dev)[-_.]?([0-9]{1,18})?)?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?",
    re.ASCII,
)
_LONG = 19
"""Digits of a number that is kept as it is written."""
_PRE = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}
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
_GEM_PLATFORM = re.compile(
    r"-(?:aarch64|aix|amd64|arm|cygwin|dalvik|darwin|dotnet|freebsd|hpux|i[3-6]86|java|jruby|linux"
    r"|loongarch|macruby|mingw|mips|mswin|netbsd|openbsd|ppc|powerpc|riscv|ruby|s390x|solaris|sparc|truffleruby|universal"
    r"|wasm|x64|x86)"
)
_GEM_TAIL = re.compile(r"(?:\w-?)*+")
"""What may follow the name of a platform, read backwards from the end of a version."""
_COMPOSER_ZERO = re.compile(r"(\d{1,18}\.\d{1,18}\.\d{1,18})\.0(?![\w.])")
_NUGET_NUMBERS = re.compile(r"\d+(?:\.\d+){0,3}(?=-|\Z)")
_MAVEN_NOTATION = re.compile(r"([\w.+-]+):[A-Za-z][\w-]*(?:@\w+)?\Z")
"""A version with the kind of file or the classifier behind it."""
_PINNED = re.compile(r"\[([^\[\](),]+)\]|\{strictly ([^\[\](),{};\s]+)\}|([^\[\](),!\s]+)!!")
"""One version and no other: in brackets for Maven and NuGet, and as Gradle writes it."""
_SWIFT_ADDRESS = re.compile(r"(?:https?|ssh|git):/+(?:\w+@)?(.+)\Z|\w+@([\w.-]+):(.+)\Z", re.DOTALL)
_HOST_AND_OWNER = 2
_FLAT_HOSTS = frozenset(["bitbucket.org", "github.com"])
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
    return stated._replace(version=_composer_version(stated.version))


def _composer_version(version: str) -> str:
    found = _COMPOSER_ZERO.match(version)
    return f"{found[1]}{version[found.end() :]}" if found else version


def _conan(stated: Stated) -> Stated:
    """A reference may end in the revision of the recipe."""
    return stated._replace(version=stated.version.partition("#")[0] or stated.version)


def _gem(stated: Stated) -> Stated:
    """A platform goes on to the end of the version; a dot is no part of one."""
    version = stated.version
    tail = _GEM_TAIL.match(version[::-1])
    found = _GEM_PLATFORM.search(version, len(version) - (tail.end() if tail else 0))
    return stated._replace(version=version[: found.start()]) if found else stated


def _golang(stated: Stated) -> Stated:
    """A module is named by its path, with its case; the tail may stand in the subpath (Syft 1.0 to 1.38).

    What follows a hyphen or a blank in the version of a toolchain is its builder's, and decides nothing (go/version).
    """
    path, subpath = (
        _GO_ESCAPED.sub(lambda letter: letter[1].upper(), text) for text in ("/".join(stated.path), stated.subpath)
    )
    version = _without(stated.version, _GO_DIRTY)
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


def _without(text: str, endings: tuple[str, ...]) -> str:
    """A text without endings, all of one length, however often they are repeated."""
    while text.endswith(endings):
        text = text[: -len(endings[0])]
    return text


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
    version = _unpinned(stated.version).lower()
    version = version.partition("+")[0] if version[:1].isdigit() else version
    if numbers := _NUGET_NUMBERS.match(version):
        parts = [part.lstrip("0") or "0" for part in numbers[0].split(".")]
        parts += ["0"] * (3 - len(parts))
        version = ".".join(parts[:3] if parts[3:] == ["0"] else parts) + version[numbers.end() :]
    return stated._replace(path=tuple(part.lower() for part in stated.path), version=version)


def _pypi(stated: Stated) -> Stated:
    """Neither the extras nor the marker of a requirement (PEP 508) is a part of it."""
    path = tuple(part.partition("[")[0].rstrip() or part for part in stated.path)
    version = stated.version.partition(";")[0].rstrip() or stated.version
    if found := _PEP440.fullmatch(version.lower()):
        version = _pep440(found)
    return stated._replace(path=tuple(_PEP503.sub("-", part).lower() for part in path), version=version)


def _pep440(found: re.Match[str]) -> str:
    """The normal form of a version (PEP 440, *Normalization*)."""
    epoch, release, pre, pre_number, bare, post, post_number, dev, dev_number, local = found.groups()
    version = f"{int(epoch)}!" if epoch and int(epoch) else ""
    version += ".".join(str(int(part)) for part in release.split("."))
    if pre:
        version += f"{_PRE.get(pre, pre)}{int(pre_number or 0)}"
    if bare or post:
        version += f".post{int(bare or post_number or 0)}"
    if dev:
        version += f".dev{int(dev_number or 0)}"
    parts = (str(int(part)) if part.isdigit() and len(part) < _LONG else part for part in _PEP503.split(local or ""))
    return f"{version}+{'.'.join(parts)}" if local else version


def _swift(stated: Stated) -> Stated:
    """Where the package comes from, without how it is fetched; SwiftPM compares addresses without regard to case.

    SwiftPM 6.3 lists the products of a package behind a colon. Syft wrote the name a second time behind the address of
    the repository, until 2026.
    """
    whole = "/".join(stated.path)
    while address := _SWIFT_ADDRESS.match(whole):
        whole = address[1] or f"{address[2]}/{address[3]}"
    *namespace, name = [part for part in whole.split("/") if part] or stated.path
    name = name.partition(":")[0] or name
    name = _without(name, (".git",)) or name
    if len(namespace) > _HOST_AND_OWNER:
        repository = _without(namespace[-1], (".git",))
        # Only where nobody can nest folders is a repeated name certain to be one.
        is_twice = repository.lower() == name.lower() and namespace[0].lower() in _FLAT_HOSTS
        if repository != namespace[-1] or is_twice:
            *namespace, name = *namespace[:-1], repository
    return stated._replace(path=(*namespace, name))


_RULES: Mapping[str, Callable[[Stated], Stated]] = {
    "apk": _apk,
    "cocoapods": _cocoapods,
    "composer": _composer,
    "conan": _conan,
    "conda": _conda,
    "deb": _deb,
    "gem": _gem,
    "golang": _golang,
    "maven": _maven,
    "npm": _npm,
    "nuget": _nuget,
    "pypi": _pypi,
    "rpm": _rpm,
    "swift": _swift,
}
