"""Spellings: how scanners write the package URL of a component.

Readers of OpenVEX compare type, namespace, name and version letter by letter. Keys have one spelling of each, and
scanners have others: Syft takes the namespace from os-release and writes the epoch of a deb into its version; Trivy has
its own names of distributions, writes that epoch as a qualifier, and the paths of Go modules in lower case.
Sources: Syft 1.57, catalogers of redhat and debian; Trivy 0.74, ``pkg/purl``; go-vex 0.2.9, ``PurlMatches``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from webhook.model.purls import Purl

_NAMESPACES: Mapping[str, str] = {
    "alma": "almalinux",
    "amazon": "amzn",
    "bellsoft": "bellsoft-hardened-containers",
    "mariner": "cbl-mariner",
    "oracle": "ol",
    "suse": "sles",
}
"""Distributions, and their other name."""


def spellings_of(purl: Purl) -> tuple[str, ...]:
    """The coordinates of a component in every spelling that scanners are known to write, its key's first.

    Args:
        purl: its key, with a version.
    """
    coordinates = str(purl.coordinates)
    return tuple(dict.fromkeys((coordinates, *_others(purl, coordinates))))


def _others(purl: Purl, coordinates: str) -> Iterator[str]:
    package, _, version = coordinates.rpartition("@")
    if purl.type in ("apk", "rpm") and (other := _NAMESPACES.get(purl.namespace)):
        yield coordinates.replace(f"/{purl.namespace}/", f"/{other}/", 1)
    elif purl.type == "deb":
        epoch, colon, rest = version.partition(":")
        if colon:
            yield f"{package}@{rest}?epoch={epoch}"
    elif purl.type == "golang":
        other = version.removeprefix("v") if version.startswith("v") else f"v{version}"
        for path in (package, package.lower()):
            yield f"{path}@{version}"
            yield f"{path}@{other}"
