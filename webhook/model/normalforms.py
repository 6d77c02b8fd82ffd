"""Normal forms: one text for all the texts that an ecosystem holds equal, for versions and for addresses."""

from __future__ import annotations

import re

_SEPARATORS = re.compile(r"[-_.]+")
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
_COMPOSER_ZERO = re.compile(r"(\d{1,18}\.\d{1,18}\.\d{1,18})\.0(?![\w.])")
_GEM_PLATFORM = re.compile(
    r"-(?:aarch64|aix|amd64|arm|cygwin|dalvik|darwin|dotnet|freebsd|hpux|i[3-6]86|java|jruby|linux"
    r"|loongarch|macruby|mingw|mips|mswin|netbsd|openbsd|ppc|powerpc|riscv|ruby|s390x|solaris|sparc|truffleruby|universal"
    r"|wasm|x64|x86)"
)
_GEM_TAIL = re.compile(r"(?:\w-?)*+")
"""What may follow the name of a platform, read backwards from the end of a version."""
_NUGET_NUMBERS = re.compile(r"\d+(?:\.\d+){0,3}(?=-|\Z)")
_SWIFT_ADDRESS = re.compile(r"(?:https?|ssh|git):/+(?:\w+@)?(.+)\Z|\w+@([\w.-]+):(.+)\Z", re.DOTALL)
_WWW = re.compile(r"www\.(?=[\w-]+\.)", re.IGNORECASE)
_HOST_AND_OWNER = 2
_FLAT_HOSTS = frozenset(["bitbucket.org", "github.com"])


def composer_version(version: str) -> str:
    """Composer fills versions up to four numbers when it compares them."""
    found = _COMPOSER_ZERO.match(version)
    return f"{found[1]}{version[found.end() :]}" if found else version


def gem_version(version: str) -> str:
    """A version without its platform, which goes on to the end; a dot is no part of one."""
    tail = _GEM_TAIL.match(version[::-1])
    found = _GEM_PLATFORM.search(version, len(version) - (tail.end() if tail else 0))
    return version[: found.start()] if found else version


def nuget_version(version: str) -> str:
    """A version without case and build metadata (NuGet docs, *Normalized version numbers*)."""
    version = version.lower()
    version = version.partition("+")[0] if version[:1].isdigit() else version
    if numbers := _NUGET_NUMBERS.match(version):
        parts = [part.lstrip("0") or "0" for part in numbers[0].split(".")]
        parts += ["0"] * (3 - len(parts))
        version = ".".join(parts[:3] if parts[3:] == ["0"] else parts) + version[numbers.end() :]
    return version


def pypi_version(version: str) -> str:
    """A version as PEP 440 writes it (*Normalization*); what is none stays as it is."""
    found = _PEP440.fullmatch(version.lower())
    if found is None:
        return version
    epoch, release, pre, pre_number, bare, post, post_number, dev, dev_number, local = found.groups()
    normal = f"{int(epoch)}!" if epoch and int(epoch) else ""
    normal += ".".join(str(int(part)) for part in release.split("."))
    if pre:
        normal += f"{_PRE.get(pre, pre)}{int(pre_number or 0)}"
    if bare or post:
        normal += f".post{int(bare or post_number or 0)}"
    if dev:
        normal += f".dev{int(dev_number or 0)}"
    parts = _SEPARATORS.split(local or "")
    numbered = (str(int(part)) if part.isdigit() and len(part) < _LONG else part for part in parts)
    return f"{normal}+{'.'.join(numbered)}" if local else normal


def swift_address(path: tuple[str, ...]) -> tuple[str, ...]:
    """Where a package of Swift comes from, without how it is fetched.

    SwiftPM 6.3 lists the products of a package behind a colon. Syft wrote the name a second time behind the address of
    the repository, until 2026.

    Args:
        path: the segments of a purl.
    """
    whole = "/".join(path)
    while address := _SWIFT_ADDRESS.match(whole):
        whole = address[1] or f"{address[2]}/{address[3]}"
    whole = _WWW.sub("", whole, count=1) if _WWW.match(whole) else whole
    *namespace, name = [part for part in whole.split("/") if part] or path
    name = name.partition(":")[0] or name
    name = without(name, (".git",)) or name
    if len(namespace) > _HOST_AND_OWNER:
        repository = without(namespace[-1], (".git",))
        # Only where nobody can nest folders is a repeated name certain to be one.
        is_twice = repository.lower() == name.lower() and namespace[0].lower() in _FLAT_HOSTS
        if repository != namespace[-1] or is_twice:
            *namespace, name = *namespace[:-1], repository
    return (*namespace, name)


def without(text: str, endings: tuple[str, ...]) -> str:
    """A text without endings, all of one length, however often they are repeated."""
    while text.endswith(endings):
        text = text[: -len(endings[0])]
    return text
