"""Forms: what a component is called at OSS Index.

Its key is bomgate's own. Where it is known what the service indexes, that alone is asked for; where nobody has
established it, every form is, and a component is clean only when each was answered. Sources by type:
docs/concepts/what-is-sent.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from webhook.errors import InvalidInput
from webhook.model.ecosystems import DISTRIBUTIONS
from webhook.model.purls import Purl, parse_purl
from webhook.model.purlshapes import major_of_path
from webhook.model.shapes import unusable

_MAJOR = re.compile(r"v([2-9]|[1-9][0-9]+)\.")
_GO_TAIL = re.compile(r"/v[0-9]+\Z|\Apkg:golang/gopkg\.in/|%2Bincompatible\Z")
_NOT_IN_CENTRAL = re.compile(r"[.-](?:redhat-[0-9]+|(?i:(?:BUILD-)?SNAPSHOT)|[0-9]{8}\.[0-9]{6}-[0-9]+)\Z")
"""Builds of Red Hat and snapshots, of which Maven Central takes none."""
_MAVEN_VERSION = re.compile(r"[\w.+~-]+", re.ASCII)
_MAVEN_RELEASE = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_RELEASE = re.compile(r"([0-9]+!)?([0-9]+(?:\.[0-9]+)*)")
_USUAL_NUMBERS = 3
_VERSION = r"(?!(?:0\.0\.0-use\.local|9999999-dev)[\n?])[0-9][0-9.]*+(?:-?[A-WYZa-wyz0-9][A-Za-z0-9.-]*+)?+"
_THREE = r"(?=[0-9]++\.[0-9]++\.[0-9]++(?!\.))"
"""How versions of npm and cargo begin; what has fewer numbers is a requirement, and asked for by nobody."""
_NUMBERS = r"(?:0|[1-9][0-9]{0,17}+)(?:\.(?:0|[1-9][0-9]{0,17}+)){2,}+(?<!\.0)"
"""A version of PyPI that is written in one way only: three numbers or more, and no zero at the end."""
_GO_VERSION = (
    # Of major version 0 or 1, or of the version that the path names.
    rf"@(?!v0\.0\.0-0001)v(?:[01]|{major_of_path('/')})\."
    rf"(?=[0-9]++\.[0-9]++(?:-|\n)){_VERSION}(?<!\.dirty)"
)
_RPM_VERSION = _VERSION.replace("A-Za-z0-9.-", "A-Za-z0-9._-")
_USUAL_LINES = re.compile(
    # Keys whose only form is the key itself; then those with a second form: modules of Go with capitals, names of PyPI
    # with hyphens, and packages of rpm, without what advisories need to know of them, with what stands behind the
    # distribution. One a line.
    rf"""(pkg:(?:
        maven/[A-Za-z0-9._-]++/[A-Za-z0-9._-]++@(?![^\n]*(?:redhat|(?i:snapshot)|[0-9]-[0-9]++\n)){_VERSION}
      | npm/(?:%40[a-z0-9._~-]++/)?+[a-z0-9._~-]++@{_THREE}{_VERSION}
      | golang/[a-z0-9][a-z0-9_~-]*+\.[a-z0-9._~-]*+(?:/[a-z0-9._~-]++)++{_GO_VERSION}
      | gem/[A-Za-z0-9._-]++@[0-9]++(?:\.[A-Za-z0-9]++)*+
      | pypi/[a-z0-9]++@{_NUMBERS}
      | cargo/[A-Za-z0-9_-]++@{_THREE}{_VERSION}
    ))\n
    | (pkg:golang/[A-Za-z0-9][A-Za-z0-9_~-]*+\.[A-Za-z0-9._~-]*+(?:/[A-Za-z0-9._~-]++)++)({_GO_VERSION})\n
    | (pkg:pypi/[a-z0-9]++(?:-[a-z0-9]++)++)(@{_NUMBERS})\n
    | (pkg:rpm/(?!(?:{"|".join(map(re.escape, DISTRIBUTIONS))})/)[a-z0-9._~-]++/
        ((?:[A-Za-z0-9._~-]|%2B)++@{_RPM_VERSION}))(?:\?[^\n]*+)?+\n
    | [^\n]*\n""",
    re.VERBOSE,
).findall


class Form(NamedTuple):
    """One way to ask for a component.

    Attributes:
        coordinates: as they are sent.
        certain: asked as often as the component is due; the answer *nothing known* to any other form is kept for
            ``formTtlDays``.
    """

    coordinates: Purl
    certain: bool = True


def forms(key: Purl, spellings: Sequence[Purl] = ()) -> tuple[Form, ...]:
    """All forms in which a component is asked for, each once.

    Args:
        key: the component; older databases hold keys in spellings that are no longer theirs.
        spellings: what SBOMs called it.

    Returns:
        None at all when no registry can hold it, or OSS Index does not cover it.
    """
    return _forms(key, tuple(spellings))


@lru_cache(maxsize=4096)  # a download counts the forms of a page before it asks for them
def _forms(key: Purl, spellings: tuple[Purl, ...]) -> tuple[Form, ...]:
    settled = _settled(key)
    if not settled.is_covered or unusable(settled) is not None:
        return ()
    if settled != key:
        spellings = (key, *spellings)
    found: dict[Purl, bool] = {}
    for form in _named(settled, spellings):
        found[form.coordinates] = found.get(form.coordinates, False) or form.certain
    return tuple(Form(coordinates, certain) for coordinates, certain in found.items())


def usual_forms(keys: Sequence[Purl]) -> tuple[list[Purl], dict[Purl, tuple[Form, ...]], list[Purl]]:
    """What :func:`forms` gives for components without spellings, as far as that can be seen at a glance.

    Args:
        keys: the components, each once.

    Returns:
        Those whose only form is their key; others with their forms; and the rest, of which only :func:`forms` can tell.
    """
    found = _USUAL_LINES("\n".join([*keys, ""]))
    if len(found) != len(keys):
        return [], {}, list(keys)  # one of them holds a line end
    plain, several, unusual = list[Purl](), dict[Purl, tuple[Form, ...]](), list[Purl]()
    for key, (whole, module, at_version, project, at_number, coordinates, tail) in zip(keys, found, strict=True):
        if whole:
            plain.append(key)
        elif tail:
            several[key] = (Form(Purl(f"pkg:rpm/{tail}")), Form(Purl(coordinates), certain=False))
        elif module:
            several[key] = (Form(key), Form(Purl(f"{module.lower()}{at_version}"), certain=False))
        elif project:
            several[key] = (Form(key), Form(Purl(f"{project.replace('-', '.')}{at_number}"), certain=False))
        else:
            unusual.append(key)
    return plain, several, unusual


def asked_by_key(keys: Sequence[Purl]) -> set[Purl]:
    """Those of some components, without spellings, that are asked for by their key and in no other form."""
    plain, _, unusual = usual_forms(keys)
    return {*plain, *(key for key in unusual if forms(key) == (Form(key),))}


def _named(key: Purl, spellings: Sequence[Purl]) -> Iterable[Form]:
    if of_spellings := _BY_SPELLINGS.get(key.type):
        return of_spellings(key, spellings)
    of_key = _BY_KEY.get(key.type)
    return (Form(key),) if of_key is None else of_key(key)


def _settled(key: Purl) -> Purl:
    try:
        return parse_purl(key)
    except InvalidInput:
        return key


def _at(package: str, version: str) -> Purl:
    return Purl(f"{package}@{quote(version, safe=':')}")


def _cargo(key: Purl) -> Iterator[Form]:
    yield Form(key)
    yield Form(_at(key.package, key.version.partition("+")[0] or key.version), certain=False)


def _composer(key: Purl, spellings: Sequence[Purl]) -> Iterator[Form]:
    """Packagist gives versions as the tag was written, with or without its ``v``."""
    yield from map(Form, spellings)
    yield Form(key, certain=not spellings)
    if key.version[:1].isdigit():
        yield Form(_at(key.package, f"v{key.version}"), certain=False)


def _golang(key: Purl) -> Iterator[Form]:
    yield Form(key)
    major = _MAJOR.match(key.version)
    if major and not _GO_TAIL.search(key.package) and not key.version.endswith("+incompatible"):
        # No module can have this version: the path has lost its tail, or the version has.
        yield Form(_at(f"{key.package}/v{major[1]}", key.version))
        yield Form(_at(key.package, f"{key.version}+incompatible"))
    yield Form(_at(key.package.lower(), key.version), certain=False)


def _maven(key: Purl) -> Iterator[Form]:
    yield Form(key)
    version = key.version
    yield Form(_at(key.package, _NOT_IN_CENTRAL.sub("", version) or version))
    if not _MAVEN_VERSION.fullmatch(version) and (release := _MAVEN_RELEASE.match(version)):
        yield Form(_at(key.package, release[0]))  # what else stands there no file of the registry is named by


def _npm(key: Purl) -> Iterator[Form]:
    yield Form(key)
    yield Form(_at(key.package.lower(), key.version))


def _nuget(key: Purl, spellings: Sequence[Purl]) -> Iterator[Form]:
    """The registry writes names as their owners do, and versions normalised."""
    for spelling in spellings:
        yield Form(spelling)
        yield Form(_at(spelling.package, spelling.version if spelling.version.lower() == key.version else key.version))
    yield Form(key, certain=not spellings)


def _pypi(key: Purl, spellings: Sequence[Purl]) -> Iterator[Form]:
    """PyPI takes no local versions; that OSS Index has none, and how it separates a name, is not established.

    Nor is it whether it has versions as they were uploaded or in their normal form; ``3.10`` and ``3.10.0`` are one
    version (PEP 440, *Version matching*), of which the registry has just one spelling.
    """
    dotted = list(dict.fromkeys(spelling.package for spelling in spellings if "." in spelling.name))
    written = [spelling.version for spelling in spellings if spelling.version != key.version]
    for version in dict.fromkeys((key.version.partition("+")[0] or key.version, key.version, *written)):
        yield Form(_at(key.package, version))
        for package in dotted:
            yield Form(_at(package, version))
        if "-" in key.name and not dotted:
            yield Form(_at(key.package.replace("-", "."), version), certain=False)
    for version in _other_zeros(key.version.partition("+")[0]):
        for package in (key.package, *dotted):
            yield Form(_at(package, version), certain=False)


def _other_zeros(version: str) -> Iterator[str]:
    """The same version with more zeros at the end of its release, up to three numbers, or with fewer."""
    if found := _RELEASE.match(version):
        epoch, numbers = found[1] or "", found[2].split(".")
        least = len(numbers)
        while least > 1 and numbers[least - 1] == "0":
            least -= 1
        for length in range(least, max(_USUAL_NUMBERS, len(numbers)) + 1):
            if length != len(numbers):
                yield epoch + ".".join([*numbers, "0", "0"][:length]) + version[found.end() :]


def _rpm(key: Purl) -> Iterator[Form]:
    """One public report says that OSS Index has packages without their distribution; nothing says that it is so."""
    yield Form(_at(f"pkg:rpm/{key.package.rpartition('/')[2]}", key.version))
    yield Form(key, certain=False)


def _swift(key: Purl, spellings: Sequence[Purl]) -> Iterator[Form]:
    """Whether OSS Index has addresses with their case, and versions as the tag was written, is not established."""
    version = key.version
    yield from map(Form, spellings)
    yield Form(key, certain=not spellings)
    for written in (*spellings, key):
        yield Form(_at(written.package, version[1:] if version.startswith("v") else f"v{version}"), certain=False)


_BY_KEY: Mapping[str, Callable[[Purl], Iterator[Form]]] = {
    "cargo": _cargo,
    "golang": _golang,
    "maven": _maven,
    "npm": _npm,
    "rpm": _rpm,
}
_BY_SPELLINGS: Mapping[str, Callable[[Purl, Sequence[Purl]], Iterator[Form]]] = {
    "composer": _composer,
    "nuget": _nuget,
    "pypi": _pypi,
    "swift": _swift,
}
