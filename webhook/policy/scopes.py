"""Scopes: what people write to narrow an assessment, normalised for storing and comparing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec import structs

from webhook.errors import InvalidInput
from webhook.model.assessments import Scope
from webhook.model.images import Digest, parse_image
from webhook.model.purls import Purl, parse_purl
from webhook.policy.imagenames import ImagePattern, parse_pattern
from webhook.policy.plaintext import is_plain, plain
from webhook.policy.ranges import VersionRange
from webhook.policy.rangetexts import parse_range, read_range

_NAMESPACE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")


def check_namespace(name: str) -> None:
    """Refuse what cannot be the name of a namespace.

    Raises:
        InvalidInput: it cannot.
    """
    if not _NAMESPACE.match(name):
        raise InvalidInput(
            f"{plain(name, 80)!r} is not the name of a namespace.",
            remedy="A namespace has 1 to 63 lower-case letters, digits and hyphens; wildcards are not supported.",
        )


def kept_scope(scope: Scope, unreadable: Iterable[Scope] = ()) -> Scope:
    """The same as :func:`canonical_scope`, for a scope that is kept already: its range may hold no version.

    Args:
        scope: as people wrote it.
        unreadable: scopes that are kept and cannot be read; one of them is named by its very text.

    Raises:
        InvalidInput: a part of it cannot be read, and it is none of those; the sentence says which.
    """
    try:
        return _kept(scope)
    except InvalidInput:
        if (found := same_as_written(scope, unreadable)) is None:
            raise
        return found


def _kept(scope: Scope) -> Scope:
    versions = (scope.version_range or "").strip()
    try:
        if versions:
            parse_range(versions)
    except InvalidInput:
        kept = str(read_range(versions))
        return structs.replace(canonical_scope(structs.replace(scope, version_range=None)), version_range=kept)
    return canonical_scope(scope)


def canonical_scope(scope: Scope) -> Scope:
    """The same scope in canonical form.

    A package may be written with a version, which narrows the scope to it. A range that holds every version, and empty
    text, narrow nothing.

    Args:
        scope: as people wrote it.

    Raises:
        InvalidInput: a part of it cannot be read; the sentence says which.
    """
    versions = parse_range(scope.version_range) if scope.version_range else None
    package = None
    if scope.package:
        purl = parse_purl(scope.package)
        package = purl.package
        if purl.version:
            if versions is not None:
                raise InvalidInput(
                    f"{plain(scope.package, 200)} has a version, and a range of versions is given as well.",
                    remedy="Give the package without its version, or leave out the range.",
                )
            versions = parse_range(f"={purl.version}")
    if scope.namespace:
        check_namespace(scope.namespace)
    return Scope(
        package=package,
        version_range=None if versions is None or versions.is_everything else str(versions),
        image=str(parse_pattern(scope.image)) if scope.image else None,
        namespace=scope.namespace or None,
    )


def same_as_written(scope: Scope, kept: Iterable[Scope]) -> Scope | None:
    """The scope among some that somebody wrote, compared as texts; for those that cannot be read. None of none."""
    texts = _texts(scope)
    return next((each for each in kept if _texts(each) == texts), None)


def _texts(scope: Scope) -> tuple[str, ...]:
    try:
        package = parse_purl(scope.package).package if scope.package else ""
    except InvalidInput:
        package = scope.package or ""
    return (package, *((part or "").strip() for part in (scope.version_range, scope.image, scope.namespace)))


@dataclass(frozen=True, slots=True)
class ParsedScope:
    """A scope with its range and image pattern parsed. Its namespace is ignored, because images have none.

    One that cannot be read holds nothing, as in ``policy.matching``.

    Attributes:
        package: canonical purl without version; None for every package.
        versions: None for every version.
        image: None for every image.
    """

    package: str | None
    versions: VersionRange | None
    image: ImagePattern | None

    @classmethod
    def of(cls, scope: Scope) -> ParsedScope:
        """Parse a scope that is kept."""
        try:
            versions = None if scope.version_range is None else read_range(scope.version_range)
            return cls(scope.package, versions, None if scope.image is None else parse_pattern(scope.image))
        except InvalidInput:
            return cls(scope.package, VersionRange(()), None)

    def holds(self, purl: Purl) -> bool:
        """Whether it contains a component. One whose version cannot be compared may count, so it does."""
        return self.package in (None, purl.package) and (
            self.versions is None or self.versions.contains(purl.version, purl.type) is not False
        )

    def holds_in(self, digest: Digest, names: Sequence[str]) -> bool:
        """Whether it contains an image, by its digest or one of its names."""
        image = self.image
        return (
            image is None
            or image.matches(None, digest)
            or any(image.matches(parse_image(name), digest) for name in names)
        )


def respelled(scope: Scope) -> Scope:
    """A stored scope, with its image as :func:`canonical_scope` spells it today."""
    if scope.image is None:
        return scope
    try:
        return structs.replace(scope, image=str(parse_pattern(scope.image)))
    except InvalidInput:
        return scope  # what cannot be parsed matches nothing


def described(scope: Scope, most: int = 200) -> str:
    """The scope in words: ``pkg:npm/a, versions <2, namespace shop``, or ``everything``.

    Args:
        scope: as it is kept.
        most: characters of each part; 0 for all, where somebody decides by it.
    """
    parts = (
        scope.package,
        scope.version_range and f"versions {scope.version_range}",
        scope.image and f"image {scope.image}",
        scope.namespace and f"namespace {scope.namespace}",
    )
    return ", ".join(plain(part, most) for part in parts if part) or "everything"


def canonical_identifier(text: str) -> str:
    """A vulnerability's identifier as written, stripped of surrounding whitespace.

    Raises:
        InvalidInput: it cannot be one.
    """
    identifier = text.strip()
    if not identifier or len(identifier) > 200 or " " in identifier or not is_plain(identifier):
        raise InvalidInput(
            f"{plain(text, 80)!r} is not the identifier of a vulnerability.",
            remedy="Write it as the reports show it, such as CVE-2021-44228.",
        )
    return identifier
