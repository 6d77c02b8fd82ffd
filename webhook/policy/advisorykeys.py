"""Keys of advisories: under which names a component's advisories are kept, and what an ecosystem of OSV stands for.

Packages of languages are kept under their purl without version, packages of distributions under release and name:
``pkg:npm/lodash``, ``debian-12/openssl``. Which name that is, of the source or of the binary package, is the
distribution's affair.
Source: the OSV schema's table of ecosystems; where a distribution's records differ from it, the records.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote

from webhook.errors import InvalidInput
from webhook.model.distributions import PACKAGED, ROLLING, RPM_BY_SOURCE, Context, context_of
from webhook.model.purls import Purl, parse_purl

LANGUAGES: Mapping[str, str] = {
    "Bioconductor": "bioconductor",
    "Bitnami": "bitnami",
    "CRAN": "cran",
    "ConanCenter": "conan",
    "DHI": "dhi",
    "Go": "golang",
    "Hackage": "hackage",
    "Hex": "hex",
    "Julia": "julia",
    "Maven": "maven",
    "NuGet": "nuget",
    "Packagist": "composer",
    "Pub": "pub",
    "PyPI": "pypi",
    "RubyGems": "gem",
    "SwiftURL": "swift",
    "crates.io": "cargo",
    "npm": "npm",
    "opam": "opam",
}
"""Ecosystems and their purl types."""
DISTRIBUTIONS: Mapping[str, tuple[str, str]] = {
    "AlmaLinux": ("rpm", "alma"),
    "Alpaquita": ("apk", "alpaquita"),
    "Alpine": ("apk", "alpine"),
    "Azure Linux": ("rpm", "azurelinux"),
    "BellSoft Hardened Containers": ("apk", "bellsoft"),
    "Chainguard": ("apk", "chainguard"),
    "Debian": ("deb", "debian"),
    "Echo": ("deb", "echo"),
    "Mageia": ("rpm", "mageia"),
    "MinimOS": ("apk", "minimos"),
    "Photon OS": ("rpm", "photon"),
    "Red Hat": ("rpm", "redhat"),
    "Rocky Linux": ("rpm", "rocky"),
    "SUSE": ("rpm", "suse"),
    "Ubuntu": ("deb", "ubuntu"),
    "Wolfi": ("apk", "wolfi"),
    "openSUSE": ("rpm", "opensuse"),
}
"""Ecosystems, with the purl type and the distribution that they are about."""
ECOSYSTEMS = tuple(sorted([*LANGUAGES, *DISTRIBUTIONS], key=str.lower))
ORDERS: Mapping[str, str] = {"bioconductor": "cran", "dhi": "hex", "hackage": "cran", "julia": "pub", "opam": "deb"}
"""Types whose versions have the order of another type."""
WITHOUT_EPOCHS = frozenset(["Azure Linux"])
"""Ecosystems whose records state no epochs: those of Microsoft's OVAL files are 0 throughout, also where a package has
another."""

_SUBSCRIBED: Mapping[str, str] = {"redhat": "redhat-long", "ubuntu": "ubuntu-pro"}
"""Under which name is kept what a distribution fixes for subscribers alone."""
_ECOSYSTEM_OF = {kind: name for name, kind in LANGUAGES.items()}
_ADVISED_AS: Mapping[str, str] = {"centos": "redhat", "mariner": "azurelinux"}
"""Distributions, with the one among whose advisories theirs are: CBL-Mariner 2 became Azure Linux 3."""
_DISTRIBUTION_OF = {distribution: name for name, (_, distribution) in DISTRIBUTIONS.items()}
_DISTRIBUTION_OF |= {name: _DISTRIBUTION_OF[other] for name, other in _ADVISED_AS.items()}
_REBUILT = frozenset(["6", "7", "8"])
"""Releases of CentOS, which publishes no advisories, that were built of the packages of Red Hat's. Stream is not."""
_NUMBERS = re.compile(r"v?([0-9]+(?:\.[0-9]+)?)\Z")
_UBUNTU = re.compile(r"([0-9]{2}\.[0-9]{2})(?::LTS)?\Z")
_REDHAT = re.compile(r"enterprise_linux:([0-9]+)(?:\.[0-9]+)?(?:::|\Z)")  # from 10 on with the minor release
_REDHAT_LONG = re.compile(
    r"(?:rhel|enterprise_linux)_(?:aus|e4s|els|eus|eus_long_life|mission_critical|tus):([0-9]+)(?:[.:]|\Z)"
)
_SUSE = re.compile(r".* ([0-9]+)(?:\.([0-9]+)| SP([0-9]+))?(?:[- ][A-Za-z][A-Za-z -]*)?\Z")
"""Behind the service pack may be for whom it is looked after: ``-LTSS``, `` LTSS EXTREME CORE``, ``-CLIENT-TOOLS``."""
_SUSE_MODULE = re.compile(r"Linux Enterprise Module .* 12\Z")
"""Modules of SLE 12 have no service pack; those of SLE 15 have."""
_OF_ALL_PACKS = "suse-module-12"
_LEAP = re.compile(r"Leap (?:Micro )?([0-9]+\.[0-9]+)(?: NonFree)?\Z")


class AdvisoryKey(NamedTuple):
    """One name under which a component's advisories are kept.

    Attributes:
        name: such as ``debian-12/openssl``.
        version: to compare.
        decides: whether what an advisory says here is instead of what it says under the names that follow.
        is_beside: whether advisories here are about more than the release. They do not show that anybody looks after
            it, and one that says something of the release counts for that alone.
    """

    name: str
    version: str
    decides: bool = False
    is_beside: bool = False


def ecosystem_of(purl: Purl) -> str:
    """The ecosystem, without release, whose advisories are about a component; empty when there is none."""
    if purl[4:8] in PACKAGED:
        distribution = context_of(purl).distribution
        name = _DISTRIBUTION_OF.get(distribution, "")
        return name if name and DISTRIBUTIONS[name][0] == purl.type else ""
    return _ECOSYSTEM_OF.get(purl.type, "")


def advisory_keys(purl: Purl) -> tuple[AdvisoryKey, ...]:
    """Where to look for advisories about a component; none when its distribution's release is not known.

    Args:
        purl: with a version and, of a distribution, its context.
    """
    if purl[4:8] not in PACKAGED:
        return () if _is_hostless(purl) else (AdvisoryKey(purl.package, purl.version),)
    context = context_of(purl)
    if not context.is_located:
        return ()
    distribution = _ADVISED_AS.get(context.distribution, context.distribution)
    if context.distribution == "centos" and context.release not in _REBUILT:
        return ()
    place = f"{distribution}-{context.release}" if context.release else distribution
    names = tuple(_names_of(purl, context, place, distribution))
    # A record may name the distribution without a release.
    beside = [distribution]
    if distribution == "suse" and context.release.partition(".")[0] == "12":
        beside.append(_OF_ALL_PACKS)
    packages = dict.fromkeys((key.name.partition("/")[2], key.version) for key in names)
    return names + tuple(
        AdvisoryKey(f"{more}/{package}", version, is_beside=True)
        for more in (beside if context.release else ())
        for package, version in packages
    )


def _names_of(purl: Purl, context: Context, place: str, distribution: str) -> Iterator[AdvisoryKey]:
    """Under which names the advisories about the release are kept."""
    source = AdvisoryKey(f"{place}/{_cased(purl.type, context.source)}", context.source_version)
    if subscribed := _SUBSCRIBED.get(distribution):
        # An advisory that is only about what subscribers get tells that everybody else goes without.
        name, version = (purl.name, context.version) if purl.type == "rpm" else (context.source, source.version)
        name = _cased(purl.type, name)
        names = (f"{place}/{name}", f"{subscribed}-{context.release}/{name}")
        first, second = names[::-1] if distribution == "ubuntu" and "esm" in version else names
        yield AdvisoryKey(first, version, decides=True)
        yield AdvisoryKey(second, version)
    elif purl.type == "rpm":
        yield (binary := AdvisoryKey(f"{place}/{purl.name}", context.version))
        if distribution in RPM_BY_SOURCE and binary.name != source.name:
            yield source
    else:
        yield source


def is_source_known(purl: Purl) -> bool:
    """Whether the names of :func:`advisory_keys` are all under which a component may have advisories."""
    return purl[4:8] not in PACKAGED or context_of(purl).is_source_known


def may_be_under(names: Iterable[str]) -> Callable[[str], bool]:
    """Tells quickly whether advisories about a package of a distribution may be kept under one of some names.

    Args:
        names: such as ``debian-12/openssl``.

    Returns:
        Takes the text of a key. It is never false for one that :func:`advisory_keys` gives one of the names for.
    """
    packages = {name.partition("/")[2] for name in names}

    def may_be(text: str) -> bool:
        coordinates, _, stated = text.partition("?")
        if "%" in text or coordinates.partition("@")[0].rpartition("/")[2] in packages:
            return True
        _, said, source = stated.partition("upstream=")
        return bool(said) and (source in packages or source.lower() in packages)

    return may_be


def covers(purl: Purl, ecosystems: Collection[str]) -> bool:
    """Whether advisories of some ecosystems are about a component."""
    return ecosystem_of(purl) in ecosystems and bool(advisory_keys(purl))


def key_of(ecosystem: str, name: str) -> tuple[str, str] | None:
    """The purl type and the key of a package that a record names; None when nothing here can have it.

    Args:
        ecosystem: such as ``npm`` or ``Debian:12``.
        name: as the record has it, such as ``org.x:core``.
    """
    base, _, rest = ecosystem.partition(":")
    if kind := LANGUAGES.get(base):
        if (kind, name) == ("golang", "toolchain"):  # the go command, which a program built with it does not contain
            return kind, "pkg:golang/toolchain"
        path = name.replace(":", "/", 1) if kind == "maven" else name
        try:
            return kind, parse_purl(f"pkg:{kind}/{quote(path, safe='/')}").package
        except InvalidInput:
            return None
    if base not in DISTRIBUTIONS:
        return None
    kind, distribution = DISTRIBUTIONS[base]
    name = _cased(kind, name)
    if distribution in ROLLING:
        return None if rest else (kind, f"{distribution}/{name}")  # Echo:PyPI has packages of PyPI
    if not rest:
        return kind, f"{distribution}/{name}"  # of all releases
    if distribution == "suse" and _SUSE_MODULE.match(rest):
        return kind, f"{_OF_ALL_PACKS}/{name}"
    if distribution == "ubuntu" and rest.startswith("Pro:"):
        place, rest = _SUBSCRIBED[distribution], rest.removeprefix("Pro:")
    elif distribution == "redhat" and _REDHAT_LONG.match(rest):
        place = _SUBSCRIBED[distribution]
    else:
        place = distribution
    release = next(_releases(distribution, rest), "")
    return (kind, f"{place}-{release}/{name}") if release else None


def _is_hostless(purl: Purl) -> bool:
    """Whether a package of Swift is named by a registry's scope (``apple.swift-nio``); advisories name addresses."""
    return purl.type == "swift" and "." not in purl.namespace.partition("/")[0]


def _cased(purl_type: str, name: str) -> str:
    """A package's name as keys of its type have it: those of deb and apk are in lower case, whatever is published."""
    return name if purl_type == "rpm" else name.lower()


def _releases(distribution: str, rest: str) -> Iterator[str]:
    if distribution == "ubuntu":
        if found := _UBUNTU.match(rest):  # neither Pro:FIPS nor Pro:Realtime, whose packages are others
            yield found[1]
    elif distribution == "redhat":
        if found := _REDHAT.match(rest) or _REDHAT_LONG.match(rest):
            yield found[1]
    elif distribution == "suse":
        if found := _SUSE.match(rest):
            minor = found[2] or found[3]
            yield f"{found[1]}.{minor}" if minor else found[1]
    elif distribution == "opensuse":
        if found := _LEAP.match(rest):
            yield found[1]
        elif rest == "Tumbleweed":
            yield "tumbleweed"
    elif found := _NUMBERS.match(rest):
        yield found[1]
    elif rest in ("edge", "sid", "stream"):
        yield rest
