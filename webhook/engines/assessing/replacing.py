"""Replacing: in which surroundings a record matters, and whose decisions would no longer count there.

The narrower of two assessments wins, by the number of parts that are narrowed: a record for an image can replace one
for a namespace, and the other way round. So a record is judged in every surrounding that it or another decision about
the same vulnerability names. The console and the command line ask here alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from webhook.errors import InvalidInput
from webhook.model.assessments import Assessment, Scope
from webhook.model.images import Digest, ImageRef, parse_image
from webhook.model.purls import Purl
from webhook.model.verdicts import Finding
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.imagenames import parse_pattern
from webhook.policy.judge import Judge
from webhook.policy.precedence import Place

Images = Mapping[Digest, Sequence[str]]
"""Names of images by digest."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A component in one surrounding, now and with a record.

    Attributes:
        purl: the component.
        was: as it is judged now.
        will: as it would be judged.
    """

    purl: Purl
    was: Finding
    will: Finding

    @property
    def changes(self) -> bool:
        """Whether another assessment would count."""
        return self.was.assessment != self.will.assessment

    @property
    def replaces(self) -> Assessment | None:
        """A person's decision that would no longer count; None without one."""
        given = self.was.assessment
        return given if given is not None and given.by_hand and self.changes else None


def compared(
    scope: Scope,
    vulnerability: Vulnerability,
    purls: Sequence[Purl],
    images: Callable[[], Images],
    judges: tuple[Judge, Judge],
) -> Iterator[Compared]:
    """What a record would change, in every surrounding where it may matter.

    Args:
        scope: of the record, canonical.
        vulnerability: that it is about.
        purls: affected components that its scope holds.
        images: gives those that have one of the components and that its scope holds.
        judges: without and with the record.
    """
    index = judges[0].index
    others = {record.scope for purl in purls for record in index.decided(vulnerability, purl)}
    every = any(other.image is not None for other in others) or (scope.image is not None and index.has_image_scopes)
    for place in _places(scope, others, images, every=every):
        before, after = (replace(judge, place=place) for judge in judges)
        for purl in purls:
            yield Compared(purl, before.finding(purl, vulnerability), after.finding(purl, vulnerability))


def _places(scope: Scope, others: Iterable[Scope], images: Callable[[], Images], *, every: bool) -> list[Place]:
    """Where to judge.

    Args:
        scope: of the record.
        others: of the decisions about the same.
        images: see :func:`compared`.
        every: whether images may differ; otherwise one of them stands for all.
    """
    namespaces = {other.namespace or "" for other in others} | {""} if scope.namespace is None else {scope.namespace}
    inside: list[tuple[ImageRef | None, Digest | None]] = [] if scope.image is not None else [(None, None)]
    if scope.image is not None or every:
        for digest, names in images().items():
            inside += [(parse_image(name), digest) for name in names] or [(None, digest)]
            if not every:
                break
    if not inside:
        inside = [_example(scope.image or "")]
    return [Place(image, digest, namespace) for image, digest in inside for namespace in sorted(namespaces)]


def _example(pattern: str) -> tuple[ImageRef | None, Digest | None]:
    """An image that a pattern holds, where none is known: what is decided about it now counts once there is one."""
    parsed = parse_pattern(pattern)
    if parsed.digest is not None:
        return None, parsed.digest
    try:
        return parse_image(str(parsed).replace("*", "x")), None
    except InvalidInput:
        return None, None
