"""Distributions: their releases in one spelling, and what stands behind the coordinates of their packages.

Advisories about packages of a distribution are kept by release and by *source* package, neither of which a package URL
has as coordinates. What an SBOM says of them is the *context* of a component, the qualifiers of its key::

    pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12&upstream=openssl
    pkg:rpm/almalinux/openssl-libs@1.1.1k-9.el8_7?distro=alma-8&epoch=1&upstream=openssl

A part that is not known is left out, and so is a source package that has the name and the version of the component.
Where advisories name source packages and the document does not tell which one it is, that is written: ``upstream=-``.
Sources: the purl specification's qualifiers of deb, apk and rpm; os-release(5); what Syft and Trivy write.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote

from webhook.model.ecosystems import DISTRIBUTIONS
from webhook.model.purls import Purl

PACKAGED = frozenset(["deb/", "apk/", "rpm/"])
"""How the coordinates of packages of distributions begin, behind ``pkg:``."""
ROLLING = frozenset(["chainguard", "echo", "minimos", "wolfi"])
"""Distributions without releases."""
RPM_BY_SOURCE = frozenset(["azurelinux", "mageia", "mariner", "opensuse", "rocky", "suse"])
"""Distributions with rpm whose advisories name source packages, or both; all others with rpm name packages."""
UNSTATED = "-"
"""In the place of a source package that is not known."""

_CODENAMES: Mapping[str, Mapping[str, str]] = {
    "debian": {
        "bookworm": "12",
        "bullseye": "11",
        "buster": "10",
        "forky": "14",
        "jessie": "8",
        "stretch": "9",
        "trixie": "13",
        "wheezy": "7",
    },
    "ubuntu": {
        "bionic": "18.04",
        "focal": "20.04",
        "jammy": "22.04",
        "noble": "24.04",
        "oracular": "24.10",
        "plucky": "25.04",
        "questing": "25.10",
        "resolute": "26.04",
        "trusty": "14.04",
        "xenial": "16.04",
    },
}
_TWO_NUMBERS = frozenset(["alpine", "opensuse", "photon", "suse", "ubuntu"])
"""Distributions of which two numbers make a release; of the others the first does."""
_NO_NAMES: Mapping[str, str] = {}
_NUMBERS = re.compile(r"(?:\A|[-_ ])v?([0-9]{1,8})(?:\.([0-9]{1,8}))?")
_NAME = re.compile(r"[a-z][a-z0-9_.]*")
_WORDS = frozenset(["edge", "sid", "testing", "tumbleweed", "unstable"])
_WITH_STREAM = frozenset(["alpaquita", "bellsoft"])
"""Distributions of which ``stream`` is a release; that of CentOS has a number."""
_SERVICE_PACK = re.compile(r"[-_. ]*sp-?([0-9]{1,8})(?![0-9a-z])")
_SOURCE_RPM = ".src.rpm"


class Context(NamedTuple):
    """What advisories need to know of a component beside its coordinates.

    Attributes:
        distribution: such as ``debian``; empty for packages of no distribution.
        release: such as ``12`` or ``22.04``; empty when the SBOM does not say.
        source: name of the source package; that of the component when the SBOM names no other.
        source_version: its version, with its epoch.
        version: of the component, with its epoch.
        is_source_known: whether the source package is; only where advisories name source packages.
    """

    distribution: str
    release: str
    source: str
    source_version: str
    version: str
    is_source_known: bool = True

    @property
    def is_located(self) -> bool:
        """Whether it is known which advisories the package has."""
        return bool(self.release) or self.distribution in ROLLING


def context_of(purl: Purl) -> Context:
    """The context of a component; only the name and the version for packages of no distribution."""
    name, version = purl.name, purl.version
    if purl[4:8] not in PACKAGED:
        return Context("", "", name, version, version)
    stated = dict(part.partition("=")[::2] for part in purl.partition("?")[2].split("&"))
    distribution, _, release = unquote(stated.get("distro", "")).partition("-")
    source, _, source_version = unquote(stated.get("upstream", "")).partition("@")
    epoch, is_known = stated.get("epoch", ""), source != UNSTATED
    full = f"{epoch}:{version}" if epoch else version
    source = source if source and is_known else name
    return Context(
        distribution or purl.namespace.partition("/")[0], release, source, source_version or full, full, is_known
    )


def is_by_source(purl_type: str, distribution: str) -> bool:
    """Whether advisories about packages of a distribution name source packages.

    Args:
        purl_type: of the package; of types of no distribution none do.
        distribution: such as ``debian``.
    """
    return purl_type in ("apk", "deb") or (purl_type == "rpm" and distribution in RPM_BY_SOURCE)


def release_of(distribution: str, stated: str) -> str:
    """A distribution with its release, as contexts have it; empty when the release is not known.

    Args:
        distribution: of the coordinates, in the one spelling that keys have.
        stated: what an SBOM says, such as ``debian-10.4``, ``3.16.3`` or ``amazon-2 (Karoo)``.
    """
    text = stated.strip().lower()
    numbers = _NUMBERS.search(text)
    word = (text[: numbers.start()] if numbers else text).strip(" -_")
    head, _, last = word.rpartition("-")
    name = DISTRIBUTIONS.get(head, head) or distribution
    codename = last.removesuffix("/sid")  # as /etc/debian_version has it before a release: trixie/sid
    is_word = codename in _WORDS or (codename == "stream" and name in _WITH_STREAM)
    release = _CODENAMES.get(name, _NO_NAMES).get(codename, codename if is_word else "")
    if not release and word.endswith(".tumbleweed"):  # as Trivy names the family
        release = "tumbleweed"
    if not release:
        name = DISTRIBUTIONS.get(word, word) or distribution
    if name in ROLLING:
        return "" if name == distribution else name
    if not release and numbers and name == "suse" and numbers[2] is None and "sp" in text[numbers.end() :]:
        pack = _SERVICE_PACK.match(text, numbers.end())  # 15-SP5 is 15.5; where it cannot be read, 15 is another one
        release = f"{numbers[1]}.{pack[1]}" if pack else ""
    elif not release and numbers:
        has_two = numbers[2] is not None and name in _TWO_NUMBERS
        release = f"{numbers[1]}.{numbers[2]}" if has_two else numbers[1]
    return f"{name}-{release}" if name and release and _NAME.fullmatch(name) else ""


def source_of(upstream: str, purl_type: str) -> str:
    """A source package with its version, as contexts have it, from the qualifier ``upstream``.

    Args:
        upstream: such as ``openssl``, ``openssl@3.0.11-1`` or ``audit-3.0-0.10.el8.src.rpm``, decoded.
        purl_type: of the component.
    """
    if purl_type == "rpm" and upstream.endswith(_SOURCE_RPM):
        parts = upstream.removesuffix(_SOURCE_RPM).rsplit("-", 2)
        return f"{parts[0]}@{parts[1]}-{parts[2]}" if len(parts) == 3 else ""
    return upstream


def suffix(release: str, epoch: str, source: str) -> str:
    """What stands behind the coordinates of a key; empty when nothing is known.

    Args:
        release: of :func:`release_of`.
        epoch: of an rpm; empty for none.
        source: the source package, and behind ``@`` its version where that is another; empty when it is the component,
            :data:`UNSTATED` when nobody says which one it is.
    """
    parts = (("distro", release), ("epoch", epoch), ("upstream", source))
    stated = "&".join([f"{name}={quote(value, safe=':')}" for name, value in parts if value])
    return f"?{stated}" if stated else ""
