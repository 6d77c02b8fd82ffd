"""Images and running workloads with their verdicts now, by the judge that admission has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from msgspec import structs

from webhook.engines.judging.images import ImageChecker
from webhook.errors import InvalidInput
from webhook.model.actions import Action, worst
from webhook.model.images import Digest, ImageRef, parse_image, readable
from webhook.model.inventory import InventoriedImage, InventoriedWorkload
from webhook.model.policies import Policy
from webhook.model.purls import Purl
from webhook.model.verdicts import Finding, Reason, Verdict
from webhook.policy.modes import enforced
from webhook.policy.scopes import ParsedScope

NAMELESS = "image"
"""The repository of an image of which only the digest is known."""


@dataclass(frozen=True, slots=True)
class JudgedImage:
    """An image of a workload with its verdict now.

    Attributes:
        image: as the audit saw it.
        action: what is asked for: of the verdict, or of the audit where no SBOM is known.
        verdict: None where no SBOM is known.
    """

    image: InventoriedImage
    action: Action
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class JudgedWorkload:
    """A running workload with its verdict now.

    Attributes:
        workload: as the audit saw it.
        action: what a new Pod of it would get in the mode of its namespace.
        verdict: the worst of its images, whatever the mode makes of it.
        images: each one.
    """

    workload: InventoriedWorkload
    action: Action
    verdict: Action
    images: tuple[JudgedImage, ...]


@dataclass(frozen=True, slots=True)
class KnownImage:
    """An image with an SBOM.

    Attributes:
        digest: of the image.
        names: tagged names, sorted.
        verdict: as for no namespace.
        workloads: places, in the board, of the workloads that run it.
        runs_as: what these call it, without the digest, sorted.
    """

    digest: Digest
    names: tuple[str, ...]
    verdict: Verdict
    workloads: tuple[int, ...] = ()
    runs_as: tuple[str, ...] = ()

    @property
    def called(self) -> tuple[str, ...]:
        """All that it is called: the tagged names, then what only workloads call it."""
        return (*self.names, *(name for name in self.runs_as if name not in self.names))

    def is_of(self, scope: ParsedScope) -> bool:
        """Whether a scope contains it, by its digest or by anything that it is called."""
        names = () if scope.image is None else self.called
        return scope.holds_in(self.digest, [name for name in names if readable(name) is not None])

    @property
    def title(self) -> str:
        """The first of these, or its digest."""
        return next(iter(self.called), str(self.digest))


Judging = Callable[[ImageRef, Digest, str], Verdict | None]
"""Image, digest and namespace → the verdict from memory; None where no SBOM is known."""


def judge_of(checker: ImageChecker) -> Judging:
    """Judges by what is in memory; findings and reasons that are equal are one object in all its verdicts."""
    same: dict[Purl, tuple[Finding, ...]] = {}  # a few of each, and gone with the judge
    reasons: dict[Reason, Reason] = {}

    def shared(finding: Finding) -> Finding:
        there = same.get(finding.purl, ())
        for known in there:
            if known.vulnerability is finding.vulnerability and known == finding:
                return known
        same[finding.purl] = (*there, finding)
        return finding

    def judge(image: ImageRef, digest: Digest, namespace: str) -> Verdict | None:
        verdict = checker.unremembered(image, digest, namespace)
        if verdict is None:
            return None
        why = tuple(reasons.setdefault(reason, reason) for reason in verdict.reasons)
        return structs.replace(verdict, findings=tuple(map(shared, verdict.findings)), reasons=why)

    return judge


def unjudged(image: ImageRef, digest: Digest, _: str) -> Verdict | None:
    """Looks at nothing, for lists that show no verdicts: judging every image takes longer than all else of a board."""
    return Verdict(Action.ALLOW, image, digest)


def judged_workload(one: InventoriedWorkload, judge: Judging, policy: Policy) -> JudgedWorkload:
    """A workload as it would be judged now."""
    if not one.is_judged or one.mode is None:
        unseen = tuple(JudgedImage(image, Action.ALLOW, None) for image in one.images)
        return JudgedWorkload(one, Action.ALLOW, Action.ALLOW, unseen)
    images = tuple(_judged_image(image, one.namespace, judge) for image in one.images)
    verdict = worst(image.action for image in images)
    return JudgedWorkload(one, enforced(verdict, "Pod", one.mode, policy), verdict, images)


def narrowed_image(
    image: KnownImage, workloads: tuple[int, ...], runs_as: tuple[str, ...], judge: Judging
) -> KnownImage:
    """An image as those see it who may see some workloads alone: elsewhere the same content has names that tell much.

    So does what was decided for such a name: the image is judged by one that it has here.

    Args:
        image: as everybody together knows it.
        workloads: places of those that may be seen.
        runs_as: what these call it.
        judge: judges it by another name.
    """
    there = set(map(_repository, runs_as))
    names = tuple(name for name in image.names if _repository(name) in there)
    shown = replace(image, names=names, workloads=workloads, runs_as=runs_as)
    if image.verdict.image.name in there or not shown.called:
        return shown
    return replace(shown, verdict=judge(reference(shown.called[0], image.digest), image.digest, "") or image.verdict)


def _repository(text: str) -> str:
    image = readable(text)
    return text if image is None else image.name


class FormerVerdicts:
    """Verdicts of a former moment that still hold.

    Args:
        images: that there were, by digest.
        workloads: that there were.
        changed: images of which the verdict may be another one by now.
        now: UTC, aware.
    """

    def __init__(
        self,
        images: Mapping[Digest, KnownImage],
        workloads: Sequence[JudgedWorkload],
        changed: Set[Digest],
        now: dt.datetime,
    ) -> None:
        self._images, self._changed, self._now = images, changed, now
        self._workloads = {judged.workload.uid: judged for judged in workloads}

    def verdict(self, digest: Digest, image: ImageRef) -> Verdict | None:
        """The verdict about an image by this name; None when it has to be judged."""
        known = self._images.get(digest)
        if known is None or known.verdict.image != image:
            return None
        return known.verdict if self._holds(digest, known.verdict) else None

    def workload(self, workload: InventoriedWorkload) -> JudgedWorkload | None:
        """The verdict about a workload that is as it was; None when it has to be judged."""
        known = self._workloads.get(workload.uid)
        if known is None or (known.workload is not workload and known.workload != workload):
            return None
        holds = all(self._holds(image.image.digest, image.verdict) for image in known.images)
        return known if holds else None

    def _holds(self, digest: Digest | None, verdict: Verdict | None) -> bool:
        if digest in self._changed:
            return False
        until = None if verdict is None else verdict.valid_until
        return until is None or self._now < until


def _judged_image(image: InventoriedImage, namespace: str, judge: Judging) -> JudgedImage:
    verdict = None
    if image.digest is not None:
        verdict = judge(reference(image.reference, image.digest), image.digest, namespace)
    return JudgedImage(image, image.action if verdict is None else verdict.action, verdict)


def reference(name: str, digest: Digest) -> ImageRef:
    """The reference to judge an image by: one of its names with the digest."""
    try:
        return parse_image(name if "@" in name else f"{name or NAMELESS}@{digest}")
    except InvalidInput:
        return parse_image(f"{NAMELESS}@{digest}")
