"""What a VEX statement names: whether that is this image, and this component of it.

What loosens has to name both exactly: the image by a digest, or by what the document is attached to, and the component
by its key. What restricts counts also where it only may mean them, because doubt makes nothing milder. Without a
version a product means all of its versions, for ever; such a statement loosens on request only.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from webhook.errors import InvalidInput
from webhook.model.distributions import context_of, release_of
from webhook.model.ecosystems import DISTRIBUTIONS
from webhook.model.purls import Purl, parse_purl
from webhook.model.vex import VexOriginKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from webhook.model.vex import VexOrigin, VexProduct
    from webhook.policy.precedence import Place

_IMAGES = ("oci", "docker")


class Miss(enum.IntEnum):
    """Why a statement loosens nothing, the farthest from doing so first."""

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
    FUTURE = 16
    """It is dated in the future."""
    NEWER = 17
    """A newer statement says something else, or one of the same time something less favourable."""
    STATUS = 18
    """It says that the product is affected, or may be, which loosens nothing."""
    MALICIOUS = 19
    """The package is malicious; only people can decide about it."""
    DECIDED = 20
    """Somebody has decided about the vulnerability, which counts more."""


@dataclass(frozen=True, slots=True)
class NamedComponent:
    """A component as a statement names it.

    Attributes:
        text: as written.
        purl: its key; None where it is none.
        release: of the distribution, such as ``debian-12``; empty where it is not said.
        epoch: of an rpm, likewise.
    """

    text: str
    purl: Purl | None
    release: str = ""
    epoch: str = ""

    def miss(self, purl: Purl, versions: tuple[str, ...], *, unversioned: bool) -> Miss | None:
        """Why this is not certainly a component; None when it is.

        Args:
            purl: the component.
            versions: that the statement is narrowed to beside it; empty for none.
            unversioned: whether a name without a version means every version.
        """
        own = self.purl
        if own is None or own.package != purl.package:
            return Miss.COMPONENT
        if (own.version and own.version != purl.version) or (versions and purl.version not in versions):
            return Miss.VERSION
        context = context_of(purl)
        if self.release and self.release != f"{context.distribution}-{context.release}".strip("-"):
            return Miss.RELEASE
        if self.epoch and self.epoch != (context.version.partition(":")[0] if ":" in context.version else "0"):
            return Miss.VERSION
        if not own.version and not versions and not unversioned:
            return Miss.UNVERSIONED_COMPONENT
        return None


@lru_cache(maxsize=50_000)
def named(text: str) -> NamedComponent:
    """Read the name of a component in a statement; one that is no purl names none."""
    try:
        purl = parse_purl(text)
    except InvalidInput:
        return NamedComponent(text, None)
    stated = dict(parse_qsl(text.partition("#")[0].partition("?")[2], max_num_fields=None))
    release = ""
    if purl.type in ("deb", "apk", "rpm") and stated.get("distro"):
        head = purl.namespace.partition("/")[0]
        # What cannot be read as a release is one that no component is of.
        release = release_of(DISTRIBUTIONS.get(head, head), stated["distro"]) or "?"
    return NamedComponent(text, purl, release, stated.get("epoch", ""))


def product_miss(
    product: VexProduct, origin: VexOrigin, place: Place, part: str, *, unversioned: bool
) -> tuple[Miss | None, tuple[str, ...]]:
    """Why a product is not certainly this image; None when it is.

    Args:
        product: as the statement names it.
        origin: how its document came here.
        place: the image.
        part: the digest of the part of the image that is asked about; that of the image for all of it.
        unversioned: whether a name without a digest is enough.

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


def where_named(product: VexProduct, origin: VexOrigin, *, unversioned: bool) -> set[str]:
    """Digests and repositories of the images that a product may be; nothing else can be it.

    Args:
        product: as the statement names it.
        origin: how its document came here.
        unversioned: whether a name without a digest is enough.
    """
    found = {origin.image} if origin.image else set()
    if product.digests or not unversioned:
        return found | set(product.digests)
    return found.union(*(_repositories(name) for name in product.names if _kind(name) in _IMAGES))


def component_miss(names: Iterable[str], versions: tuple[str, ...], purl: Purl, *, unversioned: bool) -> Miss | None:
    """Why none of the names is certainly a component, by the nearest; None when one is, or when there are no names."""
    misses = [named(name).miss(purl, versions, unversioned=unversioned) for name in names]
    if not misses or None in misses:
        return None
    return max(miss for miss in misses if miss is not None)


def _kind(name: str) -> str:
    return name[4:].partition("/")[0].lower() if name.startswith("pkg:") else ""


@lru_cache(maxsize=10_000)
def _repositories(name: str) -> tuple[str, ...]:
    """The repositories that a purl of an image may mean; empty where it names none."""
    stated = dict(parse_qsl(name.partition("#")[0].partition("?")[2], max_num_fields=None))
    path = name[4:].partition("/")[2].partition("?")[0].partition("@")[0].strip("/").lower()
    url = stated.get("repository_url", "").lower().removeprefix("https://").strip("/")
    if not url:
        return (f"docker.io/{path if '/' in path else f'library/{path}'}",) if _kind(name) == "docker" else ()
    return (url, f"{url}/{path}") if not url.endswith(f"/{path}") else (url,)


def _names(name: str, place: Place, *, is_attached: bool) -> bool:
    """Whether the purl of an image, without a digest, is about this one's repository."""
    repositories = _repositories(name)
    if not repositories:
        return is_attached
    return place.image is not None and not set(repositories).isdisjoint(place.image.names)
