"""Images and running workloads with their verdicts now, by the judge that admission has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from webhook.engines.judging.images import ImageChecker
from webhook.errors import InvalidInput
from webhook.model.actions import Action, worst
from webhook.model.images import Digest, ImageRef, parse_image
from webhook.model.inventory import InventoriedImage, InventoriedWorkload
from webhook.model.policies import Policy
from webhook.model.purls import Purl
from webhook.model.verdicts import Finding, Reason, Verdict
from webhook.policy.modes import enforced

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
    """

    digest: Digest
    names: tuple[str, ...]
    verdict: Verdict
    workloads: tuple[int, ...] = ()

    @property
    def title(self) -> str:
        """Its first name, or its digest."""
        return self.names[0] if self.names else str(self.digest)


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
        return replace(verdict, findings=tuple(map(shared, verdict.findings)), reasons=why)

    return judge


def judged_workload(one: InventoriedWorkload, judge: Judging, policy: Policy) -> JudgedWorkload:
    """A workload as it would be judged now."""
    if not one.is_judged or one.mode is None:
        unseen = tuple(JudgedImage(image, Action.ALLOW, None) for image in one.images)
        return JudgedWorkload(one, Action.ALLOW, Action.ALLOW, unseen)
    images = tuple(_judged_image(image, one.namespace, judge) for image in one.images)
    verdict = worst(image.action for image in images)
    return JudgedWorkload(one, enforced(verdict, "Pod", one.mode, policy), verdict, images)


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
