"""What a VEX statement names: whether that is this image, and this component of it.

What loosens has to name both exactly: the image by a digest, or by what the document is attached to, and the component
by its key. What restricts counts also where it only may mean them, because doubt makes nothing milder: a name that
cannot be read is any component, and any image that the document is attached to. Without a version a product means all
of its versions, for ever; such a statement loosens on request only.
"""

from __future__ import annotations

import enum
import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from webhook.model.images import readable
from webhook.model.vex import VexOriginKind
from webhook.policy.vexnames import NamedComponent, named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from webhook.model.purls import Purl
    from webhook.model.vex import VexOrigin, VexProduct, VexStatement
    from webhook.model.vulnerabilities import Vulnerability
    from webhook.policy.precedence import Place

_IMAGES = ("oci", "docker")
_DIGEST = re.compile(r"(?:\A|@)sha(?:256|512):[0-9a-f]{64,128}\Z")


class Miss(enum.IntEnum):
    """Why a statement loosens nothing, the farthest from doing so first."""

    @property
    def word(self) -> str:
        """As people and JSON name it, such as ``no-product``."""
        return self.name.lower().replace("_", "-")

    VULNERABILITY = 1
    """No component of the image has the vulnerability."""
    PRODUCT = 2
    """It names another product than this image."""
    NO_PRODUCT = 3
    """It names no product, and is attached to nothing."""
    PACKAGE = 4
    """It names a package as its product, and no image."""
    PART = 5
    """It speaks of one platform of the image; the others may be affected."""
    COMPONENT = 6
    """It names another component."""
    VERSION = 7
    """It names another version of the component."""
    RELEASE = 8
    """It names the component of another release of the distribution."""
    UNVERSIONED_PRODUCT = 9
    """It names the image without a digest."""
    UNVERSIONED_COMPONENT = 10
    """It names the component without a version."""
    FLAW = 11
    """Nobody may believe it, as it is written."""
    STANDING = 12
    """Its document is a draft, or was withdrawn or superseded."""
    EXPIRED = 13
    """Its document counted until a moment that is over."""
    NAMESPACE = 14
    """It counts in other namespaces, or for other images."""
    UNTRUSTED = 15
    """Nobody trusts its signer or its source."""
    PLACE = 16
    """It is attached to a copy of the image under another name, where others may push."""
    INCOMPLETE = 17
    """Not all that is attached to the image there is known; what is not known may say otherwise."""
    FUTURE = 18
    """It is dated in the future."""
    NEWER = 19
    """A newer statement says something else, or one of the same time something less favourable."""
    STATUS = 20
    """It says that the product is affected, or may be, which loosens nothing."""
    MALICIOUS = 21
    """The package is malicious; only people can decide about it."""
    DECIDED = 22
    """Somebody has decided about the vulnerability, which counts more."""


def product_miss(
    product: VexProduct, origin: VexOrigin, place: Place, part: str, *, unversioned: bool, restricts: bool = False
) -> tuple[Miss | None, tuple[str, ...]]:
    """Why a product is not certainly this image; None when it is.

    Args:
        product: as the statement names it.
        origin: how its document came here.
        place: the image.
        part: the digest of the part of the image that is asked about; that of the image for all of it.
        unversioned: whether a name without a digest is enough.
        restricts: whether it is enough that the product may be the image.

    Returns:
        The miss, and a package that the product turned out to be, which the component has to be then.
    """
    here = {str(digest) for digest in (place.digest, place.image.digest if place.image else None) if digest} | {part}
    is_attached = bool(origin.image) and origin.image in here and origin.subject in ("", origin.image, part)
    if not product.names and not product.digests:
        if is_attached:
            return None, ()
        return (Miss.PART if origin.image in here else Miss.PRODUCT if origin.image else Miss.NO_PRODUCT), ()
    if not here.isdisjoint(product.digests):
        return None, ()
    if restricts and any(_may_name(name, place, is_attached=is_attached) for name in product.names):
        return None, ()
    if product.digests:
        return Miss.PRODUCT, ()
    images = [name for name in product.names if _kind(name) in _IMAGES]
    if not images:
        packages = tuple(name for name in product.names if name.startswith("pkg:"))
        if packages and is_attached and origin.kind is VexOriginKind.ADDED and not product.components:
            return None, packages
        return (Miss.PACKAGE if packages else Miss.PRODUCT), ()
    if not any(_names(name, place, is_attached=is_attached) for name in images):
        return Miss.PRODUCT, ()
    return (None if unversioned else Miss.UNVERSIONED_PRODUCT), ()


def where_named(product: VexProduct, origin: VexOrigin, *, unversioned: bool, restricts: bool = False) -> set[str]:
    """Digests and repositories of the images that a product may be; nothing else can be it.

    Args:
        product: as the statement names it.
        origin: how its document came here.
        unversioned: whether a name without a digest is enough.
        restricts: whether it is enough that the product may be the image.
    """
    found = {origin.image} if origin.image else set()
    if product.digests or not unversioned:
        return found | set(product.digests)
    kinds = ("", *_IMAGES) if restricts else _IMAGES
    return found.union(*(_repositories(name) for name in product.names if _kind(name) in kinds))


def component_miss(
    names: Iterable[str], versions: tuple[str, ...], purl: Purl, *, unversioned: bool, restricts: bool = False
) -> Miss | None:
    """Why none of the names is a component, by the nearest; None when one is, or when there are no names.

    Args:
        names: as the statement has them.
        versions: that it is narrowed to beside them; empty for none.
        purl: the component.
        unversioned: whether a name without a version means every version.
        restricts: whether it is enough that a name may be the component.
    """
    if restricts:
        misses = [_miss_of_any(named(name), versions, purl) for name in names]
    else:
        misses = [_miss(named(name), versions, purl, unversioned=unversioned) for name in names]
    if not misses or None in misses:
        return None
    return max(miss for miss in misses if miss is not None)


def _miss(name: NamedComponent, versions: tuple[str, ...], purl: Purl, *, unversioned: bool) -> Miss | None:
    """Why a name is not certainly a component; None when it is."""
    if name.purl is None or not name.is_package(purl):
        return Miss.COMPONENT
    own = name.purl.version
    if own and not name.is_version(own, purl):
        return Miss.VERSION
    if versions and not any(name.is_version(version, purl) for version in versions):
        return Miss.VERSION
    if not name.is_release(purl, restricts=False):
        return Miss.RELEASE
    return None if own or versions or unversioned else Miss.UNVERSIONED_COMPONENT


def _miss_of_any(name: NamedComponent, versions: tuple[str, ...], purl: Purl) -> Miss | None:
    """Why a name cannot be a component; None when it may be."""
    if not name.may_be_package(purl):
        return Miss.COMPONENT
    stated = [version for version in (name.purl.version if name.purl else "", *versions) if version]
    if name.purl is not None and stated and not any(name.may_be_version(version, purl) for version in stated):
        return Miss.VERSION
    return None if name.is_release(purl, restricts=True) else Miss.RELEASE


def _kind(name: str) -> str:
    return name[4:].partition("/")[0].lower() if name.startswith("pkg:") else ""


@lru_cache(maxsize=10_000)
def _repositories(name: str) -> tuple[str, ...]:
    """The repositories that the purl or the plain reference of an image may mean; empty where it names none."""
    if not name.startswith("pkg:"):
        image = readable(name)
        return () if image is None else image.names
    path = _path(name).partition("@")[0].strip("/").lower()
    url = _qualifiers(name).get("repository_url", "").lower().removeprefix("https://").strip("/")
    if not url:
        return (f"docker.io/{path if '/' in path else f'library/{path}'}",) if _kind(name) == "docker" else ()
    return (url, f"{url}/{path}") if not url.endswith(f"/{path}") else (url,)


def _names(name: str, place: Place, *, is_attached: bool) -> bool:
    """Whether the purl of an image, without a digest, is about this one's repository, and its tag where it has one."""
    version = unquote(_path(name).partition("@")[2])
    tags = {version, _qualifiers(name).get("tag", "")} - {""}
    if tags and (place.image is None or tags != {place.image.tag}):
        return False
    repositories = _repositories(name)
    if not repositories:
        return is_attached
    return place.image is not None and not set(repositories).isdisjoint(place.image.names)


def _may_name(name: str, place: Place, *, is_attached: bool) -> bool:
    """Whether a product may be this image, its digest apart.

    Of a document that is attached only a name with the registry and the name of another image is certainly another.
    """
    is_image = _kind(name) in ("", *_IMAGES)
    if is_image and _DIGEST.search(unquote(name.partition("?")[0])):
        return False
    repositories = _repositories(name) if is_image else ()
    if place.image is not None and not set(repositories).isdisjoint(place.image.names):
        return True
    if not is_attached or not repositories or place.image is None:
        return is_attached
    registry = name.partition("/")[0] if _kind(name) == "" else _qualifiers(name).get("repository_url", "")
    is_whole = "/" in name and any(letter in registry for letter in ".:")
    last = place.image.name.rpartition("/")[2]
    return not is_whole or any(repository.rpartition("/")[2] == last for repository in repositories)


def _path(name: str) -> str:
    return name[4:].partition("/")[2].partition("#")[0].partition("?")[0]


def _qualifiers(name: str) -> dict[str, str]:
    return dict(parse_qsl(name.partition("#")[0].partition("?")[2], max_num_fields=None))


def is_named(statement: VexStatement, vulnerability: Vulnerability) -> bool:
    """Whether a statement that loosens names a vulnerability, and not only one of several CVEs that share an alias."""
    cves = {name.casefold() for name in vulnerability.identifiers if name.casefold().startswith("cve-")}
    if len(cves) < 2:
        return True
    own = vulnerability.id.casefold()
    return ({own} if own in cves else cves) <= {name.casefold() for name in statement.vulnerabilities}
