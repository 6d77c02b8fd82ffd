"""Names of components in VEX statements, and whether a component may be one of them.

What loosens has to name a component by its key: the same package, and the same version by its text. What restricts is
about every component that the name may mean: in another spelling, by the source package, or without what makes a build.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, unquote

from webhook.errors import InvalidInput
from webhook.model.distributions import ROLLING, context_of, release_of
from webhook.model.ecosystems import DISTRIBUTIONS
from webhook.model.purls import Purl, parse_purl
from webhook.policy.advisorynames import folded
from webhook.policy.builds import releases_of
from webhook.policy.versions import compare_versions

_PACKAGED = ("apk", "deb", "rpm")


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

    def is_package(self, purl: Purl) -> bool:
        """Whether this is the package of a component."""
        return self.purl is not None and self.purl.package == purl.package

    def may_be_package(self, purl: Purl) -> bool:
        """The same where it is enough that it may be."""
        own = self.purl
        if own is None or own.type != purl.type:
            return own is None
        if own.type not in _PACKAGED:
            return folded(own.package) == folded(purl.package)
        is_elsewhere = own.namespace and purl.namespace and own.namespace != purl.namespace
        context = context_of(purl)
        return not is_elsewhere and (own.name in (purl.name, context.source) or not context.is_source_known)

    def is_version(self, stated: str, purl: Purl) -> bool:
        """Whether a version is a component's."""
        if purl.type not in ("deb", "rpm"):
            return stated == purl.version
        there, there_version = with_epoch(context_of(purl).version)
        epoch, version = with_epoch(stated)
        epoch = epoch or self.epoch
        return version == there_version and epoch.lstrip("0") == there.lstrip("0")

    def may_be_version(self, stated: str, purl: Purl) -> bool:
        """The same where it is enough that it may be: versions that cannot be compared may be one."""
        context, settled = context_of(purl), self._settled(stated)
        return any(_may_be(settled, version, purl.type) for version in {context.version, context.source_version})

    def is_release(self, purl: Purl, *, restricts: bool) -> bool:
        """Whether a component is of the release that is named."""
        context = context_of(purl)
        is_unknown = restricts and (self.release == "?" or not context.release)
        is_same = self.release == f"{context.distribution}-{context.release}".strip("-")
        return not self.release or is_unknown or is_same

    def _settled(self, version: str) -> str:
        """A version in the spelling of keys, and that of an rpm with its epoch."""
        if self.purl is None:
            return version
        try:
            settled = parse_purl(f"{self.purl.package}@{version}").version or version
        except InvalidInput:
            return version
        epoch = with_epoch(version)[0] or self.epoch
        return f"{epoch}:{settled}" if self.purl.type == "rpm" and epoch not in ("", "?") else settled


def _may_be(stated: str, version: str, purl_type: str) -> bool:
    if purl_type in ("deb", "rpm"):  # an epoch is left out at will
        epoch, rest = with_epoch(stated)
        there, there_rest = with_epoch(version)
        if epoch.lstrip("0") != there.lstrip("0"):
            if epoch and there:
                return False
            stated, version = rest, there_rest
    if compare_versions(stated, version, purl_type) in (0, None):
        return True
    pairs = ((stated, version), (version, stated))
    return any(
        compare_versions(one, base, purl_type) in (0, None)
        for one, other in pairs
        for base, _ in releases_of(other, purl_type)
    )


@lru_cache(maxsize=50_000)
def named(text: str) -> NamedComponent:
    """Read the name of a component in a statement; one that is no purl names none."""
    try:
        purl = parse_purl(text)
    except InvalidInput:
        return NamedComponent(text, None)
    coordinates, _, qualifiers = text.partition("#")[0].partition("?")
    stated = dict(parse_qsl(qualifiers, max_num_fields=None))
    epoch = stated.get("epoch", "")
    if purl.type == "rpm":  # whose keys have no epoch in their version
        inside = with_epoch(unquote(coordinates).rpartition("@")[2])[0]
        epoch = inside if epoch in ("", inside) else "?" if inside or not _is_number(epoch) else epoch
    return NamedComponent(text, purl, _release(purl, stated.get("distro", "")), epoch)


def _release(purl: Purl, stated: str) -> str:
    """The release that a purl states; ``?`` for one that cannot be read, which no component is certainly of."""
    if not stated or purl.type not in _PACKAGED:
        return ""
    head = purl.namespace.partition("/")[0]
    distribution = DISTRIBUTIONS.get(head, head)
    if distribution in ROLLING and release_of("", stated) == distribution:
        return ""
    return release_of(distribution, stated) or "?"


def with_epoch(version: str) -> tuple[str, str]:
    """The epoch of a version, empty for none, and the rest."""
    head, colon, rest = version.partition(":")
    return (head, rest) if colon and _is_number(head) else ("", version)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()
